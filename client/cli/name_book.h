/// Names of users by id, asked for once and remembered. The names of a batch of events are fetched
/// in one request. Main thread only (it makes blocking calls); grows by one entry per user met.
#pragma once

#include "client/cli/event_lines.h"
#include "client/cli/names.h"
#include "client/session.h"

#include <string>
#include <unordered_map>
#include <vector>

namespace conclave::client::cli {

class name_book : public names {
 public:
  explicit name_book(session& s);

  /// Fetches those that are not known yet. A failure leaves them unknown: ids are shown instead.
  void learn(const std::vector<user_id>& users);
  void learn(const std::vector<event_view>& events);
  void know(user_id user, const std::string& name) { names_[user] = name; }

  std::string of(user_id user) const override;
  /// Who is called that, of those met so far; zero: nobody.
  user_id find(std::string_view name) const;
  user_id me() const { return me_; }

 private:
  session& session_;
  user_id me_;
  std::unordered_map<user_id, std::string> names_;
};

}  // namespace conclave::client::cli
