/// One replica, event by event: what it says, and when. Rules that the search and the simulator see
/// only from afar are pinned here.
#include "replication/replica.h"

#include "replication/sealing.h"
#include "replication/static_authority.h"
#include "tests/replication/seal.h"

#include <gtest/gtest.h>

namespace conclave::replication {
namespace {

constexpr replica_id one{node_id(1), 1}, two{node_id(2), 1}, three{node_id(3), 1};

shard_config three_voters() {
  shard_config c;
  c.version = 1;
  c.voters = {{one, 1}, {two, 2}, {three, 3}};
  c.rule = {2, 1};
  return c;
}

replica make(replica_id self, durable_state disk = {}) {
  replica_options o;
  o.seal = proof::quick_sealing;
  return replica(o, {self, 1, 0, 0}, disk);
}

template <class T>
std::vector<T> all(const std::vector<effect>& effects) {
  std::vector<T> out;
  for (const effect& e : effects)
    if (const T* t = std::get_if<T>(&e)) out.push_back(*t);
  return out;
}

template <class Body>
std::vector<Body> said(const std::vector<effect>& effects) {
  std::vector<Body> out;
  for (const send& s : all<send>(effects))
    if (const Body* b = std::get_if<Body>(&s.content.body)) out.push_back(*b);
  return out;
}

event from(replica_id who, replica_id to, shard_epoch epoch, message_body body,
           std::uint64_t version = 1) {
  received e;
  e.content = message{who, to, epoch, version, 0, std::move(body)};
  return e;
}

entry made(shard_epoch epoch, std::uint64_t index, const hash16& prev) {
  entry e;
  e.epoch = epoch;
  e.index = log_index(index);
  e.prev_hash = prev;
  e.hash = proof::quick_seal(e);
  return e;
}

const shard_epoch first = make_epoch(1, node_id(1));
const shard_epoch second = make_epoch(2, node_id(2));

/// Node 1 leads three voters: claimed, fenced, installed, activated.
replica leading() {
  replica r = make(one);
  const static_authority authority(node_id(1), three_voters());
  r.step(claimed{authority.promote({}, 0)});
  r.step(written{1});
  r.step(from(two, one, first, promised{}));
  r.step(written{2});
  r.step(from(two, one, first, ack{log_index(1)}));
  r.step(activated{first});
  return r;
}

TEST(replica, who_resigns_gives_up_what_is_under_way_and_leads_no_more) {
  replica r = leading();
  r.step(proposed{7, std::make_shared<const std::string>("redo"), 1});
  const auto effects = r.step(resigned{});
  ASSERT_EQ(all<give_up>(effects).size(), 1u);
  EXPECT_EQ(all<give_up>(effects)[0].token, 7u);
  ASSERT_EQ(all<claim_ended>(effects).size(), 1u);
  EXPECT_EQ(all<claim_ended>(effects)[0].reason, claim_end::resigned);
  EXPECT_EQ(r.state().now, role::follower);
  EXPECT_EQ(all<declined>(r.step(proposed{8, nullptr, 1})).size(), 1u);
}

TEST(replica, a_promise_is_said_only_when_it_is_durable) {
  replica r = make(three);
  const auto asked = r.step(from(two, three, second, fence{}));
  EXPECT_EQ(all<write>(asked).size(), 1u);
  EXPECT_TRUE(said<promised>(asked).empty());
  EXPECT_EQ(said<promised>(r.step(written{1})).size(), 1u);
}

TEST(replica, entries_are_acknowledged_only_when_they_are_durable) {
  replica r = make(three);
  const auto taken = r.step(from(one, three, first, append{{}, {made(first, 1, {})}, {}, false}));
  ASSERT_EQ(all<write>(taken).size(), 1u);
  EXPECT_TRUE(all<write>(taken)[0].promised) << "the promise rides in the same batch";
  EXPECT_TRUE(said<ack>(taken).empty());
  const auto acked = said<ack>(r.step(written{1}));
  ASSERT_EQ(acked.size(), 1u);
  EXPECT_EQ(acked[0].match, log_index(1));
}

TEST(replica, an_older_epoch_is_refused_and_so_is_an_older_configuration) {
  replica r = make(three);
  r.step(from(two, three, second, fence{}, 5));
  r.step(written{1});
  const auto stale = said<nack>(r.step(from(one, three, first, append{}, 9)));
  ASSERT_EQ(stale.size(), 1u);
  EXPECT_EQ(stale[0].reason, refusal::stale);
  EXPECT_EQ(said<rejected>(r.step(from(one, three, make_epoch(9, node_id(1)), fence{}, 4))).size(),
            1u);
}

TEST(replica, an_epoch_has_one_appender) {
  replica r = make(three);
  EXPECT_TRUE(r.step(from(two, three, first, append{})).empty()) << "epoch 1 belongs to node 1";
}

TEST(replica, what_is_meant_for_another_incarnation_is_refused) {
  replica r = make({node_id(3), 2});
  const auto answer = said<nack>(r.step(from(two, three, second, fence{})));
  ASSERT_EQ(answer.size(), 1u);
  EXPECT_EQ(answer[0].reason, refusal::not_member);
  EXPECT_EQ(r.state().promised.epoch, shard_epoch{});
}

TEST(replica, a_conflict_above_commit_is_cut_and_one_below_stops_the_replica) {
  replica r = make(three);
  const entry a = made(first, 1, {});
  const entry b = made(first, 2, a.hash);
  r.step(from(one, three, first, append{{}, {a, b}, log_index(1), false}));
  r.step(written{1});
  EXPECT_EQ(r.state().applied, log_index(1));
  const entry other = made(second, 2, a.hash);
  const auto cut = all<write>(
      r.step(from(two, three, second, append{{log_index(1), a.hash}, {other}, {}, false})));
  ASSERT_EQ(cut.size(), 1u);
  EXPECT_EQ(cut[0].truncate_after, log_index(1));
  const entry fork = made(make_epoch(3, node_id(1)), 1, {});
  const auto stop = all<quarantine>(
      r.step(from(one, three, make_epoch(3, node_id(1)), append{{}, {fork}, {}, false})));
  ASSERT_EQ(stop.size(), 1u);
  EXPECT_EQ(stop[0].broken, invariant::commit_is_final);
  const auto refused = said<nack>(r.step(from(one, three, first, append{})));
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0].reason, refusal::quarantined);
}

TEST(replica, a_gap_and_a_fork_tell_where_to_go_on) {
  replica r = make(three);
  const entry a = made(first, 1, {});
  r.step(from(one, three, first, append{{}, {a}, {}, false}));
  r.step(written{1});
  const auto gap =
      said<nack>(r.step(from(one, three, first, append{{log_index(5), {}}, {}, {}, false})));
  ASSERT_EQ(gap.size(), 1u);
  EXPECT_EQ(gap[0].reason, refusal::gap);
  EXPECT_EQ(gap[0].hint, log_index(1));
  const auto fork =
      said<nack>(r.step(from(one, three, first, append{{log_index(1), {}}, {}, {}, false})));
  ASSERT_EQ(fork.size(), 1u);
  EXPECT_EQ(fork[0].reason, refusal::diverged);
  EXPECT_EQ(fork[0].hint, log_index(0));
}

TEST(replica, fences_leave_after_the_own_promise_is_durable) {
  replica r = make(one);
  const auto asked = r.step(claimed{static_authority(node_id(1), three_voters()).promote({}, 0)});
  EXPECT_TRUE(said<fence>(asked).empty());
  EXPECT_EQ(said<fence>(r.step(written{1})).size(), 2u);
}

/// Where recovery sets need not meet, somebody may have written in a later epoch without knowing of
/// the change that others made; it was never committed.
TEST(replica, p1_a_log_with_a_newer_configuration_goes_before_a_later_epoch) {
  replica r = make(three);
  r.step(from(two, three, second, append{{}, {made(second, 1, {})}, {}, false}));
  r.step(written{1});
  const shard_epoch mine = make_epoch(3, node_id(3));
  shard_config changed = three_voters();
  changed.version = 2;
  r.step(claimed{static_authority(node_id(3), changed).promote({second, 0}, 0)});
  r.step(written{2});
  promised of_one;
  of_one.last = {first, log_index(7), {}};
  of_one.config_version = 2;
  const auto asked = said<fetch>(r.step(from(one, three, mine, of_one)));
  ASSERT_EQ(asked.size(), 1u) << "the own log would have been taken";
  EXPECT_EQ(r.state().leading->source->from, one);
}

/// Who is seeded past a plan has to know of it, else another one could get its version.
TEST(replica, p1_a_plan_survives_a_snapshot_and_a_restart) {
  replica r = make(three);
  shard_config next = three_voters();
  next.planned = true;
  ++next.version;
  const position base{first, log_index(9), {}};
  const auto kept = std::make_shared<const shard_config>(three_voters());
  const auto plan = std::make_shared<const shard_config>(next);
  const auto written_down = all<write>(r.step(seeded{base, kept, plan}));
  ASSERT_EQ(written_down.size(), 1u);
  EXPECT_EQ(written_down[0].reset_plan, plan);
  EXPECT_EQ(r.state().plan().second, plan);
  EXPECT_EQ(r.state().ripe_plan(0), plan) << "what a snapshot holds is committed";
  EXPECT_EQ(r.state().log_config(), kept);
}

TEST(replica, nothing_commits_before_activation) {
  replica r = make(one);
  r.step(claimed{static_authority(node_id(1), three_voters()).promote({}, 0)});
  r.step(written{1});
  r.step(from(two, one, first, promised{}));
  r.step(written{2});
  const auto installed = r.step(from(two, one, first, ack{log_index(1)}));
  EXPECT_EQ(all<request_activation>(installed).size(), 1u);
  EXPECT_EQ(r.state().commit, log_index(0));
  EXPECT_EQ(all<declined>(r.step(proposed{7, nullptr, 0})).size(), 1u);
  r.step(activated{first});
  EXPECT_EQ(r.state().now, role::leader);
  EXPECT_EQ(r.state().commit, log_index(1));
}

TEST(replica, a_proposal_is_answered_when_w_disks_hold_it) {
  replica r = leading();
  EXPECT_EQ(all<write>(r.step(proposed{7, nullptr, 0})).size(), 1u);
  EXPECT_TRUE(all<acknowledge>(r.step(from(two, one, first, ack{log_index(2)}))).empty())
      << "not durable here";
  const auto answered = all<acknowledge>(r.step(written{3}));
  ASSERT_EQ(answered.size(), 1u);
  EXPECT_EQ(answered[0].token, 7u);
}

TEST(replica, losing_leadership_leaves_every_proposal_unknown) {
  replica r = leading();
  r.step(proposed{7, nullptr, 0});
  const auto lost = r.step(from(two, one, second, nack{refusal::stale, {}, {second, 1}}));
  ASSERT_EQ(all<give_up>(lost).size(), 1u);
  EXPECT_EQ(r.state().now, role::follower);
}

TEST(replica, acknowledgements_of_strangers_do_not_count) {
  replica r = leading();
  r.step(proposed{7, nullptr, 0});
  r.step(written{3});
  EXPECT_TRUE(r.step(from({node_id(9), 1}, one, first, ack{log_index(2)})).empty());
  EXPECT_TRUE(r.step(from({node_id(2), 4}, one, first, ack{log_index(2)})).empty());
  EXPECT_EQ(r.state().commit, log_index(1));
}

TEST(replica, learners_get_committed_entries_only) {
  replica r = leading();
  r.step(learners_set{{{{node_id(4), 1}, 4}}});
  for (const send& s : all<send>(r.step(proposed{7, nullptr, 0})))
    EXPECT_NE(s.content.to.node, node_id(4));
  r.step(written{3});
  bool sent = false;
  for (const send& s : all<send>(r.step(from(two, one, first, ack{log_index(2)}))))
    sent |= s.content.to.node == node_id(4);
  EXPECT_TRUE(sent);
}

TEST(replica, a_candidate_takes_the_newest_log_of_its_recovery_set) {
  replica r = make(two);
  r.step(claimed{static_authority(node_id(2), three_voters()).promote({first, 1}, 0)});
  r.step(written{1});
  const entry a = made(first, 1, {});
  const auto wants = said<fetch>(r.step(from(one, two, second, promised{a.place(), {}, {}, 0})));
  ASSERT_EQ(wants.size(), 1u);
  EXPECT_EQ(wants[0].first, log_index(1));
  r.step(from(one, two, second, fetched{{}, {a}, false}));
  EXPECT_EQ(r.state().log.last_index(), log_index(2)) << "its log and the opening entry";
  EXPECT_EQ(r.state().now, role::recovering);
}

/// The fixture of both: node 2 claims, and node 1's log, two entries of epoch 1, is the newest.
replica fetching(const entry& a, const entry& b) {
  replica r = make(two);
  r.step(claimed{static_authority(node_id(2), three_voters()).promote({first, 1}, 0)});
  r.step(written{1});
  const auto wants = said<fetch>(r.step(from(one, two, second, promised{b.place(), {}, {}, 0})));
  EXPECT_EQ(wants.size(), 1u);
  r.step(from(one, two, second, fetched{{}, {a}, false}));
  return r;
}

TEST(replica, what_a_source_does_not_send_is_asked_for_again_and_then_of_others) {
  const entry a = made(first, 1, {});
  const entry b = made(first, 2, a.hash);
  replica r = fetching(a, b);
  std::size_t asked_again = 0;
  for (std::uint32_t tick = 1; tick <= replica_options{}.source_patience; ++tick) {
    const auto again = said<fetch>(r.step(ticked{}));
    asked_again += again.size();
    for (const fetch& f : again) EXPECT_EQ(f.first, log_index(2)) << "what it has is not asked for";
    EXPECT_TRUE(tick > 1 || again.empty()) << "it may still be on its way";
  }
  EXPECT_EQ(asked_again, replica_options{}.source_patience / 4);
  const auto asked = all<send>(r.step(ticked{}));
  EXPECT_EQ(asked.size(), 2u) << "the one that said nothing of its log, and the one that never did";
  EXPECT_EQ(r.state().now, role::fencing);
  r.step(from(three, two, second, promised{a.place(), {}, {}, 0}));
  EXPECT_EQ(r.state().log.last_index(), log_index(2)) << "what was taken, and the opening entry";
  EXPECT_NE(r.state().leading->opening, log_index(0));
}

TEST(replica, what_was_asked_for_twice_does_not_come_twice_to_the_end) {
  const entry a = made(first, 1, {});
  const entry b = made(first, 2, a.hash);
  replica r = fetching(a, b);
  EXPECT_TRUE(said<fetch>(r.step(from(one, two, second, fetched{{}, {a}, false}))).empty());
}

TEST(replica, p7_a_peer_that_says_nothing_is_not_filled_with_repeats) {
  replica r = leading();
  for (std::uint64_t token = 7; token < 27; ++token) r.step(proposed{token, nullptr, 0});
  std::vector<std::uint32_t> entries;
  for (int tick = 0; tick < 6; ++tick) {
    std::uint32_t sum = 0;
    for (const send& s : all<send>(r.step(ticked{})))
      if (s.content.to == three) sum += s.fill_count;
    entries.push_back(sum);
  }
  // To the third, who has not answered yet, everything may have got lost.
  EXPECT_EQ(entries, (std::vector<std::uint32_t>{21, 0, 0, 0, 0, 0}));
  for (std::uint64_t token = 27; token < 31; ++token) {
    for (const send& s : all<send>(r.step(proposed{token, nullptr, 0})))
      EXPECT_TRUE(s.content.to != three || s.fill_count == 0) << "with each proposal neither";
    r.step(ticked{});
  }
  std::uint32_t again = 0;
  for (const send& s : all<send>(r.step(from(three, one, first, ack{log_index(0)}))))
    again += s.fill_count;
  EXPECT_EQ(again, 25u) << "it answers: what it lacks is sent at once";
}

TEST(replica, a_source_that_comes_back_is_taken_again) {
  const entry a = made(first, 1, {});
  const entry b = made(first, 2, a.hash);
  replica r = fetching(a, b);
  for (std::uint32_t tick = 0; tick <= replica_options{}.source_patience; ++tick) r.step(ticked{});
  EXPECT_EQ(r.state().now, role::fencing);
  EXPECT_EQ(said<fence>(r.step(ticked{})).size(), 2u);
  const auto wants = said<fetch>(r.step(from(one, two, second, promised{b.place(), {}, {}, 0})));
  ASSERT_EQ(wants.size(), 1u);
  r.step(from(one, two, second, fetched{{log_index(1), a.hash}, {b}, false}));
  EXPECT_EQ(r.state().log.last_index(), log_index(3));
}

TEST(replica, an_authority_older_than_the_log_is_noticed) {
  replica r = make(two);
  r.step(claimed{static_authority(node_id(2), three_voters()).promote({first, 1}, 0)});
  r.step(written{1});
  const auto ended = all<claim_ended>(r.step(from(one, two, second, promised{{}, {}, {}, 8})));
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].reason, claim_end::old_authority);
}

TEST(replica, a_removed_node_refuses_the_configurations_before) {
  replica r = make(three);
  r.step(from(two, three, second, removed{}, 6));
  r.step(written{1});
  EXPECT_EQ(said<rejected>(r.step(from(one, three, make_epoch(9, node_id(1)), fence{}, 5))).size(),
            1u);
}

TEST(replica, a_promotion_with_loss_takes_a_new_lineage_and_the_other_copy_says_so) {
  const entry a = made(first, 1, {});
  replica ahead = make(three);
  ahead.step(from(one, three, first, append{{}, {a}, log_index(1), false}));
  ahead.step(written{1});
  replica r = make(two);
  static_authority authority(node_id(2), three_voters());
  r.step(claimed{authority.promote_with_loss({first, 1}, 0)});
  const auto opened = all<write>(r.step(written{1}));
  ASSERT_EQ(opened.size(), 1u);
  ASSERT_EQ(opened[0].entries.size(), 1u);
  EXPECT_EQ(opened[0].entries[0].config->lineage, 2u);
  message m{two, three, second, 2, 2, append{{}, opened[0].entries, {}, false}};
  const auto stop = all<quarantine>(ahead.step(received{m}));
  ASSERT_EQ(stop.size(), 1u);
  EXPECT_EQ(stop[0].reason, quarantine_reason::lineage_forked);
}

TEST(replica, a_folder_older_than_its_witness_has_no_vote) {
  replica_options o;
  o.seal = proof::quick_sealing;
  replica r(o, {three, 4, 1, 4}, {});
  EXPECT_EQ(r.state().now, role::quarantined);
  EXPECT_EQ(r.state().why.why, distrust::rolled_back);
  replica honest(o, {three, 5, 1, 4}, {});
  EXPECT_EQ(honest.state().now, role::follower);
}

TEST(replica, a_peer_that_went_back_is_refused_and_not_counted) {
  replica r = leading();
  introduction i{two, 5, 50, {first, 1}, {}};
  i.last.index = log_index(1);
  r.step(introduced{i});
  i.boot = 3;
  const auto refused = all<refuse_peer>(r.step(introduced{i}));
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0].reason, distrust::rolled_back);
  r.step(proposed{7, nullptr, 0});
  r.step(from(two, one, first, ack{log_index(2)}));
  for (std::uint64_t w = 3; w < 9; ++w) r.step(written{w});
  EXPECT_EQ(r.state().commit, log_index(1));
}

TEST(replica, a_failed_disk_and_a_full_one) {
  replica r = leading();
  r.step(disk_filled{true});
  EXPECT_EQ(all<declined>(r.step(proposed{7, nullptr, 0})).at(0).reason, decline::disk_full);
  r.step(disk_filled{false});
  r.step(proposed{8, nullptr, 0});
  const auto failed = r.step(disk_failed{});
  EXPECT_EQ(all<quarantine>(failed).size(), 1u);
  EXPECT_EQ(all<give_up>(failed).size(), 1u);
}

TEST(sealing, an_entry_survives_its_stored_bytes_and_is_named_by_the_chain) {
  entry e = made(first, 1, {});
  e.kind = log_kind::config;
  e.config = std::make_shared<const shard_config>(three_voters());
  const std::string bytes = stored_bytes(shard_id(3), e);
  const auto opened = open_entry(shard_id(3), bytes);
  ASSERT_TRUE(opened);
  EXPECT_EQ(*opened->config, three_voters());
  EXPECT_EQ(opened->hash, name_of({}, bytes));
  EXPECT_FALSE(open_entry(shard_id(4), bytes));
  EXPECT_FALSE(decode_shard_config(encode(three_voters()) + "x"));
  shard_config planned = three_voters();
  planned.planned = true;
  EXPECT_EQ(*decode_shard_config(encode(planned)), planned);
  EXPECT_FALSE(decode_shard_config(""));
}

}  // namespace
}  // namespace conclave::replication
