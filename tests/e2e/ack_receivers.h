/// The receivers of ackcheck: sessions of the client library that follow everything from the
/// beginning and keep what they are handed. Their streams must be the history, event by event.
#pragma once

#include "client/session.h"
#include "tests/e2e/ack_judge.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace conclave::ackcheck {

class ack_receiver {
 public:
  explicit ack_receiver(client::session_options options);

  /// Highest seq that was handed out.
  std::uint64_t reached(std::uint64_t conversation);
  std::vector<heard_event> stream(std::uint64_t conversation);

 private:
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, std::vector<heard_event>> streams_;
  std::unique_ptr<client::session> session_;  // last: it calls back into the members above
};

stored_event stored_from(const event_view& event);

/// All that is stored in a conversation, page by page. Throws when a page cannot be read.
std::vector<stored_event> read_history(client::session& s, conversation_id conversation);

}  // namespace conclave::ackcheck
