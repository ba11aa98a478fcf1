/// conversation_state against a model that is too simple to be wrong: a list of events, everything
/// else by replay. Random people do random things, resend at random, and the actor dies at random
/// with some of its drafts committed and the others lost.
#include "tests/support/conversation_driver.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <set>

namespace conclave::actors {
namespace {

using test::acme;
using test::conversation_driver;
using test::room;
using verb = conversation_verb;

struct asked_event {
  verb what{};
  std::uint64_t user = 0;
  std::uint64_t device = 0;
  std::uint64_t key = 0;
  std::vector<user_id> named;
  time_ms time = 0;
};

/// Everything that the rules promise, computed afresh from the events.
class model {
 public:
  std::vector<asked_event> events;

  std::set<std::uint64_t> members_after(std::size_t count) const {
    std::set<std::uint64_t> in;
    for (std::size_t i = 0; i < count; ++i) {
      const asked_event& e = events[i];
      if (e.what == verb::create) in.insert(e.user);
      for (const user_id u : e.named) {
        if (e.what == verb::remove_member)
          in.erase(u.value);
        else
          in.insert(u.value);
      }
    }
    return in;
  }
  std::set<std::uint64_t> members() const { return members_after(events.size()); }

  /// Members as of the event; a removal goes to the removed one too.
  std::set<std::uint64_t> recipients(std::size_t index) const {
    const bool removal = events[index].what == verb::remove_member;
    return members_after(removal ? index : index + 1);
  }

  bool was_member(std::uint64_t user) const {
    for (std::size_t i = 0; i < events.size(); ++i)
      if (recipients(i).contains(user)) return true;
    return false;
  }

  ruling judge(const asked_event& r) const {
    ruling verdict;
    if (r.what == verb::create) {
      if (events.empty()) return sequenced();
      if (events[0].user == r.user && events[0].key == r.key) return repeated(0);
      verdict.code = errc::already_exists;
      return verdict;
    }
    verdict.code = errc::not_found;
    if (!was_member(r.user)) return verdict;
    std::map<std::uint64_t, std::size_t> done;
    for (std::size_t i = 1; i < events.size(); ++i)
      if (events[i].user == r.user && events[i].device == r.device) done[events[i].key] = i;
    if (done.size() > sender_record::window) {
      const auto newest_lost = std::prev(done.end(), sender_record::window + 1);
      if (r.key <= newest_lost->first) {
        verdict.code = errc::resend_expired;
        return verdict;
      }
    }
    if (done.contains(r.key)) {
      if (says_the_same(events[done[r.key]], r)) return repeated(done[r.key]);
      verdict.code = errc::client_seq_reused;
      return verdict;
    }
    const auto in = members();
    if (!in.contains(r.user)) return verdict;
    const bool owner = events[0].user == r.user;
    if (r.what == verb::send) return sequenced();
    if (r.what == verb::add_members) {
      if (!owner) verdict.code = errc::forbidden;
      if (!owner) return verdict;
      const bool any_new = std::any_of(r.named.begin(), r.named.end(),
                                       [&](user_id u) { return !in.contains(u.value); });
      if (any_new) return sequenced();
      verdict.code = errc::already_exists;
      return verdict;
    }
    const std::uint64_t gone = r.named.front().value;
    if (gone != r.user && !owner) verdict.code = errc::forbidden;
    if (gone != r.user && !owner) return verdict;
    if (!in.contains(gone)) return verdict;
    if (gone == events[0].user && in.size() > 1) {
      verdict.code = errc::forbidden;
      return verdict;
    }
    return sequenced();
  }

 private:
  /// People to be added may be looked up by name: they are not among a request's own words.
  static bool says_the_same(const asked_event& first, const asked_event& again) {
    return first.what == again.what &&
           (first.what == verb::add_members || first.named == again.named);
  }
  ruling sequenced() const {
    ruling r;
    r.what = ruling::kind::sequenced;
    r.seq = event_seq{events.size() + 1};
    return r;
  }
  ruling repeated(std::size_t index) const {
    ruling r;
    r.what = ruling::kind::repeated;
    r.seq = event_seq{index + 1};
    r.time = events[index].time;
    return r;
  }
};

class walk {
 public:
  walk(std::uint32_t seed, std::uint64_t people, std::uint64_t devices)
      : random_(seed), people_(people), devices_(devices) {
    driver_.visibility = pick(2) == 0 ? history_visibility::all : history_visibility::since_joining;
    visibility_ = driver_.visibility;
  }

  void run(std::size_t steps) {
    for (std::size_t i = 0; i < steps && !::testing::Test::HasFatalFailure(); ++i) {
      const std::uint64_t what = pick(100);
      if (what < 80)
        ask();
      else if (what < 90)
        propose();
      else if (what < 96)
        commit(pick(in_flight_.size() + 1));
      else if (what < 98)
        learn();
      else
        die();
    }
    propose();
    commit(in_flight_.size());
    check_rows();
  }

  std::size_t expired() const { return expired_; }
  void stay() { long_ = true; }

 private:
  struct sent_draft {
    draft content;
    std::size_t events_before = 0;
  };

  std::uint64_t pick(std::uint64_t below) { return random_() % below; }

  asked_event any_request() {
    // Repeats come from what was done, from what was refused, and from old times.
    if (!model_.events.empty() && pick(4) == 0) {
      asked_event again = model_.events[pick(model_.events.size())];
      again.time = 0;
      return again;
    }
    asked_event r;
    r.user = 1 + pick(people_);
    r.device = 1 + pick(devices_);
    r.key = pick(8) == 0 ? 1 + pick(keys_ + 10) : keys_ + pick(3);
    keys_ += pick(2);
    const std::uint64_t kind = pick(20);
    r.what = kind < 14   ? verb::send
             : kind < 17 ? verb::add_members
             : kind < 19 ? verb::remove_member
                         : verb::create;
    if (r.what == verb::create) r.key = pick(3);
    const std::size_t named = r.what == verb::send            ? 0
                              : r.what == verb::remove_member ? 1
                                                              : 1 + pick(3);
    for (std::size_t i = 0; i < named; ++i) r.named.push_back(user_id{1 + pick(people_)});
    // In a long walk the owner stays, or it would end early.
    if (long_ && r.what == verb::remove_member && !model_.events.empty() &&
        r.named.front().value == model_.events[0].user) {
      r.what = verb::send;
      r.named.clear();
    }
    return r;
  }

  void ask() {
    const asked_event r = any_request();
    driver_.now += pick(5);
    if (pick(10) == 0) driver_.now -= std::min<time_ms>(driver_.now, pick(20));
    const ruling expected = model_.judge(r);
    const ruling got = driver_.ask(r.what, r.user, r.key, "text", r.named, r.device);
    ASSERT_EQ(got.what, expected.what) << "user " << r.user << " key " << r.key;
    if (got.what == ruling::kind::rejected) {
      ASSERT_EQ(got.code, expected.code) << name_of(got.code) << " " << name_of(expected.code);
      if (got.code == errc::resend_expired) ++expired_;
      return;
    }
    ASSERT_EQ(got.seq, expected.seq) << "dense, or the same as the first time";
    if (got.what == ruling::kind::repeated) {
      ASSERT_EQ(got.time, expected.time);
      return;
    }
    if (!model_.events.empty()) {
      ASSERT_GE(got.time, model_.events.back().time);
    }
    model_.events.push_back(r);
    asked_event& done = model_.events.back();
    done.time = got.time;
    if (r.what == verb::add_members) {
      const auto before = model_.members_after(model_.events.size() - 1);
      std::erase_if(done.named, [&](user_id u) { return before.contains(u.value); });
    }
    const auto members = model_.members();
    const auto& list = driver_.state().members()->users;
    ASSERT_EQ(std::set<std::uint64_t>(members), ids(list));
  }

  static std::set<std::uint64_t> ids(const std::vector<user_id>& users) {
    std::set<std::uint64_t> values;
    for (const user_id u : users) values.insert(u.value);
    return values;
  }

  void propose() {
    if (!driver_.state().has_draft()) return;
    sent_draft sent;
    sent.content = driver_.state().take_draft();
    sent.events_before = proposed_events_;
    const draft& d = sent.content;
    ASSERT_EQ(d.expected_version, proposed_events_);
    ASSERT_EQ(d.new_version, proposed_events_ + d.part.events.size());
    ASSERT_EQ(d.new_version, model_.events.size());
    std::size_t covered = 0;
    for (const auto& segment : d.part.segments) {
      ASSERT_EQ(segment.first_event, covered) << "segments cover the events in order";
      for (std::uint32_t e = 0; e < segment.event_count; ++e, ++covered)
        ASSERT_EQ(ids(segment.members->users), model_.recipients(proposed_events_ + covered));
    }
    ASSERT_EQ(covered, d.part.events.size());
    proposed_events_ += covered;
    in_flight_.push_back(std::move(sent));
  }

  void commit(std::size_t count) {
    for (; count > 0; --count) {
      driver_.rows.apply(in_flight_.front().content.redo);
      const auto& changes = in_flight_.front().content.changes;
      unlearnt_.insert(unlearnt_.end(), changes.begin(), changes.end());
      committed_events_ = in_flight_.front().content.new_version;
      in_flight_.pop_front();
    }
  }

  void learn() {
    while (!unlearnt_.empty() && pick(2) == 0) {
      driver_.state().index_learnt(unlearnt_.front().seq, unlearnt_.front().user);
      unlearnt_.erase(unlearnt_.begin());
    }
  }

  /// The actor dies: the writer still commits the first few drafts, the rest never happened.
  void die() {
    commit(pick(in_flight_.size() + 1));
    in_flight_.clear();
    model_.events.resize(committed_events_);
    proposed_events_ = committed_events_;
    driver_.reload();
    driver_.visibility = visibility_;
    ASSERT_EQ(driver_.state().head().value, committed_events_);
    ASSERT_EQ(ids(driver_.state().members()->users), model_.members());
    unlearnt_ = driver_.state().unfinished();
  }

  void check_rows() {
    std::uint64_t seq = 0;
    driver_.rows.each(table::event, acme, room.value,
                      [&](const keys::id_key& key, const std::string& value) {
                        ASSERT_EQ(key.second, ++seq);
                        const auto event = decode_event(value);
                        ASSERT_TRUE(event.ok());
                        ASSERT_EQ(event->sender.value, model_.events[seq - 1].user);
                        ASSERT_EQ(event->time, model_.events[seq - 1].time);
                      });
    ASSERT_EQ(seq, model_.events.size());
    driver_.rows.each(table::member, acme, room.value,
                      [&](const keys::id_key& key, const std::string& value) {
                        const auto row = *decode_record<member_record>(value);
                        ASSERT_EQ(row.is_member(), model_.members().contains(key.second));
                        if (row.spans.size() == max_member_spans)
                          return;  // the oldest may be closed
                        std::uint64_t last = 0;
                        for (std::size_t i = 0; i < seq; ++i)
                          if (model_.recipients(i).contains(key.second)) last = i + 1;
                        for (std::uint64_t s = 1; s <= seq; ++s) {
                          const bool expected = visibility_ == history_visibility::all
                                                    ? s <= last
                                                    : model_.recipients(s - 1).contains(key.second);
                          ASSERT_EQ(visible(row, event_seq{s}), expected)
                              << "user " << key.second << " seq " << s;
                        }
                      });
  }

  std::mt19937 random_;
  std::uint64_t people_;
  std::uint64_t devices_;
  conversation_driver driver_;
  history_visibility visibility_{};
  model model_;
  std::deque<sent_draft> in_flight_;
  std::vector<membership_change> unlearnt_;
  std::size_t proposed_events_ = 0;
  std::size_t committed_events_ = 0;
  std::uint64_t keys_ = 1;
  std::size_t expired_ = 0;
  bool long_ = false;
};

TEST(conversation_model, p2_p3_p4_hold_for_random_people_who_resend_and_an_actor_that_dies) {
  for (std::uint32_t seed = 1; seed <= 60 && !HasFatalFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    walk(seed, 6, 2).run(300);
  }
}

TEST(conversation_model, p3_holds_past_the_window_of_resends) {
  for (std::uint32_t seed = 1; seed <= 2 && !HasFatalFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    walk one(1000 + seed, 2, 1);
    one.stay();
    one.run(6000);
    EXPECT_GT(one.expired(), 10u) << "or the window was never left";
  }
}

}  // namespace
}  // namespace conclave::actors
