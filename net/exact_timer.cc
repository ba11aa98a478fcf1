/// The steady clock of the standard library is CLOCK_MONOTONIC.
#include "net/exact_timer.h"

#include "schemas/check.h"

#include <algorithm>
#include <ctime>
#include <sys/timerfd.h>
#include <utility>

namespace conclave::net {

exact_timer::exact_timer() : timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
  CONCLAVE_CHECK(timer_.get() >= 0, "exact moments need a timerfd");
}

void exact_timer::add(std::int64_t due_ns, std::function<void()> task) {
  const bool earliest = tasks_.empty() || due_ns < tasks_.begin()->first;
  tasks_.emplace(due_ns, std::move(task));
  if (earliest) arm();
}

void exact_timer::run_due(std::int64_t now_ns) {
  if (tasks_.empty() || tasks_.begin()->first > now_ns) return;
  std::multimap<std::int64_t, std::function<void()>> due;
  while (!tasks_.empty() && tasks_.begin()->first <= now_ns)
    due.insert(due.end(), tasks_.extract(tasks_.begin()));
  if (!tasks_.empty()) arm();
  for (auto& [at, task] : due) task();
}

void exact_timer::arm() {
  constexpr std::int64_t second = 1'000'000'000;
  // Zero would disarm it.
  const std::int64_t due = std::max<std::int64_t>(tasks_.begin()->first, 1);
  itimerspec when{};
  when.it_value = {due / second, due % second};
  ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
}

}  // namespace conclave::net
