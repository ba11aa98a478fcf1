/// What a device remembers between two runs: how far it has received in each conversation and in
/// the inbox, and the highest client_seq it has used in each conversation. One small JSON file,
/// replaced atomically by a rename. It is not fsynced: after a power cut an older file only means
/// that some events are received again, and client_seq never falls below the clock anyway. No
/// thread; the session's core owns it.
#pragma once

#include "client/passed_stretches.h"
#include "client/results.h"
#include "schemas/outcome.h"

#include <cstdint>
#include <map>
#include <string>

namespace conclave::client {

struct conversation_state {
  bool following = false;        ///< is `cursor` known? A device that only sends has none
  event_seq cursor{};            ///< everything up to here has been handed out
  std::uint64_t client_seq = 0;  ///< highest used; 0: none
  passed_stretches passed{};     ///< below the cursor, and not for the user when it stepped over
  bool looking_back = false;     ///< he may see them now: they are being fetched
};

struct session_state {
  tenant_id tenant{};
  user_id user{};
  device_id device{};
  std::map<conversation_id, conversation_state> conversations;
  bool following_inbox = false;  ///< is `inbox` known? Older files have none
  std::uint64_t inbox = 0;       ///< entries up to here have been handed out

  bool empty() const { return user.value == 0; }
};

std::string to_json(const session_state& state);
outcome<session_state> session_state_from_json(const std::string& text);

/// An absent file is an empty state. Failure: one sentence that names the file.
outcome<session_state> load_state(const std::string& file);
status save_state(const std::string& file, const session_state& state);

}  // namespace conclave::client
