/// One iteration of a loop, in order: wait, read, step handshakes, run tasks, fire timers, flush,
/// bury.
#include "net/loop_state.h"

#include <algorithm>
#include <array>
#include <limits>
#include <sys/epoll.h>
#include <utility>

namespace conclave::net {

namespace {

/// Events taken from the kernel at once: enough to fill an iteration, few enough to stay prompt.
constexpr int events_per_wait = 256;

}  // namespace

int loop_state::wait_ms() {
  if (!dirty_.empty() || !ready_.empty() || !handshakes_.empty() || !closing_.empty()) return 0;
  const std::int64_t next = std::min(alarms_.next_ms(), delayed_.next_ms());
  if (next <= now_ms_) return 0;
  if (!tasks_.may_sleep()) return 0;
  if (next == timer_wheel<alarm>::never) return -1;
  return static_cast<int>(std::min<std::int64_t>(next - now_ms_, std::numeric_limits<int>::max()));
}

void loop_state::iterate() {
  std::array<epoll_event, events_per_wait> events;
  const int patience = wait_ms();
  const std::int64_t asleep_ns = patience == 0 ? 0 : steady_ns();
  const int count = ::epoll_wait(epoll_.get(), events.data(), events_per_wait, patience);
  const std::int64_t now_ns = steady_ns();
  now_ms_ = now_ns / 1'000'000;
  rest_.note(patience == 0 ? 0 : now_ns - asleep_ns, now_ns);
  read_ready();
  for (int i = 0; i < count; ++i) {
    dispatch(events[static_cast<std::size_t>(i)].data.u64,
             events[static_cast<std::size_t>(i)].events);
  }
  step_handshakes();
  run_tasks();
  fire_timers();
  handler_.on_iteration_end();
  flush_dirty();
  finish_closing();
  counters.iterations.add();
}

void loop_state::dispatch(std::uint64_t token, std::uint32_t events) {
  const std::uint64_t value = token & ((std::uint64_t{1} << 56) - 1);
  switch (static_cast<token_kind>(token >> 56)) {
    case token_kind::connection:
      if (connection* c = find({static_cast<std::uint64_t>(number_) << 56 | value})) {
        c->on_event(events);
      }
      break;
    case token_kind::listener:
      accept_from(value);
      break;
    case token_kind::wake:
    case token_kind::exact_timer:
      break;  // tasks and timers are looked at in every iteration
    case token_kind::lingering:
      lingering_.on_readable(static_cast<int>(value), read_buffer_.data(), read_buffer_.size());
      break;
  }
}

/// Connections whose bytes lie inside OpenSSL, of which epoll knows nothing.
void loop_state::read_ready() {
  working_.clear();
  working_.swap(ready_);
  for (const connection_id id : working_) {
    connection* c = find(id);
    if (c == nullptr) continue;
    c->ready_listed_ = false;
    if (!c->closing_ && !c->paused_ && c->phase_ == connection::phase::open) c->read();
  }
}

void loop_state::step_handshakes() {
  for (std::size_t i = 0; i < limits::handshakes_per_iteration && !handshakes_.empty(); ++i) {
    connection* c = find(handshakes_.take(now_ms_));
    if (c == nullptr) continue;
    c->handshake_listed_ = false;
    if (!c->closing_ && c->phase_ == connection::phase::handshaking) c->step_handshake();
  }
}

void loop_state::run_tasks() {
  tasks_.take(running_tasks_);
  for (task_queue::task& task : running_tasks_) task();
  running_tasks_.clear();
}

void loop_state::fire_timers() {
  alarms_.advance(now_ms_, [this](const alarm& a) {
    connection* c = find(a.id);
    if (c != nullptr && c->alarm_ms_ == a.due_ms) c->check_deadline();
  });
  delayed_.advance(now_ms_, [](std::function<void()>& task) { task(); });
  if (exact_ != nullptr) exact_->run_due(steady_ns());
}

/// Whether the helper is woken for them.
bool loop_state::shares(std::size_t records) const {
  return helper_ != nullptr && records >= options_.share_flush_from && rest_.rests();
}

/// Writes what is one record per connection; flush() then sees to the rest of each.
void loop_state::write_lone_records() {
  // Its own in portions: their connections are still in the cache when they are settled.
  const std::size_t at_once = shares(working_.size()) ? working_.size() : sealed_at_once;
  for (const connection_id id : working_) {
    connection* c = find(id);
    if (c == nullptr) continue;
    record_write w = c->lone_record();
    if (w.record.empty()) continue;
    lenders_.push_back(c);
    lent_.push_back(std::move(w));
    if (lent_.size() == at_once) write_lent();
  }
  write_lent();
}

void loop_state::write_lent() {
  if (shares(lent_.size())) {
    helper_->write_all(lent_, writer_);
  } else {
    writer_.write(lent_);
  }
  for (std::size_t i = 0; i < lent_.size(); ++i) {
    if (!lenders_[i]->settle(lent_[i])) lenders_[i]->flushed();
  }
  lenders_.clear();
  lent_.clear();
}

void loop_state::flush_dirty() {
  working_.clear();
  working_.swap(dirty_);
  write_lone_records();
  for (const connection_id id : working_) {
    connection* c = find(id);
    if (c == nullptr) continue;
    c->dirty_listed_ = false;
    c->flush();
  }
}

void loop_state::finish_closing() {
  if (closing_.empty()) return;
  working_.clear();
  working_.swap(closing_);
  for (const connection_id id : working_) {
    connection* c = find(id);
    if (c == nullptr) continue;
    c->closing_listed_ = false;
    if (!c->has_last_words()) end(*c);
  }
}

// -- from start to stop
// ------------------------------------------------------------------------------

void loop_state::run() {
  update_now();
  while (!stopping_.load(std::memory_order_acquire)) iterate();
  shut_down();
}

void loop_state::stop() {
  stopping_.store(true, std::memory_order_release);
  tasks_.post([] {});
}

void loop_state::shut_down() {
  listeners_.clear();
  run_tasks();
  handler_.on_iteration_end();
  flush_dirty();
  for_each([](connection& c) {
    c.close_with(close_reason::by_us, "this side is shutting down", false);
    c.flush_first_ = false;
  });
  while (!closing_.empty()) finish_closing();
}

}  // namespace conclave::net
