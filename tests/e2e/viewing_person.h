/// One user on one device that shows conversations: a session and the views that it builds, as a
/// program with a store of its own does, and the inbox entries that it was handed. It can go away
/// and come back with what it had. For tests that look at what several devices show.
#pragma once

#include "client/conversation_view.h"
#include "tests/e2e/e2e_fixture.h"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace conclave::test {

class viewing_person {
 public:
  using message = client::conversation_view::message;

  viewing_person(const node_process& node, const new_user& user)
      : id(user.user), token(user.token), options_(node.options_for(user.token)) {
    options_.start = client::start_at::beginning;
    connect();
  }

  client::session* operator->() { return session_.get(); }

  void disconnect() {
    options_.state = session_->export_state();
    session_.reset();
  }
  void connect() {
    client::session_events events;
    events.on_event = [this](conversation_id c, const event_view& e) {
      const std::lock_guard lock(mutex_);
      views_[c].apply(e);
      if (e.kind == event_kind::gone) gone_at_[c].push_back({e.seq, e.time});
    };
    events.on_gone = [this](conversation_id c, const std::vector<event_seq>& seqs) {
      const std::lock_guard lock(mutex_);
      views_[c].on_gone(seqs);
      for (const event_seq s : seqs) told_gone_[c].push_back(s);
    };
    events.on_inbox = [this](const inbox_entry& e) {
      const std::lock_guard lock(mutex_);
      inbox_.push_back(client::item_of(e));
    };
    events.on_read_by = [this](conversation_id c, user_id user, event_seq up_to) {
      const std::lock_guard lock(mutex_);
      read_by_[c][user] = up_to;
    };
    auto made = client::session::connect(options_, std::move(events));
    if (!made) throw std::runtime_error("cannot log in: " + made.error().detail);
    session_ = std::move(*made);
  }

  /// Waits until the view fulfils the condition.
  bool shows(conversation_id c, const std::function<bool(const client::conversation_view&)>& what) {
    return wait_until([&] {
      const std::lock_guard lock(mutex_);
      return what(views_[c]);
    });
  }
  bool shows_up_to(conversation_id c, event_seq seq) {
    return shows(c, [&](const client::conversation_view& v) { return v.last() >= seq; });
  }
  /// Waits until the message fulfils the condition.
  bool shows(conversation_id c, event_seq seq, const std::function<bool(const message&)>& what) {
    return shows(c, [&](const client::conversation_view& v) {
      const auto m = v.find(seq);
      return m && what(*m);
    });
  }
  bool hears_in_inbox(const std::function<bool(const client::inbox_item&)>& what) {
    return wait_until([&] {
      const std::lock_guard lock(mutex_);
      return std::any_of(inbox_.begin(), inbox_.end(), what);
    });
  }
  bool hears_read_by(conversation_id c, user_id user, event_seq up_to) {
    return wait_until([&] {
      const std::lock_guard lock(mutex_);
      return read_by_[c][user] >= up_to;
    });
  }

  message find(conversation_id c, event_seq seq) {
    const std::lock_guard lock(mutex_);
    return views_[c].find(seq).value_or(message{});
  }
  std::string dump(conversation_id c) {
    const std::lock_guard lock(mutex_);
    return views_[c].dump();
  }
  event_seq last(conversation_id c) {
    const std::lock_guard lock(mutex_);
    return views_[c].last();
  }
  /// What LIST_GONE told, and the times of the events that said the same.
  std::vector<event_seq> told_gone(conversation_id c) {
    const std::lock_guard lock(mutex_);
    return told_gone_[c];
  }
  std::vector<std::pair<event_seq, time_ms>> gone_events(conversation_id c) {
    const std::lock_guard lock(mutex_);
    return gone_at_[c];
  }

  const user_id id;
  const std::string token;

 private:
  client::session_options options_;
  std::mutex mutex_;
  std::map<conversation_id, client::conversation_view> views_;
  std::map<conversation_id, std::vector<std::pair<event_seq, time_ms>>> gone_at_;
  std::map<conversation_id, std::vector<event_seq>> told_gone_;
  std::map<conversation_id, std::map<user_id, event_seq>> read_by_;
  std::vector<client::inbox_item> inbox_;
  std::unique_ptr<client::session> session_;  // last: it calls back into the members above
};

}  // namespace conclave::test
