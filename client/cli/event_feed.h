/// Brings what a session tells from its thread to the main thread, which prints it and may make
/// blocking calls (names). readable() is a descriptor for poll().
///
/// Bound: above max_waiting items the session's thread waits for the main thread to take them,
/// which slows the node's pushes down to the reader's pace. It waits for `patience` at most, and
/// once that was in vain not again before take() was called: the main thread may itself be waiting
/// for an answer, which this thread has to bring. Beyond that the queue grows.
#pragma once

#include "client/session.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace conclave::client::cli {

class event_feed {
 public:
  static constexpr std::size_t max_waiting = 10'000;

  enum class what : std::uint8_t {
    event,
    link,
    gone,
    inbox,
    inbox_lost,
    typing,
    read_by,
    presence
  };

  struct item {
    what kind = what::event;
    conversation_id conversation{};
    std::string bytes;  ///< event: encoded
    link_state link{};  ///< link, with `why`
    failure why;
    std::vector<event_seq> seqs;  ///< gone; read_by: one
    inbox_item entry;             ///< inbox
    user_id user{};               ///< typing, read_by, presence
    bool on = false;              ///< typing: still; presence: online
  };

  explicit event_feed(std::chrono::milliseconds patience = std::chrono::seconds{1});
  ~event_feed();
  event_feed(const event_feed&) = delete;
  event_feed& operator=(const event_feed&) = delete;

  /// Callbacks to hand to session::connect; the feed must outlive the session. `keeps`: the program
  /// keeps messages, and wants to hear which are gone; `inbox`: it follows the inbox.
  session_events callbacks(bool keeps, bool inbox);

  int readable() const { return wake_; }
  /// Everything that waits; does not block.
  std::vector<item> take();

 private:
  void push(item i);

  std::chrono::milliseconds patience_;
  int wake_ = -1;
  std::mutex mutex_;
  std::condition_variable room_;
  std::vector<item> items_;
  bool waited_in_vain_ = false;  // since the last take()
};

}  // namespace conclave::client::cli
