/// Many people online at once on one thread, who only listen: which events of one conversation each
/// of them was handed, and when the last of them had it. A client session each would be a thread
/// each.
///
/// Made and asked by the test's thread; the events come on the crowd's own thread. The node may end
/// meanwhile: who was lost is not connected again, a new crowd is.
#pragma once

#include "client/reactor.h"
#include "client/session.h"
#include "tests/support/node_process.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace conclave::test {

class crowd final : private client::reactor_handler {
 public:
  /// Logs everybody in; returns when they are online. Throws when that does not come to pass.
  crowd(const node_process& node, std::vector<new_user> users);
  ~crowd() override;
  crowd(const crowd&) = delete;
  crowd& operator=(const crowd&) = delete;

  std::size_t size() const { return users_.size(); }

  /// How long after `since` the last of `expected` people had this event; nothing: some never had.
  std::optional<std::chrono::microseconds> reached(conversation_id c, event_seq seq,
                                                   std::size_t expected,
                                                   std::chrono::steady_clock::time_point since);

  /// What is wrong with what people were handed from `first` to `last`: an event twice, out of
  /// order, not at all. Empty: everybody had each of them once. Pushes that became hints are told.
  std::string complaint(conversation_id c, event_seq first, event_seq last);

  /// How often this one was handed the event.
  std::size_t times(user_id user, conversation_id c, event_seq seq);
  std::size_t lost();

 private:
  void on_ready(client::session_ref s, const logged_in& who, const welcome& node) override;
  void on_event(client::session_ref s, conversation_id c, const event_view& event,
                std::string_view bytes) override;
  void on_head(client::session_ref s, conversation_id c, event_seq head) override;
  void on_answer(client::session_ref, std::uint64_t, const frame_view&) override {}
  void on_closed(client::session_ref s, const client::end_of_session& end) override;

  struct arrival {
    std::size_t people = 0;
    std::chrono::steady_clock::time_point last;
  };

  std::vector<new_user> users_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t ready_ = 0;
  std::size_t lost_ = 0;
  std::size_t hints_ = 0;
  std::map<conversation_id, std::map<event_seq, arrival>> arrivals_;
  std::map<conversation_id, std::vector<std::vector<event_seq>>> handed_;  ///< by place in users_
  client::reactor reactor_;
  std::thread thread_;
};

}  // namespace conclave::test
