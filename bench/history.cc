/// The scenario `history`: K users were absent while E events happened in their conversation; they
/// come back and read it all, over and over, each time from the beginning. Main thread; the crowd
/// has its own.
#include "bench/provision.h"
#include "bench/room_crowd.h"
#include "bench/scenarios.h"
#include "bench/stage.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>

namespace conclave::bench {

namespace {

constexpr std::uint32_t window = 64;

/// In each room place 0 fills; all others are the absent, who leave once the room is founded.
class history_crowd final : public room_crowd {
 public:
  history_crowd(crowd_settings settings, std::vector<account> accounts,
                std::vector<room_plan> plans, std::size_t body, std::uint64_t events)
      : room_crowd(std::move(settings), std::move(accounts), std::move(plans), body, 256),
        events_(events),
        began_ns_(accounts_.size()) {}
  ~history_crowd() override { join(); }

 private:
  void on_all_rooms_open() override {
    for (room& r : rooms_) {
      for (std::size_t i = 1; i < r.places.size(); ++i) leave(r.places[i].caller);
      if (r.places.size() == 1) return break_off("not_founded", "nobody is absent");
    }
  }

  void on_left(std::size_t index) override {
    room_crowd::on_left(index);
    if (phase_ == phase::stopping) return;
    if (phase_ == phase::sending) return come_back(index);
    ++gone_;
    if (gone_ != accounts_.size() - rooms_.size()) return;
    for (room& r : rooms_) {
      for (std::uint32_t i = 0; i < std::min<std::uint64_t>(window, events_); ++i) {
        say(r, 0, now_ns());
      }
    }
  }

  void on_said(room& r, std::uint32_t, std::uint64_t, event_seq) override {
    if (r.speakers[0].said < events_) {
      say(r, 0, now_ns());
    } else if (callers_[r.plan.callers.front()].open == 0 && ++filled_rooms_ == rooms_.size()) {
      say_ready();
    }
  }
  void on_refused(room& r, std::uint32_t) override {
    break_off("error_answer",
              "the node would not take the messages to fill room " + std::to_string(r.number));
  }

  void on_begin() override {
    for (room& r : rooms_) {
      for (std::size_t i = 1; i < r.places.size(); ++i) come_back(r.places[i].caller);
    }
  }

  /// As a device that knows nothing yet.
  void come_back(std::size_t index) {
    for (room& r : rooms_) {
      const std::size_t where = place_of(r, static_cast<std::uint32_t>(index));
      if (where == r.places.size()) continue;
      seat fresh;
      fresh.user = callers_[index].user;
      r.places[where].at = std::move(fresh);
    }
    began_ns_[index] = now_ns();
    open(index);
  }

  void on_logged_in(std::size_t index) override {
    if (phase_ != phase::connecting) catch_up(index);
  }

  void on_heard(room& r, std::size_t where, const verifier::arrival& what) override {
    if (what.seq.value != r.last_ack) return;
    // He has it all: a catch-up is over.
    const std::size_t index = r.places[where].caller;
    if (measuring_) {
      ++now_.acked;
      now_.ack.record(now_ns() - began_ns_[index]);
    }
    acked_.store(acked_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    // Not from inside the page that is being read.
    reactor_.post([this, index] {
      if (phase_ == phase::sending) leave(index);
    });
  }

  std::uint64_t events_;
  std::vector<std::uint64_t> began_ns_;
  std::size_t gone_ = 0;
  std::size_t filled_rooms_ = 0;
};

class history_scenario final : public scenario {
 public:
  std::string name() const override { return "history"; }
  std::string summary() const override {
    return "users who come back after an absence and read what they missed";
  }

  void add_options(CLI::App& command) override {
    command.add_option("--readers", readers_, "users who come back")
        ->capture_default_str()
        ->check(CLI::Range(1, 10'000));
    command.add_option("--events", events_, "events that each of them missed")
        ->capture_default_str()
        ->check(CLI::Range(1, 10'000'000));
    command.add_option("--rooms", rooms_, "conversations; each reader is in one")
        ->capture_default_str()
        ->check(CLI::Range(1, 1'000));
    command.add_option("--body", body_, "bytes of a message's body")
        ->capture_default_str()
        ->check(CLI::Range(48, 65'536));
  }

  outcome<report> run(const target& t) override {
    const auto settings = settings_for(t);
    if (!settings) return failure(settings.error());
    const std::size_t rooms = std::min(rooms_, readers_);
    auto accounts = provision(t, readers_ + rooms);
    if (!accounts) return std::move(accounts).error();
    std::vector<room_plan> plans(rooms);
    for (std::size_t i = 0; i < rooms; ++i) {
      plans[i].number = i + 1;
      plans[i].callers = {static_cast<std::uint32_t>(i)};
      plans[i].speakers = plans[i].callers;
    }
    for (std::size_t i = 0; i < readers_; ++i) {
      plans[i % rooms].callers.push_back(static_cast<std::uint32_t>(rooms + i));
    }
    report r(name());
    r.option("readers", std::to_string(readers_));
    r.option("events", std::to_string(events_));
    r.option("rooms", std::to_string(rooms));
    r.option("body", std::to_string(body_));
    stage s(t, r);
    s.add(std::make_unique<history_crowd>(*settings, std::move(*accounts), std::move(plans), body_,
                                          events_));
    if (s.gather(std::chrono::milliseconds(60'000 + events_ * rooms / 5))) {
      s.rehearse();
      s.measure();
      s.drain();
      s.tell_rates("catch_ups", "events");
      s.tell_latencies("connect_to_caught_up", {});
      s.tell_costs("event", s.sum().delivered);
      s.tell_series(stage::latency::ack);
    }
    s.tell_faults();
    return r;
  }

 private:
  std::size_t readers_ = 20;
  std::uint64_t events_ = 10'000;
  std::size_t rooms_ = 4;
  std::size_t body_ = 160;
};

}  // namespace

std::unique_ptr<scenario> make_history_scenario() {
  return std::make_unique<history_scenario>();
}

}  // namespace conclave::bench
