/// The scenario `mixed`: a day in a company, compressed. Few large rooms and many small ones
/// (Zipf), people who type before they speak and mark what they have read, and reconnect storms: a
/// part of everybody loses the connection at once, comes back, and catches up. Main thread; the
/// crowd has its own.
#include "bench/provision.h"
#include "bench/scenarios.h"
#include "bench/stage.h"
#include "bench/talk_crowd.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <random>

namespace conclave::bench {

namespace {

struct company {
  std::size_t users = 200;
  std::size_t rooms = 100;
  std::size_t speakers = 8;
  double storm_every_s = 5;
  double storm_part = 0.2;
};

class mixed_crowd final : public talk_crowd {
 public:
  mixed_crowd(crowd_settings settings, std::vector<account> accounts, std::vector<room_plan> plans,
              std::size_t body, const pace& p, const company& c)
      : talk_crowd(std::move(settings), std::move(accounts), std::move(plans), body, p),
        company_(c) {}
  ~mixed_crowd() override { join(); }

  // -- after join()
  std::uint64_t reconnects() const { return reconnects_; }
  std::uint64_t typed() const { return typed_; }
  std::uint64_t marked() const { return marked_; }

 private:
  enum : std::uint8_t { soft = other };
  static constexpr std::size_t watched_rooms = 2;
  /// One in so many messages that arrive is marked as read at once.
  static constexpr std::uint64_t marks_one_in = 8;

  void on_all_rooms_open() override {
    for (std::size_t i = 0; i < callers_.size(); ++i) watch_rooms(i);
    talk_crowd::on_all_rooms_open();
  }

  void on_logged_in(std::size_t index) override {
    talk_crowd::on_logged_in(index);
    if (phase_ != phase::connecting) watch_rooms(index);
  }

  void watch_rooms(std::size_t index) {
    std::size_t watched = 0;
    for (room& r : rooms_) {
      if (watched == watched_rooms) return;
      if (place_of(r, static_cast<std::uint32_t>(index)) == r.places.size()) continue;
      watch message;
      message.conversation = r.id;
      message.ttl_ms = 300'000;
      ask(index, {soft, 0, 0, now_ns()}, message);
      ++watched;
    }
  }

  void on_begin() override {
    talk_crowd::on_begin();
    storm();
  }

  void storm() {
    if (phase_ != phase::sending || company_.storm_every_s <= 0) return;
    reactor_.after(
        std::chrono::milliseconds(static_cast<std::int64_t>(company_.storm_every_s * 1000)),
        [this] {
          if (phase_ != phase::sending) return;
          // Only who has nothing under way: what an unanswered request became is not judged here.
          for (std::size_t i = 0; i < callers_.size(); ++i) {
            if (chance_(random_) >= company_.storm_part) continue;
            if (callers_[i].ready && !callers_[i].leaving && callers_[i].open == 0) leave(i);
          }
          storm();
        });
  }

  void on_left(std::size_t index) override {
    talk_crowd::on_left(index);
    ++reconnects_;
    open(index);
  }

  void on_said(room& r, std::uint32_t who, std::uint64_t number, event_seq seq) override {
    talk_crowd::on_said(r, who, number, seq);
    const std::uint32_t index = r.plan.speakers[who];
    if (phase_ != phase::sending || !may_ask(callers_[index])) return;
    typing message;
    message.conversation = r.id;
    message.stopped = number % 2 == 0;
    if (ask(index, {soft, 0, 0, now_ns()}, message)) ++typed_;
  }

  void on_heard(room& r, std::size_t where, const verifier::arrival& what) override {
    const std::uint32_t index = r.places[where].caller;
    if (phase_ != phase::sending || ++heard_ % marks_one_in != 0 || !may_ask(callers_[index])) {
      return;
    }
    mark_read message;
    message.conversation = r.id;
    message.seq = what.seq;
    if (ask(index, {soft, 0, 0, now_ns()}, message)) ++marked_;
  }

  void on_refusal(std::size_t index, const request_slot& asked,
                  const error_answer& error) override {
    if (asked.what == soft && error.kind == error_class::retry) {
      if (measuring_) ++now_.refused;
      return;
    }
    talk_crowd::on_refusal(index, asked, error);
  }

  void on_typing(client::session_ref, const typing_push&) override {
    if (measuring_) ++now_.soft;
  }
  void on_read_by(client::session_ref, const read_by_push&) override {
    if (measuring_) ++now_.soft;
  }

  company company_;
  std::mt19937_64 random_{1};
  std::uniform_real_distribution<double> chance_{0, 1};
  std::uint64_t heard_ = 0;
  std::uint64_t reconnects_ = 0;
  std::uint64_t typed_ = 0;
  std::uint64_t marked_ = 0;
};

/// Sizes fall like 1 / rank; members are drawn at random, always in the same way.
std::vector<room_plan> found_company(const company& c) {
  std::mt19937_64 random{7};
  std::vector<std::uint32_t> everybody(c.users);
  for (std::uint32_t i = 0; i < c.users; ++i) everybody[i] = i;
  std::vector<room_plan> plans;
  for (std::size_t rank = 1; rank <= c.rooms; ++rank) {
    const std::size_t size = std::max<std::size_t>(2, c.users / rank);
    std::shuffle(everybody.begin(), everybody.end(), random);
    room_plan plan;
    plan.number = rank;
    plan.callers.assign(everybody.begin(), everybody.begin() + static_cast<std::ptrdiff_t>(size));
    const std::size_t speaking = std::min(c.speakers, size);
    plan.speakers.assign(plan.callers.begin(),
                         plan.callers.begin() + static_cast<std::ptrdiff_t>(speaking));
    plans.push_back(std::move(plan));
  }
  return plans;
}

class mixed_scenario final : public scenario {
 public:
  std::string name() const override { return "mixed"; }
  std::string summary() const override {
    return "a company: Zipf rooms, typing, read marks, reconnect storms";
  }

  void add_options(CLI::App& command) override {
    command.add_option("--users", company_.users, "people")
        ->capture_default_str()
        ->check(CLI::Range(2, 10'000));
    command.add_option("--rooms", company_.rooms, "conversations; sizes fall like users / rank")
        ->capture_default_str()
        ->check(CLI::Range(1, 10'000));
    command
        .add_option("--storm-every", company_.storm_every_s,
                    "seconds between reconnect storms; 0: none")
        ->capture_default_str();
    command.add_option("--storm-part", company_.storm_part, "how many of all it takes")
        ->capture_default_str()
        ->check(CLI::Range(0.0, 1.0));
    pace_.rate = 500;
    add_pace_options(command, pace_);
  }

  outcome<report> run(const target& t) override {
    const auto settings = settings_for(t);
    if (!settings) return failure(settings.error());
    auto accounts = provision(t, company_.users);
    if (!accounts) return std::move(accounts).error();
    report r(name());
    r.option("users", std::to_string(company_.users));
    r.option("rooms", std::to_string(company_.rooms));
    r.option("rate", std::to_string(pace_.rate));
    r.option("storm_every", std::to_string(company_.storm_every_s));
    r.option("storm_part", std::to_string(company_.storm_part));
    stage s(t, r);
    auto& crowd = s.add(std::make_unique<mixed_crowd>(
        *settings, std::move(*accounts), found_company(company_), 160, pace_, company_));
    if (s.gather(std::chrono::milliseconds(30'000 + 50 * company_.users))) {
      const std::uint64_t start = now_ns() + 20'000'000;
      crowd.begin_at(start, 0, 1);
      s.rehearse();
      s.measure();
      s.drain();
      s.tell_rates("acked", "delivered");
      s.tell_latencies("send_to_ack", "send_to_deliver");
      r.add("reconnects", static_cast<double>(crowd.reconnects()));
      r.add("typing_sent", static_cast<double>(crowd.typed()));
      r.add("read_marks_sent", static_cast<double>(crowd.marked()));
      r.add("soft_news_received", static_cast<double>(s.sum().soft));
      r.add("overdue_at_the_end", static_cast<double>(crowd.overdue()));
      s.tell_costs("message", s.sum().acked, "delivery", s.sum().delivered);
      s.tell_memory();
      s.tell_commits(s.sum().acked);
      s.tell_series(stage::latency::deliver);
    }
    s.tell_faults();
    return r;
  }

 private:
  company company_;
  pace pace_;
};

}  // namespace

std::unique_ptr<scenario> make_mixed_scenario() {
  return std::make_unique<mixed_scenario>();
}

}  // namespace conclave::bench
