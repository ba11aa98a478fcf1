/// The course of a talk: gather, warm up, measure, drain. On the one thread of the event_loop.
#include "bench/peers/talk.h"

#include "bench/clock.h"
#include "bench/peers/talk_member.h"

#include <algorithm>

namespace conclave::bench::peers {

namespace {

constexpr std::uint64_t second = 1'000'000'000;
constexpr std::size_t logins_at_once = 32;

std::uint64_t in_ns(double seconds) {
  return static_cast<std::uint64_t>(seconds * 1e9);
}

}  // namespace

talk::talk(const broker& b, const run_options& options, std::string run, bool group)
    : broker_(b),
      options_(options),
      run_(std::move(run)),
      group_(group),
      rooms_(group ? 1 : options.pairs),
      payload_(options.body) {
  const std::size_t per_room = group ? options.members : 2;
  for (std::size_t i = 0; i < rooms_.size(); ++i) {
    rooms_[i].speaker = i * per_room;
    rooms_[i].listeners = static_cast<std::uint32_t>(group ? per_room : 1);
    for (std::size_t k = 0; k < per_room; ++k) {
      role who;
      who.run = run_;
      who.room = i;
      who.member = members_.size();
      who.speaks = k == 0;
      who.listens = group || k != 0;
      who.fan_out = group;
      who.prepares = members_.empty();
      members_.push_back(std::make_unique<member>(*this, std::move(who)));
    }
  }
}

talk::~talk() = default;

int talk::run() {
  if (!gather()) {
    std::fprintf(stderr, "Only %zu of %zu could log in. %s\n", ready_, members_.size(),
                 first_refusal_.c_str());
    return 3;
  }
  const auto never = [this] { return refused_ > 0; };
  broker_.loop.run_until(now_ns() + second / 2, never);
  const std::uint64_t start = now_ns() + 20'000'000;
  measure_from_ns_ = start + in_ns(options_.warmup);
  measure_to_ns_ = measure_from_ns_ + in_ns(options_.seconds);
  if (options_.rate > 0) schedule_ = schedule(options_.rate, start);
  sending_ = true;
  if (options_.rate <= 0) {
    for (room& r : rooms_) {
      for (std::size_t i = 0; i < options_.window; ++i) say(r, now_ns());
    }
  }
  const auto each = [this] { turn(); };
  broker_.loop.run_until(measure_from_ns_, never, each);
  from_ = mark_of(options_.server_pid);
  measuring_ = true;
  broker_.loop.run_until(measure_to_ns_, never, each);
  measuring_ = false;
  sending_ = false;
  to_ = mark_of(options_.server_pid);
  const bool drained =
      broker_.loop.run_until(now_ns() + 20 * second, [this] { return refused_ > 0 || quiet(); });
  // Duplicates would come late.
  broker_.loop.run_until(now_ns() + second / 5, never);
  const int code = tell(drained && refused_ == 0);
  for (auto& m : members_) m->leave();
  return code;
}

bool talk::gather() {
  open(0);
  return broker_.loop.run_until(
             now_ns() + 60 * second, [this] { return ready_ == members_.size() || refused_ > 0; },
             [this] {
               if (ready_ == 0) return;
               while (opened_ < members_.size() && opened_ - ready_ < logins_at_once) {
                 open(opened_);
               }
             }) &&
         refused_ == 0;
}

void talk::open(std::size_t index) {
  members_[index]->open(broker_);
  opened_ = index + 1;
}

void talk::turn() {
  if (!sending_ || options_.rate <= 0) return;
  const std::uint64_t now = now_ns();
  say_due(now);
  // A high rate is served in handfuls.
  broker_.loop.wake_at(std::max(schedule_.next_due(), now + 100'000));
}

void talk::say_due(std::uint64_t now) {
  while (const auto due = schedule_.take(now)) {
    room& r = rooms_[next_room_];
    next_room_ = (next_room_ + 1) % rooms_.size();
    r.due.push_back(*due);
    go_on(r);
  }
}

void talk::go_on(room& r) {
  while (!r.due.empty() && r.open < options_.window && sending_) {
    say(r, r.due.front());
    r.due.pop_front();
  }
}

void talk::say(room& r, std::uint64_t due_ns) {
  const auto index = static_cast<std::uint64_t>(&r - rooms_.data());
  payload_.write(body_, {index, r.next, due_ns});
  r.under_way.push_back(
      {due_ns, r.listeners, false, due_ns >= measure_from_ns_ && due_ns < measure_to_ns_});
  ++r.next;
  ++r.open;
  members_[r.speaker]->publish(body_);
}

void talk::acked(room& r, std::uint64_t number) {
  if (number >= r.next) {
    ++corrupt_;
    return;
  }
  if (number < r.oldest) return;
  said& s = r.under_way[number - r.oldest];
  if (s.acked) return;
  s.acked = true;
  if (measuring_) ++acked_;
  if (s.counts) ack_.record(now_ns() - s.due_ns);
  forget_finished(r);
  free_slot(r);
}

void talk::free_slot(room& r) {
  --r.open;
  if (options_.rate > 0) return go_on(r);
  if (sending_) say(r, now_ns());
}

void talk::forget_finished(room& r) {
  while (!r.under_way.empty() && r.under_way.front().acked && r.under_way.front().missing == 0) {
    r.under_way.pop_front();
    ++r.oldest;
  }
}

void talk::delivered(member& who, std::string_view body) {
  room& r = rooms_[who.room()];
  payload::fields f;
  if (!payload_.read(body, f) || f.sender != who.room() || f.number >= r.next) {
    ++corrupt_;
    return;
  }
  if (!who.check().take(f.number)) return;
  said& s = r.under_way[f.number - r.oldest];
  const std::uint64_t now = now_ns();
  if (measuring_) ++delivered_;
  if (s.counts) deliver_.record(now - s.due_ns);
  if (--s.missing != 0) return;
  if (s.counts && group_) all_.record(now - s.due_ns);
  if (!members_[r.speaker]->acknowledges()) {
    s.acked = true;
    forget_finished(r);
    return free_slot(r);
  }
  forget_finished(r);
}

bool talk::quiet() const {
  return std::all_of(rooms_.begin(), rooms_.end(),
                     [](const room& r) { return r.under_way.empty(); });
}

}  // namespace conclave::bench::peers
