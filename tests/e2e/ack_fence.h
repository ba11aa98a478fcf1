/// The fence of ackcheck: a guest who is added to a group and removed again while it is written to
/// and the node is killed. His raw sockets must carry nothing above the seq of his removal (promise
/// P4), his HISTORY ends there, and his inbox tells the same memberships as the conversation.
///
/// A thread of its own from the constructor to stop(); the results are read after it.
#pragma once

#include "client/session.h"
#include "tests/e2e/ack_judge.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <netinet/in.h>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace conclave::ackcheck {

class ack_fence {
 public:
  struct options {
    client::session_options host;  ///< who adds and removes: owner of the groups
    user_id guest{};
    std::string guest_token;
    std::vector<sockaddr_in> nodes;  ///< where they are; the raw socket tries the next one
    std::vector<conversation_id> groups;
  };

  explicit ack_fence(options o);
  ~ack_fence();
  void stop();

  std::uint64_t removals() const { return removals_; }
  const std::vector<std::string>& leaks() const { return leaks_; }

 private:
  void run();
  void once(client::session& host, conversation_id group);

  options options_;
  std::size_t node_ = 0;
  std::atomic<bool> stop_{false};
  std::uint64_t removals_ = 0;
  std::vector<std::string> leaks_;
  std::thread thread_;
};

/// A membership as an event or an inbox entry tells it: (conversation, seq, is a member).
struct membership_note {
  std::uint64_t conversation = 0;
  std::uint64_t seq = 0;
  bool member = false;
  friend auto operator<=>(const membership_note&, const membership_note&) = default;
};

/// What is wrong with an inbox: its seqs must be 1, 2, 3 …, each membership that it tells must be
/// one of the conversations' own, and the last one of each conversation theirs. Empty: nothing.
std::vector<std::string> wrong_in_inbox(const client::inbox_list& inbox,
                                        const std::vector<membership_note>& true_notes);

/// Reads what the conversations say of the user, and his inbox; the sentences of what differs.
std::vector<std::string> check_inbox(client::session& host, client::session& user,
                                     const std::vector<conversation_id>& groups);

}  // namespace conclave::ackcheck
