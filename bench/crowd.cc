/// Logging in, the book of open requests, and the counters. What the users say is in the scenarios.
#include "bench/crowd.h"

#include <algorithm>
#include <utility>

namespace conclave::bench {

namespace {

client::reactor_options named() {
  client::reactor_options o;
  o.client_name = "conclave-bench/" CONCLAVE_VERSION;
  return o;
}

}  // namespace

crowd::crowd(crowd_settings settings, std::vector<account> accounts)
    : settings_(std::move(settings)),
      accounts_(std::move(accounts)),
      callers_(accounts_.size()),
      reactor_(*this, named()) {}

crowd::~crowd() {
  join();
}

void crowd::start() {
  reactor_.post([this] {
    for (person& c : callers_) c.next_client_seq = wall_us();
    const std::size_t first = std::min(settings_.opening_at_once, accounts_.size());
    while (next_to_open_ < first) open(next_to_open_++);
    if (accounts_.empty()) on_everybody_logged_in();
  });
  thread_ = std::thread([this] { reactor_.run(); });
}

void crowd::join() {
  if (!thread_.joinable()) return;
  reactor_.post([this] { reactor_.stop(); });
  thread_.join();
}

void crowd::begin_sending() {
  reactor_.post([this] {
    phase_ = phase::sending;
    on_begin();
  });
}

void crowd::begin_measuring() {
  reactor_.post([this] {
    measuring_ = true;
    measured_from_ns_ = now_ns();
    now_ = {};
  });
}

void crowd::cut() {
  reactor_.post([this] {
    if (!measuring_) return;
    seconds_.push_back(now_);
    now_ = {};
  });
}

void crowd::stop_sending() {
  reactor_.post([this] {
    measuring_ = false;
    measured_to_ns_ = now_ns();
    figures rest;  // Since the last second was cut: its rates are nobody's.
    rest.ack = now_.ack;
    rest.deliver = now_.deliver;
    rest.reach = now_.reach;
    now_ = rest;
    on_end();
    phase_ = phase::stopping;
    check_quiet();
  });
}

void crowd::check_quiet() {
  if (phase_ == phase::stopping && !drained_ && is_quiet()) drained_ = true;
}

void crowd::open(std::size_t index) {
  callers_[index].leaving = false;
  callers_[index].link = connect(index);
}

client::session_ref crowd::connect(std::size_t index) {
  return reactor_.open(settings_.server, settings_.tls, accounts_[index].token, index);
}

void crowd::leave(std::size_t index) {
  callers_[index].leaving = true;
  reactor_.close(callers_[index].link);
}

void crowd::on_ready(client::session_ref s, const logged_in& who, const welcome&) {
  person& c = callers_[s.context];
  c.user = who.user;
  c.device = who.device;
  c.ready = true;
  c.tries = 0;
  ++online_;
  on_logged_in(s.context);
  if (phase_ != phase::connecting) return;
  if (next_to_open_ < accounts_.size()) {
    open(next_to_open_++);
  } else if (online_ == accounts_.size()) {
    on_everybody_logged_in();
  }
}

void crowd::on_answer(client::session_ref s, std::uint64_t correlation, const frame_view& answer) {
  person& c = callers_[s.context];
  if (correlation > c.slots.size() || c.slots[correlation - 1].what == 0) {
    return fault("wrong_answer", "to nothing that was asked");
  }
  const request_slot asked = c.slots[correlation - 1];
  give_back(c, correlation);
  if (answer.header.type == frame_type::error) {
    const auto error = decode<error_answer>(answer.payload);
    if (!error) return break_off("error_answer", "an ERROR that cannot be read");
    return on_refusal(s.context, asked, *error);
  }
  on_reply(s.context, asked, answer);
}

void crowd::on_refusal(std::size_t, const request_slot&, const error_answer& error) {
  const std::string words = std::string(error.error_name) + ": " + std::string(error.text);
  if (error.kind != error_class::retry) return break_off("error_answer", words);
  if (measuring_) ++now_.refused;
}

void crowd::on_closed(client::session_ref s, const client::end_of_session& end) {
  person& c = callers_[s.context];
  if (c.ready) --online_;
  c.ready = false;
  if (c.leaving) {
    c.slots.clear();
    c.free.clear();
    c.open = 0;
    return on_left(s.context);
  }
  if (drained_) return;
  constexpr std::uint8_t most_tries = 5;
  const bool timed_out = end.reason == net::close_reason::handshake_timeout ||
                         end.reason == net::close_reason::handshake_failed ||
                         end.code == errc::handshake_timeout;
  if (!end.was_ready && timed_out && c.tries < most_tries && !broken_) {
    ++c.tries;
    ++retried_;
    const std::size_t index = s.context;
    // Not from inside the end of the one before.
    return reactor_.post([this, index] { open(index); });
  }
  break_off("connection_lost",
            "caller " + std::to_string(s.context) + ": " + end.detail +
                (end.code == errc::ok ? "" : " (" + std::string(name_of(end.code)) + ")"));
}

void crowd::break_off(const std::string& kind, const std::string& example) {
  fault(kind, example);
  broken_ = true;
}

std::uint64_t crowd::take_slot(person& c, const request_slot& asked) {
  if (c.free.empty()) {
    if (c.slots.size() >= max_slots) return 0;
    c.free.push_back(static_cast<std::uint16_t>(c.slots.size()));
    c.slots.emplace_back();
  }
  const std::uint16_t place = c.free.back();
  c.free.pop_back();
  c.slots[place] = asked;
  ++c.open;
  return place + std::uint64_t{1};
}

void crowd::give_back(person& c, std::uint64_t correlation) {
  c.slots[correlation - 1].what = 0;
  c.free.push_back(static_cast<std::uint16_t>(correlation - 1));
  --c.open;
}

void crowd::count_ack(std::uint64_t since_ns) {
  acked_.store(acked_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  if (measuring_) ++now_.acked;
  if (due_when_measured(since_ns)) now_.ack.record(now_ns() - since_ns);
}

void crowd::count_delivery(std::uint64_t since_ns, bool fetched) {
  delivered_.store(delivered_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  if (measuring_) ++now_.delivered;
  if (measuring_ && fetched) ++now_.fetched;
  if (due_when_measured(since_ns)) now_.deliver.record(now_ns() - since_ns);
}

}  // namespace conclave::bench
