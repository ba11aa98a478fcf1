/// The mailbox of a loop. The mutex is held for a push or a swap, never while a task runs.
#include "net/task_queue.h"

#include "schemas/check.h"

#include <cstdint>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

namespace conclave::net {

task_queue::task_queue() : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  CONCLAVE_CHECK(wake_.get() >= 0, "an event loop needs an eventfd");
}

void task_queue::post(task t) {
  bool asleep = false;
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(t));
    all_brief_ = false;
    asleep = std::exchange(asleep_, false);
  }
  if (asleep) interrupt();
}

void task_queue::put_brief(task t) {
  const std::lock_guard lock(mutex_);
  tasks_.push_back(std::move(t));
}

void task_queue::wake() {
  bool asleep = false;
  {
    const std::lock_guard lock(mutex_);
    asleep = std::exchange(asleep_, false);
  }
  if (asleep) interrupt();
}

void task_queue::interrupt() {
  const std::uint64_t one = 1;
  const ssize_t written = ::write(wake_.get(), &one, sizeof one);
  CONCLAVE_CHECK(written == sizeof one, "an eventfd takes a number");
}

bool task_queue::may_sleep() {
  const std::lock_guard lock(mutex_);
  asleep_ = tasks_.empty();
  return asleep_;
}

void task_queue::take(std::vector<task>& tasks) {
  const std::lock_guard lock(mutex_);
  asleep_ = false;
  all_brief_ = true;
  tasks.swap(tasks_);
}

bool task_queue::take_brief(std::vector<task>& tasks) {
  const std::lock_guard lock(mutex_);
  if (!all_brief_) return false;
  asleep_ = false;
  tasks.swap(tasks_);
  return true;
}

}  // namespace conclave::net
