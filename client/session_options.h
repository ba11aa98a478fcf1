/// What a session is told at its beginning: where the node is, who logs in, and which callbacks
/// hear what happens. Pure data; any thread.
///
/// Callbacks come on the session's thread, one at a time, and must not make blocking calls; each
/// may be empty. What they are given borrows and lives for the call only.
#pragma once

#include "client/follower.h"
#include "client/results.h"
#include "client/state_file.h"
#include "schemas/account_messages.h"
#include "schemas/event.h"
#include "schemas/inbox_messages.h"
#include "schemas/outcome.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace conclave::client {

struct session_options {
  /// HOST:PORT, tried in turn. Of a cluster name several: the session goes to the one that leads,
  /// also to one that is not named here, when a node says so and its certificate is right.
  std::vector<std::string> servers;
  std::string ca_file;  ///< PEM; the only roots trusted
  /// Who logs in: a device's resume token, or else the four below, which make a new device. Its
  /// token is then in who() and goes to on_token; from then on the session uses the token.
  std::string token;
  std::string tenant;
  std::string user;
  std::string password;  ///< forgotten after the login
  device_kind device = device_kind::desktop;
  std::string device_name = "conclave-client";
  /// The key of a login by password: the same number makes one device, however often it is sent. 0:
  /// a random one for each connect(), which covers lost answers within it.
  std::uint64_t login_op_id = 0;

  /// Where the device remembers cursors and client_seqs; empty: nowhere.
  std::string state_file;
  /// Where to begin without a state file; used when that is empty or absent.
  session_state state;
  start_at start = start_at::now;
  /// False: no listing, no catching up, no events: for one request and for operators.
  bool follow = true;
  std::chrono::milliseconds request_timeout{30'000};
  std::chrono::milliseconds connect_timeout{10'000};
  /// Requests are open and nothing is answered for so long: the node is asked whether it is there,
  /// and has as long again to say a word; then the session goes elsewhere. A cut cable tells
  /// nobody.
  std::chrono::milliseconds doubt_after{4'000};
  std::string client_name = "conclave-client/" CONCLAVE_VERSION;
};

enum class link_state : std::uint8_t { connected, lost, ended };

struct session_events {
  /// Every event of every conversation, once and in order. Own ones come too, in their place (their
  /// `ordinal` may be 0). One exception: who is brought back and may see now what he could not see
  /// before hears of it afterwards, ascending, by events with lower seqs.
  std::function<void(conversation_id, const event_view& event)> on_event;
  /// connected: logged in, also after a loss. ended: for good, `why` says it: the token is refused,
  /// another login replaced or kicked this one, the device was ended or logged out.
  std::function<void(link_state, const failure& why)> on_link;

  /// For programs that keep messages: bodies that went while this device was away. Comes before
  /// anything newer of that conversation. The reasons follow as events.
  std::function<void(conversation_id, const std::vector<event_seq>& seqs)> on_gone;

  /// Every entry of the user's inbox, once and in order. Without it the inbox is not followed.
  std::function<void(const inbox_entry& entry)> on_inbox;
  /// The node has dropped inbox entries that this device never saw: what was kept of read marks,
  /// own settings and conversations may be old; list_conversations() tells how things stand.
  std::function<void()> on_inbox_lost;

  /// A new token for this device, after a login by password and each renewal: store it durably,
  /// then return done. A failure leaves the stored one in use; both work until the new one is used.
  /// Without this callback tokens are not renewed by themselves.
  std::function<status(const std::string& token, time_ms renew_by)> on_token;

  // What session::watch and watch_presence ask for. Soft: lost with the connection, asked for again
  // by the session.
  std::function<void(conversation_id, user_id, bool stopped)> on_typing;
  std::function<void(conversation_id, user_id, event_seq up_to)> on_read_by;
  std::function<void(user_id, bool online)> on_presence;
};

}  // namespace conclave::client
