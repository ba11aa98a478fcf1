/// The window of resends, against a model that is too simple to be wrong.
#include "schemas/sender_record.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace conclave {
namespace {

using accepted = sender_record::accepted;
using verdict = sender_record::verdict;

/// All that was ever accepted and is still inside the window.
struct model {
  std::map<std::uint64_t, accepted> kept;
  std::uint64_t floor = 1;

  verdict judge(std::uint64_t client_seq) const {
    if (client_seq < floor) return verdict::expired;
    return kept.contains(client_seq) ? verdict::repeated : verdict::fresh;
  }
  void accept(const accepted& entry) {
    kept[entry.client_seq] = entry;
    if (kept.size() > 256) {
      floor = kept.begin()->first + 1;
      kept.erase(kept.begin());
    }
  }
};

void expect_same(const sender_record& record, const model& expected, std::uint64_t asked) {
  const auto judged = record.judge(asked);
  ASSERT_EQ(judged.kind, expected.judge(asked)) << asked;
  if (judged.kind == verdict::repeated) {
    ASSERT_EQ(judged.earlier, expected.kept.at(asked));
  }
}

/// Sends `steps` requests whose client_seq is `next(random, highest)`, resends some, stores and
/// loads now and then.
template <class Next>
void compare(std::uint64_t seed, int steps, Next next) {
  std::mt19937_64 random(seed);
  sender_record record;
  model expected;
  std::uint64_t seq = 0;
  std::uint64_t time = 1'700'000'000'000;
  for (int i = 0; i < steps; ++i) {
    const std::uint64_t client_seq = next(random, record.highest());
    ASSERT_NO_FATAL_FAILURE(expect_same(record, expected, client_seq));
    if (record.judge(client_seq).kind == verdict::fresh) {
      seq += 1 + random() % 3;
      time += random() % 2000;
      const accepted entry{client_seq, event_seq(seq), time, static_cast<std::uint16_t>(random())};
      record.accept(entry);
      expected.accept(entry);
    }
    for (int ask = 0; ask < 3; ++ask) {
      const std::uint64_t near =
          record.highest() + 5 - std::min(record.highest() + 5, random() % 600);
      ASSERT_NO_FATAL_FAILURE(expect_same(record, expected, near));
    }
    ASSERT_EQ(record.floor(), expected.floor);
    ASSERT_EQ(record.size(), expected.kept.size());
    ASSERT_LE(record.size(), sender_record::window);
    if (i % 17 == 0) {
      const auto loaded = sender_record::decode(record.encode());
      ASSERT_TRUE(loaded.ok());
      ASSERT_EQ(*loaded, record);
    }
  }
}

TEST(sender_record, agrees_with_the_model_when_client_seq_climbs_by_one) {
  compare(1, 2000, [](auto&, std::uint64_t highest) { return highest + 1; });
}

TEST(sender_record, agrees_with_the_model_when_client_seq_leaps) {
  compare(2, 2000, [](auto& random, std::uint64_t highest) { return highest + 1 + random() % 50; });
}

TEST(sender_record, agrees_with_the_model_when_requests_arrive_out_of_order) {
  compare(3, 4000, [](auto& random, std::uint64_t highest) {
    const std::uint64_t up = highest + 1 + random() % 40;
    return up - std::min<std::uint64_t>(up - 1, random() % 60);
  });
}

TEST(sender_record, agrees_with_the_model_when_client_seq_is_any_number) {
  compare(4, 2000, [](auto& random, std::uint64_t) { return 1 + random() % (id_limit - 1); });
}

TEST(sender_record, a_repeated_client_seq_gets_the_same_answer) {
  sender_record record;
  record.accept({10, event_seq(3), 99});
  const auto judged = record.judge(10);
  EXPECT_EQ(judged.kind, verdict::repeated);
  EXPECT_EQ(judged.earlier, (accepted{10, event_seq(3), 99}));
  EXPECT_EQ(record.judge(9).kind, verdict::fresh);
  EXPECT_EQ(record.judge(11).kind, verdict::fresh);
  EXPECT_EQ(record.judge(0).kind, verdict::expired);
}

TEST(sender_record, another_request_under_a_kept_client_seq_is_told_from_a_resend) {
  sender_record record;
  record.accept({10, event_seq(3), 99, 500});
  record.accept({11, event_seq(4), 99});
  for (const bool loaded : {false, true}) {
    if (loaded) record = *sender_record::decode(record.encode());
    EXPECT_EQ(record.judge(10, 500).kind, verdict::repeated);
    EXPECT_EQ(record.judge(10, 501).kind, verdict::reused);
    EXPECT_EQ(record.judge(10, 501).earlier.seq, event_seq(3));
    // Where one of the two prints is not known nothing can be said against the resend.
    EXPECT_EQ(record.judge(10, 0).kind, verdict::repeated);
    EXPECT_EQ(record.judge(11, 500).kind, verdict::repeated);
    EXPECT_EQ(record.judge(12, 500).kind, verdict::fresh);
  }
}

TEST(sender_record, rows_from_before_there_were_prints_are_read) {
  // format 1, floor 1, two entries: 10 and 11, seqs 3 and 4, both at 99
  const std::string_view row("\x01\x01\x02\x01\x14\x01\x02\x01\x06\x01\x02\x01\xc6\x01\x01\x00",
                             16);
  const auto loaded = sender_record::decode(row);
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded->judge(10, 500).kind, verdict::repeated);
  EXPECT_EQ(loaded->judge(11).earlier, (accepted{11, event_seq(4), 99}));
  EXPECT_EQ(*sender_record::decode(loaded->encode()), *loaded);
  EXPECT_FALSE(sender_record::decode(std::string(row) + "1234").ok());
}

TEST(sender_record, the_oldest_falls_out_at_257) {
  sender_record record;
  for (std::uint64_t i = 1; i <= 256; ++i) record.accept({i * 10, event_seq(i), 0});
  EXPECT_EQ(record.floor(), 1u);
  EXPECT_EQ(record.judge(10).kind, verdict::repeated);
  record.accept({2570, event_seq(257), 0});
  EXPECT_EQ(record.floor(), 11u);
  EXPECT_EQ(record.judge(10).kind, verdict::expired);
  EXPECT_EQ(record.judge(11).kind, verdict::fresh);
  EXPECT_EQ(record.judge(20).kind, verdict::repeated);
}

TEST(sender_record, of_a_busy_sender_is_small) {
  sender_record record;
  // 64 in flight, half of the conversation's events, one time per commit.
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    record.accept({i, event_seq(i + i / 32 * 32), 1'700'000'000'000 + i / 32 * 3});
  }
  EXPECT_LT(record.encode().size(), 100u + 2 * sender_record::window);
}

TEST(sender_record, damaged_bytes_are_corrupt_or_keep_the_invariants) {
  std::mt19937_64 random(5);
  sender_record record;
  for (std::uint64_t i = 1; i <= 40; ++i) record.accept({i * 3, event_seq(i), i * i});
  const auto whole = record.encode();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(sender_record::decode(std::string_view(whole).substr(0, size)).ok());
  }
  EXPECT_FALSE(sender_record::decode(whole + "x").ok());
  for (int i = 0; i < 20'000; ++i) {
    auto bytes = whole;
    bytes[random() % bytes.size()] = static_cast<char>(random());
    const auto decoded = sender_record::decode(bytes);
    if (!decoded.ok()) {
      EXPECT_EQ(decoded.error().code, errc::corrupt);
      continue;
    }
    EXPECT_LE(decoded->size(), sender_record::window);
    EXPECT_EQ(*sender_record::decode(decoded->encode()), *decoded);
  }
}

TEST(sender_record_death, what_was_accepted_is_not_accepted_again) {
  sender_record record;
  record.accept({10, event_seq(3), 99});
  EXPECT_DEATH(record.accept({10, event_seq(4), 100}), "fresh");
}

}  // namespace
}  // namespace conclave
