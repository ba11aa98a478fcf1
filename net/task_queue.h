/// How other threads reach a loop: a list of tasks and an eventfd that is written only when the
/// loop sleeps, so that many posts cost one wake-up and a busy loop is never interrupted.
///
/// post(), put_brief() and wake() are thread-safe; the rest belongs to who has the turn. Owned by
/// the loop. Order: as posted. Bound: none of its own; whoever posts holds a ticket of something
/// that is bounded.
#pragma once

#include "net/socket.h"

#include <functional>
#include <mutex>
#include <vector>

namespace conclave::net {

class task_queue {
 public:
  using task = std::function<void()>;

  task_queue();

  void post(task t);

  /// post() in two steps, for who may have no need of the second: a task that takes some tens of
  /// microseconds.
  void put_brief(task t);
  void wake();

  /// Wakes the loop although it may know of all tasks.
  void interrupt();

  /// To be watched edge-triggered; never needs to be read.
  int wake_fd() const { return wake_.get(); }

  /// True: nothing is queued, and the next post will write the eventfd.
  bool may_sleep();

  /// Swaps the queued tasks into `tasks`, which is empty.
  void take(std::vector<task>& tasks);
  /// The same if all of them are brief.
  bool take_brief(std::vector<task>& tasks);

 private:
  unique_fd wake_;
  std::mutex mutex_;
  std::vector<task> tasks_;
  bool all_brief_ = true;
  bool asleep_ = false;
};

}  // namespace conclave::net
