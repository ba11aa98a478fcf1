/// Keeps up what a program watches. A node forgets watches after their time and with the
/// connection: they are repeated in time and asked for anew after each login. Whoever is online is
/// compared with what was last known, so that nobody's coming or going is missed over a reconnect.
///
/// Owned by the session's core, on the loop's thread. At most limits::max_watched conversations,
/// one list of at most 500 users.
#pragma once

#include "client/caller.h"
#include "schemas/ids.h"

#include <cstdint>
#include <functional>
#include <unordered_set>
#include <utility>
#include <vector>

namespace conclave::client {

class watcher {
 public:
  static constexpr std::uint32_t ttl_ms = 120'000;
  static constexpr std::uint64_t repeat_every_ms = 50'000;

  using change = std::function<void(user_id, bool online)>;

  watcher(caller& node, change presence) : node_(node), presence_(std::move(presence)) {}

  void watch(conversation_id c, bool on, std::uint64_t timeout_ms,
             std::function<void(status)> then);
  void watch_presence(const std::vector<user_id>& users, std::uint64_t timeout_ms,
                      std::function<void(outcome<std::vector<user_id>>)> then);

  /// Logged in on a new connection.
  void on_ready(std::uint64_t now_ms);
  void on_presence(user_id user, bool online);
  void tick(std::uint64_t now_ms);

 private:
  void repeat(std::uint64_t now_ms);
  void take_online(const std::vector<user_id>& online);

  caller& node_;
  change presence_;
  std::vector<conversation_id> conversations_;  // in the order in which they were asked for
  std::vector<user_id> users_;
  std::unordered_set<user_id> online_;
  std::uint64_t list_ = 0;  // number of users_: an answer about an earlier list says nothing
  std::uint64_t repeat_at_ms_ = 0;
};

}  // namespace conclave::client
