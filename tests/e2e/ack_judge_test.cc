/// The judge of ackcheck finds each kind of broken promise; else a clean verdict would mean
/// nothing.
#include "tests/e2e/ack_judge.h"

#include "tests/e2e/ack_fence.h"

#include <gtest/gtest.h>

namespace conclave::ackcheck {
namespace {

constexpr std::uint64_t group = 7;
constexpr std::uint64_t device = 3;

/// Three texts behind a founding event, all acknowledged and heard.
struct sound_run {
  sound_run() {
    facts.id = group;
    facts.history.push_back({1, false, 1, 0, 1000, "founded", 1, 0, 0, 0, {}});
    for (std::uint64_t n = 1; n <= 3; ++n) {
      facts.history.push_back(
          {n + 1, true, device, n, 1000 + n, body_of(group, device, n), kind_text, 0, 0, 0, {}});
      acks.push_back({group, device, n, n + 1, 1000 + n});
    }
    facts.sent[device].highest_client_seq = 3;
    facts.streams.emplace_back();
    for (const auto& event : facts.history)
      facts.streams[0].push_back({event.seq, fingerprint_of(event), identity_of(event)});
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

/// Behind three texts: the second is edited (client_seq 4, seq 5), the third taken back (5, 6), and
/// one that expires (6, 7) has gone by event 8.
struct changed_run : sound_run {
  changed_run() {
    auto& sent = facts.sent[device];
    sent.highest_client_seq = 6;
    sent.changes[4] = {change::kind::edit, 3, 0};
    sent.changes[5] = {change::kind::recall, 4, 0};
    sent.changes[6] = {change::kind::expiring, 0, 500};
    add({5, false, device, 4, 1004, body_of(group, device, 4), kind_edited, 0, 3, 0, {}});
    add({6, false, device, 5, 1005, {}, kind_recalled, 0, 4, 0, {}});
    add({7, true, device, 6, 1006, {}, kind_text, flag_expired, 0, 1506, {}});
    add({8, false, 0, 0, 1600, "gone", 36, 0, 0, 0, {7}});
    second().body = body_of(group, device, 4);
    second().flags = flag_edited;
    third().body.clear();
    third().flags = flag_recalled;
    // What they were when they were heard.
    for (auto& heard : facts.streams[0]) heard.identity = identity_of(facts.history[heard.seq - 1]);
  }
  stored_event& second() { return facts.history[2]; }
  stored_event& third() { return facts.history[3]; }
  stored_event& expiring() { return facts.history[6]; }
  stored_event& told() { return facts.history[7]; }

 private:
  void add(const stored_event& event) {
    facts.history.push_back(event);
    facts.streams[0].push_back({event.seq, fingerprint_of(event), identity_of(event)});
    if (event.client_seq != 0)
      acks.push_back({group, device, event.client_seq, event.seq, event.time});
  }
};

TEST(p5_ack_judge, changes_that_did_what_they_said_are_clean) {
  const verdict v = changed_run().judged();
  EXPECT_EQ(v.violations(), 0u) << to_line(v) << (v.details.empty() ? "" : v.details.front());
  EXPECT_EQ(v.acked, 6u);
}

TEST(p1_ack_judge, an_edit_that_left_no_trace_in_its_message_is_lost) {
  changed_run run;
  run.second().body = body_of(group, device, 2);
  EXPECT_EQ(run.judged().edits_lost, 1u);
  run = {};
  run.second().flags = 0;
  EXPECT_EQ(run.judged().edits_lost, 1u);
}

TEST(p5_ack_judge, a_body_that_was_taken_back_or_expired_is_found_also_in_an_edit) {
  changed_run run;
  run.third().body = body_of(group, device, 3);
  EXPECT_EQ(run.judged().recalled_bodies, 1u);
  run = {};
  run.expiring().body = body_of(group, device, 6);
  EXPECT_EQ(run.judged().recalled_bodies, 1u);
  run = {};
  run.facts.history[5].target = 3;  // the edited one is taken back: its edit still has the body
  run.facts.sent[device].changes[5].target = 3;
  run.second().body.clear();
  run.second().flags |= flag_recalled;
  run.facts.streams.clear();
  EXPECT_EQ(run.judged().recalled_bodies, 1u);
}

TEST(p5_ack_judge, a_body_that_goes_early_late_or_never_is_found) {
  changed_run run;
  run.told().time = 1505;
  run.facts.streams.clear();
  EXPECT_EQ(run.judged().early, 1u);
  run.told().time = 2507;
  EXPECT_EQ(run.judged().late, 1u);
  run.facts.down = {{1400, 2400}};
  EXPECT_EQ(run.judged().late, 0u) << "the node was down";
  run.told().told_gone.clear();
  EXPECT_EQ(run.judged().late, 1u);
}

TEST(p3_ack_judge, a_change_of_another_kind_or_target_or_one_that_was_rejected_is_a_phantom) {
  changed_run run;
  run.facts.sent[device].changes[5].what = change::kind::react;
  EXPECT_EQ(run.judged().phantoms, 1u);
  run = {};
  run.facts.sent[device].changes[4].target = 2;
  EXPECT_EQ(run.judged().phantoms, 1u);
  run = {};
  run.facts.sent[device].rejected = {5};
  EXPECT_EQ(run.judged().phantoms, 1u);
  run = {};
  run.expiring().expires += 1;
  run.facts.streams.clear();
  EXPECT_EQ(run.judged().phantoms, 1u);
}

TEST(p4_ack_judge, an_inbox_with_a_hole_or_with_other_memberships_is_found) {
  const std::vector<membership_note> notes{{group, 5, true}, {group, 9, false}};
  client::inbox_list inbox;
  inbox.head = 2;
  inbox.entries.resize(2);
  inbox.entries[0].seq = 1;
  inbox.entries[0].kind = inbox_kind::conversation_added;
  inbox.entries[0].at = event_seq{5};
  inbox.entries[1].seq = 2;
  inbox.entries[1].kind = inbox_kind::conversation_removed;
  inbox.entries[1].at = event_seq{9};
  for (auto& entry : inbox.entries) entry.conversation = conversation_id{group};
  EXPECT_TRUE(wrong_in_inbox(inbox, notes).empty());
  inbox.entries[1].at = event_seq{8};
  EXPECT_EQ(wrong_in_inbox(inbox, notes).size(), 2u) << "no such removal, and not the last one";
  inbox.entries[1].at = event_seq{9};
  inbox.entries[1].seq = 3;
  inbox.head = 3;
  EXPECT_EQ(wrong_in_inbox(inbox, notes).size(), 1u);
  inbox.entries.pop_back();
  EXPECT_EQ(wrong_in_inbox(inbox, notes).size(), 2u) << "cut short, and the removal is missing";
}

}  // namespace
}  // namespace conclave::ackcheck
