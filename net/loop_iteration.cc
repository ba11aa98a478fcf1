/// One iteration of a loop, in order: wait, read, step handshakes, run tasks, fire timers, flush,
/// bury. And what of it another thread does in a turn that it takes while the loop sleeps: run
/// tasks, flush, bury.
#include "net/loop_state.h"
#include "net/turn_scope.h"

#include <algorithm>
#include <array>
#include <limits>
#include <mutex>
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

void loop_state::lend_turn(int patience_ms) {
  sleeps_until_ms_ = patience_ms < 0 ? timer_wheel<alarm>::never : now_ms_ + patience_ms;
  lent_ns_ = 0;
  sleeps_ = true;
  turn_.unlock();
}

void loop_state::take_back_turn() {
  turn_.lock();
  sleeps_ = false;
}

void loop_state::iterate() {
  std::array<epoll_event, events_per_wait> events;
  const int patience = wait_ms();
  const std::int64_t asleep_ns = patience == 0 ? 0 : steady_ns();
  if (patience != 0) lend_turn(patience);
  const int count = ::epoll_wait(epoll_.get(), events.data(), events_per_wait, patience);
  if (patience != 0) take_back_turn();
  const std::int64_t now_ns = steady_ns();
  now_ms_ = now_ns / 1'000'000;
  rest_.note(patience == 0 ? 0 : now_ns - asleep_ns - lent_ns_, now_ns);
  read_ready();
  for (int i = 0; i < count; ++i) {
    dispatch(events[static_cast<std::size_t>(i)].data.u64,
             events[static_cast<std::size_t>(i)].events);
  }
  step_handshakes();
  run_tasks();
  fire_timers();
  handler_.on_iteration_end();
  flush_dirty(writer_);
  finish_closing();
  counters.iterations.add();
}

void loop_state::post_brief(std::function<void()> task) {
  turn_scope* const scope = turn_scope::current();
  if (scope == nullptr || !scope->note(*this)) return tasks_.post(std::move(task));
  tasks_.put_brief(std::move(task));
}

/// For another thread. Events that epoll has given to the loop's thread meanwhile wait for the end
/// of it; they hold ids.
void loop_state::take_turn() {
  const std::unique_lock turn(turn_, std::try_to_lock);
  if (!turn || !sleeps_ || !tasks_.take_brief(running_tasks_)) return tasks_.wake();
  const std::int64_t begun_ns = steady_ns();
  now_ms_ = begun_ns / 1'000'000;
  run_taken_tasks();
  handler_.on_iteration_end();
  if (dirty_.size() <= most_flushed_for_a_sleeper) {
    flush_dirty(guest_writer_);
    finish_closing();
  }
  counters.lent_turns.add();
  lent_ns_ += steady_ns() - begun_ns;
  // Whether the loop may go on sleeping, and as long as it meant to.
  const int patience = wait_ms();
  if (patience == 0 || (patience > 0 && now_ms_ + patience < sleeps_until_ms_)) tasks_.interrupt();
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
  run_taken_tasks();
}

void loop_state::run_taken_tasks() {
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
void loop_state::write_lone_records(record_writer& writer) {
  // Its own in portions: their connections are still in the cache when they are settled.
  const std::size_t at_once = shares(working_.size()) ? working_.size() : sealed_at_once;
  for (const connection_id id : working_) {
    connection* c = find(id);
    if (c == nullptr) continue;
    record_write w = c->lone_record();
    if (w.record.empty()) continue;
    lenders_.push_back(c);
    lent_.push_back(std::move(w));
    if (lent_.size() == at_once) write_lent(writer);
  }
  write_lent(writer);
}

void loop_state::write_lent(record_writer& writer) {
  if (shares(lent_.size())) {
    helper_->write_all(lent_, writer);
  } else {
    writer.write(lent_);
  }
  for (std::size_t i = 0; i < lent_.size(); ++i) {
    if (!lenders_[i]->settle(lent_[i])) lenders_[i]->flushed();
  }
  lenders_.clear();
  lent_.clear();
}

void loop_state::flush_dirty(record_writer& writer) {
  working_.clear();
  working_.swap(dirty_);
  write_lone_records(writer);
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
  const std::lock_guard turn(turn_);
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
  flush_dirty(writer_);
  for_each([](connection& c) {
    c.close_with(close_reason::by_us, "this side is shutting down", false);
    c.flush_first_ = false;
  });
  while (!closing_.empty()) finish_closing();
}

}  // namespace conclave::net
