/// What the end-to-end tests share: a node that runs, people with sessions that remember what they
/// were handed, and the node's log beside a failure.
#pragma once

#include "client/protocol.h"
#include "client/session.h"
#include "tests/support/node_process.h"
#include "tests/support/waiting.h"
#include "tests/support/wire_client.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace conclave::test {

/// An event that owns its body.
struct heard {
  event_seq seq{};
  event_kind kind{};
  user_id sender{};
  device_id device{};
  time_ms time = 0;
  std::uint64_t client_seq = 0;
  std::string body;
};

inline heard heard_from(const event_view& e) {
  return {e.seq, e.kind, e.sender, e.device, e.time, e.client_seq, std::string(e.body)};
}

/// One user on one device with the client library.
class person {
 public:
  person(const node_process& node, const new_user& user,
         client::start_at start = client::start_at::beginning, client::session_state state = {})
      : id(user.user), device(user.device), name(user.user_name), token(user.token) {
    client::session_options options = node.options_for(user.token);
    options.start = start;
    options.state = std::move(state);
    client::session_events events;
    events.on_event = [this](conversation_id c, const event_view& e) {
      const std::lock_guard lock(mutex_);
      heard_[c].push_back(heard_from(e));
    };
    auto connected = client::session::connect(options, std::move(events));
    if (!connected)
      throw std::runtime_error(user.user_name + " cannot log in: " + connected.error().detail);
    session_ = std::move(*connected);
  }

  client::session* operator->() { return session_.get(); }
  client::session& session() { return *session_; }

  std::vector<heard> all(conversation_id c) {
    const std::lock_guard lock(mutex_);
    return heard_[c];
  }
  std::vector<std::string> texts(conversation_id c) {
    std::vector<std::string> out;
    for (heard& e : all(c))
      if (e.kind == event_kind::text) out.push_back(std::move(e.body));
    return out;
  }
  bool hears_up_to(conversation_id c, std::uint64_t seq) {
    return wait_until([&] {
      const auto events = all(c);
      return !events.empty() && events.back().seq.value >= seq;
    });
  }
  std::vector<std::uint64_t> seqs(conversation_id c) {
    std::vector<std::uint64_t> out;
    for (const heard& e : all(c)) out.push_back(e.seq.value);
    return out;
  }

  const user_id id;
  const device_id device;
  const std::string name;
  const std::string token;

 private:
  std::mutex mutex_;
  std::map<conversation_id, std::vector<heard>> heard_;
  std::unique_ptr<client::session> session_;  // last: it calls back into the members above
};

/// 1, 2, 3 … up to `last`.
inline std::vector<std::uint64_t> dense(std::uint64_t first, std::uint64_t last) {
  std::vector<std::uint64_t> all;
  for (std::uint64_t n = first; n <= last; ++n) all.push_back(n);
  return all;
}

class e2e : public ::testing::Test {
 protected:
  /// The operator is made first, as on a real machine; then the node starts.
  void start(node_settings settings = {}) {
    node_ = std::make_unique<node_process>(std::move(settings));
    node_->operator_token();
    node_->start();
  }

  void TearDown() override {
    if (HasFailure() && node_ != nullptr)
      std::printf("the end of the node's log:\n%s\n", node_->log_tail().c_str());
  }

  node_process& node() { return *node_; }

  std::vector<new_user> people(const std::vector<std::string>& names,
                               const std::string& tenant = "acme",
                               const std::string& device = "laptop") {
    return node_->provision(tenant, device, names);
  }

  std::unique_ptr<person> log_in(const new_user& user,
                                 client::start_at start = client::start_at::beginning) {
    return std::make_unique<person>(*node_, user, start);
  }

  conversation_id found(person& owner, const std::vector<user_id>& members,
                        history_visibility visibility = history_visibility::since_joining,
                        const std::string& title = "a group") {
    const auto made = owner->create_conversation(title, members, visibility);
    EXPECT_TRUE(made.ok()) << (made ? "" : made.error().detail);
    return made ? made->conversation : conversation_id{};
  }

 private:
  std::unique_ptr<node_process> node_;
};

/// The code of a failure; errc::ok for a value.
template <class T>
errc code_of(const outcome<T>& o) {
  return o ? errc::ok : o.error().code;
}

}  // namespace conclave::test
