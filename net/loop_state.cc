/// The slots of a loop, and what its connections ask of it.
#include "net/loop_state.h"

#include "schemas/check.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <mutex>
#include <sys/epoll.h>
#include <utility>

namespace conclave::net {

namespace {

constexpr std::uint64_t slot_bits = 24;
constexpr std::uint64_t slot_mask = (std::uint64_t{1} << slot_bits) - 1;
constexpr std::uint64_t token_mask = (std::uint64_t{1} << 56) - 1;

std::uint64_t token_of(connection_id id) {
  return id.value & token_mask;
}

/// A write to a socket that the peer has closed must be an error, not the end of the process.
void ignore_broken_pipes() {
  static std::once_flag once;
  std::call_once(once, [] { std::signal(SIGPIPE, SIG_IGN); });
}

/// Once, however often it is asked for.
void enlist(std::vector<connection_id>& list, connection_id id, bool& listed) {
  if (!std::exchange(listed, true)) list.push_back(id);
}

}  // namespace

loop_state::loop_state(event_loop& owner, std::uint8_t number, loop_handler& handler,
                       const loop_options& options)
    : owner_(owner),
      handler_(handler),
      options_(options),
      number_(number),
      now_ms_(steady_ns() / 1'000'000),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      writer_(options.io_uring),
      guest_writer_(false),
      alarms_(now_ms_),
      delayed_(now_ms_),
      read_buffer_(limits::read_budget_bytes),
      staging_(record_bytes) {
  ignore_broken_pipes();
  CONCLAVE_CHECK(epoll_.get() >= 0, "an event loop needs an epoll descriptor");
  epoll_event wake{};
  wake.events = EPOLLIN | EPOLLET;
  wake.data.u64 = make_token(token_kind::wake, 0);
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, tasks_.wake_fd(), &wake);
  if (options_.share_flush_from > 0) helper_ = std::make_unique<flush_helper>(options_.io_uring);
}

loop_state::~loop_state() {
  for (slot& s : slots_) delete s.occupant;
}

std::int64_t loop_state::steady_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void loop_state::update_now() {
  now_ms_ = steady_ns() / 1'000'000;
}

// -- slots
// -----------------------------------------------------------------------------------------

connection& loop_state::add_connection(std::uint32_t tag, std::shared_ptr<const tls_context> tls) {
  if (free_slots_.empty()) {
    CONCLAVE_CHECK(slots_.size() < slot_mask, "a loop has at most 2^24 connections");
    free_slots_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t index = free_slots_.back();
  free_slots_.pop_back();
  slot& s = slots_[index];
  const connection_id id{static_cast<std::uint64_t>(number_) << 56 |
                         static_cast<std::uint64_t>(s.generation) << slot_bits | index};
  s.occupant = new connection(*this, id, tag, std::move(tls));
  counters.connections.add();
  return *s.occupant;
}

connection* loop_state::find(connection_id id) {
  const std::uint64_t index = id.value & slot_mask;
  if (id.value >> 56 != number_ || index >= slots_.size()) return nullptr;
  const slot& s = slots_[index];
  const auto generation = static_cast<std::uint32_t>(id.value >> slot_bits);
  return s.generation == generation ? s.occupant : nullptr;
}

void loop_state::for_each(const std::function<void(connection&)>& visit) {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].occupant != nullptr) visit(*slots_[i].occupant);
  }
}

/// The only place where a connection ends.
void loop_state::end(connection& c) {
  c.say_goodbye();
  const bool last_word = c.flush_first_ || c.reason_ == close_reason::handshake_failed;
  if (last_word && c.accepted_ && c.fd_.get() >= 0) {
    linger(std::move(c.fd_));
  } else {
    c.fd_.reset();  // which epoll notices by itself
  }
  counters.connections.subtract();
  if (c.reason_ == close_reason::handshake_failed || c.reason_ == close_reason::handshake_timeout) {
    counters.handshakes_failed.add();
  }
  if (c.reason_ == close_reason::malformed) counters.malformed.add();
  handler_.on_close(c, c.reason_, c.detail_);

  const auto index = static_cast<std::uint32_t>(c.id_.value & slot_mask);
  slots_[index].occupant = nullptr;
  if (++slots_[index].generation == 0) slots_[index].generation = 1;
  free_slots_.push_back(index);
  delete &c;
}

void loop_state::linger(unique_fd fd) {
  const int raw = fd.get();
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, raw, nullptr);
  if (!lingering_.add(std::move(fd), now_ms_)) return;
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = make_token(token_kind::lingering, static_cast<std::uint64_t>(raw));
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, raw, &event);
  if (!lingering_watched_) expect_lingering_end();
}

void loop_state::expect_lingering_end() {
  lingering_watched_ = true;
  after(std::chrono::milliseconds(lingering_sockets::patience_ms), [this] {
    lingering_.expire(now_ms_);
    lingering_watched_ = false;
    if (!lingering_.empty()) expect_lingering_end();
  });
}

// -- lists
// -----------------------------------------------------------------------------------------

void loop_state::list_dirty(connection& c) {
  enlist(dirty_, c.id_, c.dirty_listed_);
}

void loop_state::list_ready(connection& c) {
  enlist(ready_, c.id_, c.ready_listed_);
}

void loop_state::list_handshake(connection& c) {
  if (!std::exchange(c.handshake_listed_, true)) handshakes_.push(c.id_, now_ms_);
}

void loop_state::list_closing(connection& c) {
  enlist(closing_, c.id_, c.closing_listed_);
}

// -- epoll and timers
// --------------------------------------------------------------------------------

void loop_state::watch(connection& c) {
  if (c.fd_.get() < 0) return;
  const std::uint32_t wanted = c.wanted_events();
  if (c.watched_ && wanted == c.armed_events_) return;
  epoll_event event{};
  event.events = wanted;
  event.data.u64 = make_token(token_kind::connection, token_of(c.id_));
  const int operation = c.watched_ ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  if (::epoll_ctl(epoll_.get(), operation, c.fd_.get(), &event) != 0) {
    c.close_with(close_reason::io_error, "epoll refused: " + error_text(errno), false);
    return;
  }
  c.watched_ = true;
  c.armed_events_ = wanted;
}

void loop_state::set_alarm(connection& c) {
  const std::int64_t due = c.deadline_ms();
  if (due == timer_wheel<alarm>::never) return;
  if (c.alarm_ms_ != 0 && c.alarm_ms_ <= due) return;
  c.alarm_ms_ = due;
  alarms_.schedule(due, {c.id_, due});
}

void loop_state::after(std::chrono::milliseconds delay, std::function<void()> task) {
  update_now();
  delayed_.schedule(now_ms_ + delay.count(), std::move(task));
}

void loop_state::at(std::chrono::steady_clock::time_point due, std::function<void()> task) {
  if (exact_ == nullptr) {
    exact_ = std::make_unique<exact_timer>();
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    event.data.u64 = make_token(token_kind::exact_timer, 0);
    CONCLAVE_CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, exact_->fd(), &event) == 0,
                   "epoll takes a timerfd");
  }
  using std::chrono::nanoseconds;
  exact_->add(std::chrono::duration_cast<nanoseconds>(due.time_since_epoch()).count(),
              std::move(task));
}

// -- client connections
// ------------------------------------------------------------------------------

connection_id loop_state::connect(const std::string& address, std::uint16_t port,
                                  std::shared_ptr<const tls_context> tls,
                                  const std::string& server_name, std::uint32_t tag) {
  if (stopping_.load(std::memory_order_acquire)) return {};
  update_now();
  connection& c = add_connection(tag, std::move(tls));
  c.start_connecting(address, port, server_name);
  return c.id_;
}

}  // namespace conclave::net
