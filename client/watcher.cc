/// Asking, repeating, comparing.
#include "client/watcher.h"

#include "conf/limits.h"
#include "schemas/account_messages.h"
#include "schemas/presence_messages.h"

#include <algorithm>
#include <utility>

namespace conclave::client {

namespace {
constexpr std::uint64_t repeat_within_ms = 10'000;
}

void watcher::watch(conversation_id c, bool on, std::uint64_t timeout_ms,
                    std::function<void(status)> then) {
  std::erase(conversations_, c);
  if (on) {
    // The node ends the oldest of its list: so does this one.
    if (conversations_.size() >= limits::max_watched) conversations_.erase(conversations_.begin());
    conversations_.push_back(c);
  }
  conclave::watch request;
  request.conversation = c;
  request.ttl_ms = on ? ttl_ms : 0;
  node_.call(request, 0, timeout_ms,
             [this, c, then = std::move(then)](const outcome<frame_view>& answer) {
               const auto done_or_not = answer_as<done_answer>(answer);
               if (!done_or_not) std::erase(conversations_, c);
               then(done_or_not ? status(done{}) : status(done_or_not.error()));
             });
}

void watcher::watch_presence(const std::vector<user_id>& users, std::uint64_t timeout_ms,
                             std::function<void(outcome<std::vector<user_id>>)> then) {
  users_ = users;
  const std::uint64_t list = ++list_;
  online_.clear();
  conclave::watch_presence request;
  request.users = users;
  request.ttl_ms = users.empty() ? 0 : ttl_ms;
  node_.call(request, 0, timeout_ms,
             [this, list, then = std::move(then)](const outcome<frame_view>& answer) {
               const auto page = answer_as<presence_page>(answer);
               if (!page) {
                 if (list == list_) users_.clear();
                 return then(page.error());
               }
               if (list == list_) online_.insert(page->online.begin(), page->online.end());
               then(page->online);
             });
}

void watcher::on_ready(std::uint64_t now_ms) {
  repeat(now_ms);
}

void watcher::tick(std::uint64_t now_ms) {
  if (now_ms >= repeat_at_ms_) repeat(now_ms);
}

void watcher::repeat(std::uint64_t now_ms) {
  repeat_at_ms_ = now_ms + repeat_every_ms;
  for (const conversation_id c : conversations_) {
    conclave::watch request;
    request.conversation = c;
    request.ttl_ms = ttl_ms;
    node_.call(request, 0, repeat_within_ms, [](const outcome<frame_view>&) {});
  }
  if (users_.empty()) return;
  conclave::watch_presence request;
  request.users = users_;
  request.ttl_ms = ttl_ms;
  node_.call(request, 0, repeat_within_ms, [this, list = list_](const outcome<frame_view>& answer) {
    const auto page = answer_as<presence_page>(answer);
    if (page && list == list_) take_online(page->online);
  });
}

void watcher::take_online(const std::vector<user_id>& online) {
  const std::unordered_set<user_id> now(online.begin(), online.end());
  for (const user_id user : users_) on_presence(user, now.contains(user));
}

void watcher::on_presence(user_id user, bool online) {
  const bool changed = online ? online_.insert(user).second : online_.erase(user) != 0;
  if (changed) presence_(user, online);
}

}  // namespace conclave::client
