/// Brings events from the session's thread to the main thread, which prints them and may make
/// blocking calls (names). readable() is a descriptor for poll().
///
/// Bound: above max_waiting events the session's thread waits up to a second per event, which slows
/// the node's pushes down to the reader's pace; it never waits for ever, because the main thread
/// may itself be waiting for an answer. Beyond that the queue grows.
#pragma once

#include "client/session.h"

#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

namespace conclave::client::cli {

class event_feed {
 public:
  static constexpr std::size_t max_waiting = 10'000;

  struct item {
    conversation_id conversation{};  ///< zero: a change of the link
    std::string bytes;               ///< the encoded event
    link_state link{};
    failure why;
  };

  event_feed();
  ~event_feed();
  event_feed(const event_feed&) = delete;
  event_feed& operator=(const event_feed&) = delete;

  /// Callbacks to hand to session::connect; the feed must outlive the session.
  session_events callbacks();

  int readable() const { return wake_; }
  /// Everything that waits; does not block.
  std::vector<item> take();

 private:
  void push(item i);

  int wake_ = -1;
  std::mutex mutex_;
  std::condition_variable room_;
  std::vector<item> items_;
};

}  // namespace conclave::client::cli
