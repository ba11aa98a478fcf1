/// Names of users by id, asked for once and remembered. The names of a batch of events are fetched
/// in one request. Main thread only (it makes blocking calls); grows by one entry per user met.
#pragma once

#include "client/session.h"

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace conclave::client::cli {

class name_book {
 public:
  explicit name_book(session& s);

  /// Fetches those that are not known yet. A failure leaves them unknown: ids are shown instead.
  void learn(const std::vector<user_id>& users);

  /// "alice", or "user 17" when it cannot be told.
  std::string of(user_id user) const;
  user_id me() const { return me_; }

 private:
  session& session_;
  user_id me_;
  std::unordered_map<user_id, std::string> names_;
};

/// The users that an event speaks of: its sender and those in its body.
void collect_users(const event_view& event, std::vector<user_id>& to);

}  // namespace conclave::client::cli
