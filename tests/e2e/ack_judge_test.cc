/// The judge of ackcheck finds each kind of broken promise; else a clean verdict would mean
/// nothing.
#include "tests/e2e/ack_judge.h"

#include <gtest/gtest.h>

namespace conclave::ackcheck {
namespace {

constexpr std::uint64_t group = 7;
constexpr std::uint64_t device = 3;

/// Three texts behind a founding event, all acknowledged and heard.
struct sound_run {
  sound_run() {
    facts.id = group;
    facts.history.push_back({1, false, 1, 0, 1000, "founded"});
    for (std::uint64_t n = 1; n <= 3; ++n) {
      facts.history.push_back({n + 1, true, device, n, 1000 + n, body_of(group, device, n)});
      acks.push_back({group, device, n, n + 1, 1000 + n});
    }
    facts.sent[device].highest_client_seq = 3;
    facts.streams.emplace_back();
    for (const auto& event : facts.history)
      facts.streams[0].push_back({event.seq, fingerprint_of(event)});
  }
  verdict judged() const { return judge(acks, {facts}); }

  conversation_facts facts;
  std::vector<acknowledgement> acks;
};

TEST(p1_ack_judge, a_sound_run_is_clean) {
  const verdict v = sound_run().judged();
  EXPECT_EQ(v.violations(), 0u) << to_line(v);
  EXPECT_EQ(v.acked, 3u);
}

TEST(p1_ack_judge, an_acknowledged_text_that_is_gone_is_lost) {
  sound_run run;
  run.facts.history.pop_back();
  run.facts.streams.clear();
  EXPECT_EQ(run.judged().lost, 1u);
}

TEST(p2_ack_judge, a_hole_is_a_gap) {
  sound_run run;
  run.facts.history.erase(run.facts.history.begin() + 2);
  EXPECT_EQ(run.judged().gaps, 1u);
}

TEST(p2_ack_judge, another_seq_than_the_answered_one_is_wrong) {
  sound_run run;
  run.acks[1].seq = 4;
  EXPECT_EQ(run.judged().wrong_seq, 1u);
}

TEST(p3_ack_judge, a_second_answer_with_another_time_is_wrong) {
  sound_run run;
  run.acks.push_back(run.acks[1]);
  run.acks.back().time += 1;
  const verdict v = run.judged();
  EXPECT_EQ(v.wrong_seq, 1u);
  EXPECT_EQ(v.acked, 3u);
}

TEST(p3_ack_judge, the_same_text_twice_is_a_duplicate) {
  sound_run run;
  run.facts.history.push_back(run.facts.history.back());
  run.facts.history.back().seq = 5;
  EXPECT_EQ(run.judged().duplicated, 1u);
}

TEST(p2_ack_judge, texts_in_another_order_than_sent_are_reordered_unless_they_were_disturbed) {
  sound_run run;
  std::swap(run.facts.history[2].client_seq, run.facts.history[3].client_seq);
  std::swap(run.facts.history[2].body, run.facts.history[3].body);
  EXPECT_EQ(run.judged().reordered, 1u);
  run.facts.sent[device].disturbed = {2};
  EXPECT_EQ(run.judged().reordered, 0u);
}

TEST(p3_ack_judge, what_nobody_sent_is_a_phantom) {
  sound_run run;
  run.facts.sent[device].highest_client_seq = 2;
  EXPECT_EQ(run.judged().phantoms, 1u);
  run = {};
  run.facts.history[2].body += '!';
  EXPECT_EQ(run.judged().phantoms, 1u);
}

TEST(p2_ack_judge, a_receiver_who_misses_repeats_or_invents_is_found) {
  sound_run run;
  run.facts.streams[0].erase(run.facts.streams[0].begin() + 1);
  EXPECT_EQ(run.judged().bad_streams, 1u);
  run = {};
  run.facts.streams[0].push_back(run.facts.streams[0].back());
  EXPECT_EQ(run.judged().bad_streams, 1u);
  run = {};
  run.facts.streams[0][2].fingerprint ^= 1;
  EXPECT_EQ(run.judged().bad_streams, 1u);
  run = {};
  run.facts.streams[0].pop_back();
  EXPECT_EQ(run.judged().bad_streams, 1u);
}

}  // namespace
}  // namespace conclave::ackcheck
