/// The two loops.
#include "bench/talk_crowd.h"

#include <algorithm>
#include <chrono>

namespace conclave::bench {

namespace {
/// A high rate is said in handfuls.
constexpr std::uint64_t shortest_sleep_ns = 100'000;
constexpr std::size_t fewest_compared = 512;  ///< messages of a speaker
}  // namespace

talk_crowd::talk_crowd(crowd_settings settings, std::vector<account> accounts,
                       std::vector<room_plan> plans, std::size_t body_size, const pace& p)
    : room_crowd(std::move(settings), std::move(accounts), std::move(plans), body_size,
                 std::max<std::size_t>(std::size_t{p.window} * 4, fewest_compared)),
      pace_(p) {
  for (std::size_t i = 0; i < rooms_.size(); ++i) {
    first_voice_.push_back(voices_.size());
    for (std::size_t who = 0; who < rooms_[i].plan.speakers.size(); ++who) {
      voices_.push_back({static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(who), {}, 0});
    }
  }
}

talk_crowd::~talk_crowd() {
  join();
}

void talk_crowd::begin_at(std::uint64_t start_ns, std::uint64_t part, std::uint64_t parts) {
  reactor_.post([this, start_ns, part, parts] {
    if (pace_.rate > 0) schedule_ = schedule(pace_.rate, start_ns, part, parts);
  });
}

std::uint64_t talk_crowd::overdue() const {
  std::uint64_t sum = 0;
  for (const voice& v : voices_) sum += v.due.size();
  return sum;
}

talk_crowd::voice& talk_crowd::voice_of(const room& r, std::uint32_t who) {
  return voices_[first_voice_[static_cast<std::size_t>(&r - rooms_.data())] + who];
}

void talk_crowd::on_begin() {
  if (pace_.rate > 0) return say_due();
  for (voice& v : voices_) {
    for (std::uint32_t i = 0; i < pace_.window && may_go_on(); ++i) {
      say(rooms_[v.room], v.speaker, now_ns());
    }
  }
}

/// What was due and never said would have taken longer than until now: so much counts.
void talk_crowd::on_end() {
  const std::uint64_t now = now_ns();
  for (const voice& v : voices_) {
    const std::uint32_t listeners = rooms_[v.room].listeners;
    for (const std::uint64_t due : v.due) {
      if (!due_when_measured(due)) continue;
      now_.ack.record(now - due);
      now_.deliver.record(now - due, listeners);
      if (listeners > 1) now_.reach.record(now - due);
    }
  }
}

/// Comes back by itself when the next one is due.
void talk_crowd::say_due() {
  if (phase_ != phase::sending) return;
  const std::uint64_t now = now_ns();
  while (const auto due = schedule_.take(now)) {
    voice& v = voices_[next_voice_];
    next_voice_ = (next_voice_ + 1) % voices_.size();
    // Behind those that wait already: each speaker's numbers are said in order.
    v.due.push_back(*due);
    go_on(v);
  }
  const std::chrono::nanoseconds next(std::max(schedule_.next_due(), now + shortest_sleep_ns));
  reactor_.at(std::chrono::steady_clock::time_point(next), [this] { say_due(); });
}

void talk_crowd::go_on(voice& v) {
  while (!v.due.empty() && v.open < pace_.window && phase_ == phase::sending) {
    if (!say(rooms_[v.room], v.speaker, v.due.front())) return;
    ++v.open;
    v.due.pop_front();
  }
}

void talk_crowd::on_said(room& r, std::uint32_t who, std::uint64_t, event_seq) {
  if (pace_.rate > 0) {
    voice& v = voice_of(r, who);
    --v.open;
    return go_on(v);
  }
  if (phase_ == phase::sending && may_go_on()) say(r, who, now_ns());
}

void talk_crowd::on_refused(room& r, std::uint32_t who) {
  if (pace_.rate > 0) {
    voice& v = voice_of(r, who);
    --v.open;
    return go_on(v);
  }
  // Too busy, it says: the window gets smaller for a moment, not for good.
  const auto index = static_cast<std::size_t>(&r - rooms_.data());
  reactor_.after(std::chrono::milliseconds(100), [this, index, who] {
    if (phase_ == phase::sending && may_go_on()) say(rooms_[index], who, now_ns());
  });
}

}  // namespace conclave::bench
