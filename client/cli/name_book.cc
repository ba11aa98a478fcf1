/// Fetching names.
#include "client/cli/name_book.h"

#include <algorithm>

namespace conclave::client::cli {

namespace {
constexpr std::size_t users_per_request = 500;
}

name_book::name_book(session& s) : session_(s), me_(s.who().user) {
  names_[me_] = s.who().user_name;
  names_[user_id{}] = "the node";
}

void name_book::learn(const std::vector<user_id>& users) {
  std::vector<user_id> unknown;
  std::copy_if(users.begin(), users.end(), std::back_inserter(unknown),
               [this](user_id u) { return !names_.contains(u); });
  std::sort(unknown.begin(), unknown.end());
  unknown.erase(std::unique(unknown.begin(), unknown.end()), unknown.end());
  for (std::size_t from = 0; from < unknown.size(); from += users_per_request) {
    const std::size_t to = std::min(unknown.size(), from + users_per_request);
    const auto found = session_.resolve({}, {unknown.begin() + static_cast<std::ptrdiff_t>(from),
                                             unknown.begin() + static_cast<std::ptrdiff_t>(to)});
    if (!found) return;  // shown by id now, asked for again with the next event
    for (const user_info& u : *found) names_[u.user] = u.user_name;
  }
}

void name_book::learn(const std::vector<event_view>& events) {
  std::vector<user_id> users;
  for (const event_view& event : events) collect_users(event, users);
  learn(users);
}

std::string name_book::of(user_id user) const {
  const auto at = names_.find(user);
  return at == names_.end() ? "user " + std::to_string(user.value) : at->second;
}

user_id name_book::find(std::string_view name) const {
  for (const auto& [user, known] : names_) {
    if (known == name && user) return user;
  }
  return {};
}

}  // namespace conclave::client::cli
