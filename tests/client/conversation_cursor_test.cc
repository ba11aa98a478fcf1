/// conversation_cursor: each rule by itself, then random networks that drop, repeat, reorder and
/// hint, at the end of which every event has come out once and in order.
#include "client/conversation_cursor.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <string>
#include <vector>

namespace conclave::client {
namespace {

using verdict = conversation_cursor::verdict;

TEST(conversation_cursor, the_next_event_is_delivered_and_an_earlier_one_dropped) {
  conversation_cursor cursor;
  EXPECT_EQ(cursor.on_event(event_seq{1}, "a").what, verdict::deliver);
  EXPECT_EQ(cursor.on_event(event_seq{1}, "a").what, verdict::drop);
  EXPECT_EQ(cursor.on_event(event_seq{2}, "b").what, verdict::deliver);
  EXPECT_EQ(cursor.cursor(), event_seq{2});
  EXPECT_TRUE(cursor.complete());
}

TEST(conversation_cursor, a_gap_is_fetched_once_and_the_early_event_comes_after_it) {
  conversation_cursor cursor(event_seq{5});
  const auto first = cursor.on_event(event_seq{8}, "eight");
  EXPECT_EQ(first.what, verdict::gap);
  EXPECT_EQ(first.fetch_from, event_seq{6});
  const auto second = cursor.on_event(event_seq{9}, "nine");
  EXPECT_EQ(second.what, verdict::gap);
  EXPECT_FALSE(second.fetch_from);
  EXPECT_EQ(cursor.on_page_event(event_seq{6}), verdict::deliver);
  EXPECT_EQ(cursor.on_page_event(event_seq{7}), verdict::deliver);
  EXPECT_TRUE(cursor.on_page_end(event_seq{0}, event_seq{7}));
  EXPECT_EQ(cursor.take_ready()->bytes, "eight");
  EXPECT_EQ(cursor.take_ready()->bytes, "nine");
  EXPECT_FALSE(cursor.take_ready());
  EXPECT_FALSE(cursor.missing().fetch_from);
  EXPECT_TRUE(cursor.complete());
}

TEST(conversation_cursor, an_own_ok_stands_in_the_place_of_its_event) {
  conversation_cursor cursor;
  EXPECT_EQ(cursor.on_own(event_seq{1}).what, verdict::deliver);
  EXPECT_EQ(cursor.on_own(event_seq{3}).what, verdict::gap);
  EXPECT_EQ(cursor.on_event(event_seq{2}, "b").what, verdict::deliver);
  const auto own = cursor.take_ready();
  ASSERT_TRUE(own);
  EXPECT_TRUE(own->own);
  EXPECT_EQ(own->seq, event_seq{3});
  EXPECT_EQ(cursor.on_event(event_seq{3}, "c").what, verdict::drop);
}

TEST(conversation_cursor, a_page_steps_over_what_is_not_for_us) {
  conversation_cursor cursor;
  EXPECT_EQ(cursor.on_head(event_seq{20}).fetch_from, event_seq{1});
  EXPECT_EQ(cursor.on_page_event(event_seq{12}), verdict::deliver);
  EXPECT_TRUE(cursor.on_page_end(event_seq{15}, event_seq{20}));
  EXPECT_EQ(cursor.cursor(), event_seq{14});
  EXPECT_EQ(cursor.missing().fetch_from, event_seq{15});
  EXPECT_TRUE(cursor.on_page_end(event_seq{0}, event_seq{20}));
  EXPECT_TRUE(cursor.complete());
}

TEST(conversation_cursor, it_remembers_what_a_page_stepped_over) {
  conversation_cursor c;
  c.on_head(event_seq{20});
  c.on_page_event(event_seq{3});
  c.on_page_event(event_seq{4});
  c.on_page_event(event_seq{8});
  c.on_page_end(event_seq{11}, event_seq{20});
  using stretches = std::vector<passed_stretches::stretch>;
  EXPECT_EQ(c.take_passed().all(), (stretches{{1, 2}, {5, 7}, {9, 10}}));
  EXPECT_TRUE(c.take_passed().empty());
  c.on_page_event(event_seq{11});
  c.on_page_end(event_seq{0}, event_seq{20});
  EXPECT_EQ(c.take_passed().all(), (stretches{{12, 20}}));
}

TEST(passed_stretches, grow_at_the_end_and_are_struck_off_from_the_beginning) {
  passed_stretches p;
  p.add(1, 4);
  p.add(5, 6);
  p.add(6, 9);
  p.add(0, 3);
  p.add(12, 10);
  p.add(20, 30);
  using stretches = std::vector<passed_stretches::stretch>;
  EXPECT_EQ(p.all(), (stretches{{1, 6}, {20, 30}}));
  EXPECT_TRUE(p.contains(6));
  EXPECT_FALSE(p.contains(7));
  EXPECT_EQ(p.first(), 1u);
  EXPECT_EQ(p.last(), 30u);
  p.drop_up_to(6);
  p.drop_up_to(24);
  EXPECT_EQ(p.all(), (stretches{{25, 30}}));
  p.drop_up_to(30);
  EXPECT_TRUE(p.empty());
  for (std::uint64_t i = 1; i <= 100; ++i) p.add(10 * i, 10 * i + 1);
  EXPECT_EQ(p.all().size(), passed_stretches::most);
  EXPECT_EQ(p.last(), 1001u);
}

TEST(conversation_cursor, an_empty_page_without_an_end_asks_the_caller_to_wait) {
  conversation_cursor cursor(event_seq{3});
  ASSERT_EQ(cursor.on_event(event_seq{6}, "six").fetch_from, event_seq{4});
  EXPECT_FALSE(cursor.on_page_end(event_seq{0}, event_seq{3}));
  EXPECT_FALSE(cursor.complete());
  EXPECT_EQ(cursor.missing().fetch_from, event_seq{4});
}

TEST(conversation_cursor, a_hint_that_the_node_takes_back_does_not_keep_asking) {
  conversation_cursor cursor(event_seq{3});
  ASSERT_TRUE(cursor.on_head(event_seq{9}).fetch_from);
  EXPECT_EQ(cursor.on_page_event(event_seq{4}), verdict::deliver);
  EXPECT_TRUE(cursor.on_page_end(event_seq{0}, event_seq{4}));
  EXPECT_TRUE(cursor.complete());
}

TEST(conversation_cursor, what_does_not_fit_the_buffer_is_fetched_instead) {
  conversation_cursor cursor;
  const std::uint64_t last = conversation_cursor::max_early + 50;
  for (std::uint64_t seq = 2; seq <= last; ++seq) cursor.on_event(event_seq{seq}, "x");
  EXPECT_EQ(cursor.known(), event_seq{last});
  EXPECT_EQ(cursor.on_event(event_seq{1}, "x").what, verdict::deliver);
  std::size_t kept = 0;
  while (cursor.take_ready()) ++kept;
  EXPECT_EQ(kept, conversation_cursor::max_early);
  cursor.on_reconnect();
  EXPECT_EQ(cursor.missing().fetch_from, event_seq{conversation_cursor::max_early + 2});
}

/// A network between a node that holds events 1..head and one client with a cursor.
class bad_network {
 public:
  explicit bad_network(std::uint64_t seed) : random_(seed) {}

  void run(std::uint64_t events) {
    for (std::uint64_t i = 0; i < events; ++i) {
      ++head_;
      push();
      while (chance(40)) step();
      if (chance(2)) reconnect();
    }
    // The node falls silent: a listing tells the head, then everything is answered.
    reconnect();
    for (int i = 0; i < 100'000 && (!cursor_.complete() || fetch_ != 0); ++i) step();
    ASSERT_EQ(delivered_.size(), head_);
    for (std::uint64_t i = 0; i < head_; ++i) ASSERT_EQ(delivered_[i], i + 1);
  }

 private:
  bool chance(unsigned percent) { return random_() % 100 < percent; }

  void push() {
    if (chance(10)) return;  // lost: the connection lagged
    const bool own = chance(20);
    flying_.push_back({head_, own});
    if (chance(10)) flying_.push_back({head_, own});
    if (chance(20) && flying_.size() > 1) {
      std::swap(flying_.back(), flying_[random_() % flying_.size()]);
    }
    if (chance(5)) hint(head_);
  }

  void step() {
    if (fetch_ != 0 && (flying_.empty() || chance(50))) return answer();
    if (flying_.empty()) {
      if (fetch_ == 0) ask(cursor_.missing());
      return;
    }
    const auto [seq, own] = flying_.front();
    flying_.pop_front();
    const auto ruling = own ? cursor_.on_own(event_seq{seq})
                            : cursor_.on_event(event_seq{seq}, std::to_string(seq));
    if (ruling.what == verdict::deliver) {
      delivered_.push_back(seq);
      drain();
    } else {
      ask(ruling);
    }
  }

  void hint(std::uint64_t head) { ask(cursor_.on_head(event_seq{head})); }

  void ask(conversation_cursor::ruling ruling) {
    if (!ruling.fetch_from) return;
    ASSERT_EQ(fetch_, 0u) << "one fetch at a time";
    fetch_ = ruling.fetch_from.value;
    fetch_head_ = head_;
  }

  void answer() {
    const std::uint64_t from = fetch_;
    fetch_ = 0;
    if (chance(10)) {
      cursor_.on_fetch_failed();
      return ask(cursor_.missing());
    }
    const std::uint64_t to = std::min(fetch_head_, from + random_() % 20);
    for (std::uint64_t seq = from; seq <= to; ++seq) {
      if (cursor_.on_page_event(event_seq{seq}) == verdict::deliver) delivered_.push_back(seq);
    }
    cursor_.on_page_end(event_seq{to >= fetch_head_ ? 0 : to + 1}, event_seq{fetch_head_});
    drain();
    ask(cursor_.missing());
  }

  void drain() {
    while (const auto kept = cursor_.take_ready()) {
      if (!kept->own) {
        EXPECT_EQ(kept->bytes, std::to_string(kept->seq.value));
      }
      delivered_.push_back(kept->seq.value);
    }
  }

  void reconnect() {
    flying_.clear();
    fetch_ = 0;
    cursor_.on_reconnect();
    hint(head_);
  }

  std::mt19937_64 random_;
  conversation_cursor cursor_;
  std::uint64_t head_ = 0;
  std::uint64_t fetch_ = 0;
  std::uint64_t fetch_head_ = 0;
  struct flying {
    std::uint64_t seq;
    bool own;
  };
  std::deque<flying> flying_;
  std::vector<std::uint64_t> delivered_;
};

TEST(conversation_cursor, every_event_comes_out_once_and_in_order_whatever_the_network_does) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    bad_network(seed).run(400);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace conclave::client
