/// Fetching names.
#include "client/cli/name_book.h"

#include <algorithm>

namespace conclave::client::cli {

namespace {
constexpr std::size_t users_per_request = 500;
}

std::string shown_name(const std::string& name, const std::string& host, const std::string& own) {
  if (host.empty()) return name;
  const auto at = name.find('@');
  if (at == std::string::npos) return name + "@" + host;
  return name.substr(at + 1) == own ? name.substr(0, at) : name;
}

std::vector<std::string> host_names(const std::string& shown, const std::string& host,
                                    const std::string& own) {
  const std::string& home = host.empty() ? own : host;
  const auto at = shown.find('@');
  if (at != std::string::npos) {
    return {shown.substr(at + 1) == home ? shown.substr(0, at) : shown};
  }
  if (host.empty()) return {shown};
  return {shown + "@" + own, shown};
}

name_scope::name_scope(session& s, conversation_id within, const conversation_place& place)
    : session_(s), within_(within), place_(place) {
  names_[place_.self] = s.who().user_name;
  names_[user_id{}] = "the node";
}

void name_scope::know(user_id user, const std::string& name) {
  names_[user] = shown_name(name, place_.host, session_.who().tenant_name);
}

void name_scope::learn(const std::vector<user_id>& users) {
  std::vector<user_id> unknown;
  std::copy_if(users.begin(), users.end(), std::back_inserter(unknown),
               [this](user_id u) { return !names_.contains(u); });
  std::sort(unknown.begin(), unknown.end());
  unknown.erase(std::unique(unknown.begin(), unknown.end()), unknown.end());
  for (std::size_t from = 0; from < unknown.size(); from += users_per_request) {
    const std::size_t to = std::min(unknown.size(), from + users_per_request);
    const auto found = session_.resolve({},
                                        {unknown.begin() + static_cast<std::ptrdiff_t>(from),
                                         unknown.begin() + static_cast<std::ptrdiff_t>(to)},
                                        within_);
    if (!found) return;  // shown by id now, asked for again with the next event
    for (const user_info& u : *found) know(u.user, u.user_name);
  }
}

void name_scope::learn(const std::vector<event_view>& events) {
  std::vector<user_id> users;
  for (const event_view& event : events) collect_users(event, users);
  learn(users);
}

std::string name_scope::of(user_id user) const {
  const auto at = names_.find(user);
  return at == names_.end() ? "user " + std::to_string(user.value) : at->second;
}

user_id name_scope::find(const std::string& shown) const {
  const std::string& own = session_.who().tenant_name;
  for (const std::string& name : host_names(shown, place_.host, own)) {
    const std::string wanted = shown_name(name, place_.host, own);
    for (const auto& [user, known] : names_) {
      if (known == wanted && user) return user;
    }
  }
  return {};
}

name_book::name_book(session& s)
    : name_scope(s, {}, conversation_place{s.who().user, {}}), session_(s) {}

name_scope& name_book::in(conversation_id c) {
  if (!c) return *this;
  auto at = scopes_.find(c);
  if (at == scopes_.end()) {
    const auto place = session_.place(c);
    if (!place) return *this;  // asked again the next time
    at = scopes_.try_emplace(c).first;
    if (!place->host.empty()) at->second = std::make_unique<name_scope>(session_, c, *place);
  }
  return at->second ? *at->second : static_cast<name_scope&>(*this);
}

}  // namespace conclave::client::cli
