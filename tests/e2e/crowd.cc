/// See crowd.h.
#include "tests/e2e/crowd.h"

#include "tests/support/waiting.h"

#include <algorithm>
#include <stdexcept>

namespace conclave::test {

crowd::crowd(const node_process& node, std::vector<new_user> users)
    : users_(std::move(users)), reactor_(*this) {
  auto parsed = client::parse_endpoint(node.client_address());
  auto server = parsed ? client::resolve(*parsed) : parsed;
  auto tls = net::tls_context::client({node.ca_file()});
  if (!server || !tls) throw std::runtime_error("a crowd does not know where to go");
  for (std::size_t i = 0; i < users_.size(); ++i) reactor_.open(*server, *tls, users_[i].token, i);
  thread_ = std::thread([this] { reactor_.run(); });
  std::unique_lock lock(mutex_);
  const bool all =
      changed_.wait_for(lock, 2 * patience, [this] { return ready_ + lost_ == users_.size(); });
  if (all && lost_ == 0) return;
  lock.unlock();
  reactor_.stop();
  thread_.join();
  throw std::runtime_error("not everybody of a crowd came in");
}

crowd::~crowd() {
  reactor_.stop();
  thread_.join();
}

void crowd::on_ready(client::session_ref, const logged_in&, const welcome&) {
  const std::lock_guard lock(mutex_);
  ++ready_;
  changed_.notify_all();
}

void crowd::on_closed(client::session_ref, const client::end_of_session&) {
  const std::lock_guard lock(mutex_);
  ++lost_;
  changed_.notify_all();
}

void crowd::on_event(client::session_ref s, conversation_id c, const event_view& event,
                     std::string_view) {
  const std::lock_guard lock(mutex_);
  auto& handed = handed_[c];
  handed.resize(users_.size());
  handed[s.context].push_back(event.seq);
  arrival& a = arrivals_[c][event.seq];
  ++a.people;
  a.last = std::chrono::steady_clock::now();
  changed_.notify_all();
}

void crowd::on_head(client::session_ref, conversation_id, event_seq) {
  const std::lock_guard lock(mutex_);
  ++hints_;
}

std::optional<std::chrono::microseconds> crowd::reached(
    conversation_id c, event_seq seq, std::size_t expected,
    std::chrono::steady_clock::time_point since) {
  std::unique_lock lock(mutex_);
  const bool all =
      changed_.wait_for(lock, patience, [&] { return arrivals_[c][seq].people >= expected; });
  if (!all) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::microseconds>(arrivals_[c][seq].last - since);
}

std::string crowd::complaint(conversation_id c, event_seq first, event_seq last) {
  const std::lock_guard lock(mutex_);
  auto& handed = handed_[c];
  handed.resize(users_.size());
  for (std::size_t i = 0; i < users_.size(); ++i) {
    std::uint64_t next = first.value;
    for (const event_seq seq : handed[i]) {
      if (seq < first || seq > last) continue;
      if (seq.value != next)
        return users_[i].user_name + " was handed " + std::to_string(seq.value) + " in place of " +
               std::to_string(next) + "; hints: " + std::to_string(hints_);
      ++next;
    }
    if (next != last.value + 1)
      return users_[i].user_name + " was handed nothing from " + std::to_string(next) + " on of " +
             std::to_string(last.value) + "; hints: " + std::to_string(hints_);
  }
  return {};
}

std::size_t crowd::times(user_id user, conversation_id c, event_seq seq) {
  const std::lock_guard lock(mutex_);
  auto& handed = handed_[c];
  handed.resize(users_.size());
  for (std::size_t i = 0; i < users_.size(); ++i)
    if (users_[i].user == user)
      return static_cast<std::size_t>(std::count(handed[i].begin(), handed[i].end(), seq));
  return 0;
}

std::size_t crowd::lost() {
  const std::lock_guard lock(mutex_);
  return lost_;
}

}  // namespace conclave::test
