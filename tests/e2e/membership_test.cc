/// Only members (P4): what a removed member's socket carries, what a former member may still read,
/// what a stranger learns. Looked at frame by frame, because a client library would hide a leak.
#include "tests/e2e/e2e_fixture.h"

#include <algorithm>
#include <atomic>
#include <thread>

namespace conclave::test {
namespace {

using e2e_members = e2e;

/// The highest seq of this conversation in any frame that the socket has carried.
std::uint64_t highest_seq(const std::vector<wire_frame>& frames, conversation_id c) {
  std::uint64_t highest = 0;
  for (const wire_frame& frame : frames) {
    if (frame.is(frame_type::event)) {
      const auto push = split_event_payload(frame.payload);
      if (push && push->conversation == c)
        highest = std::max(highest, decode_event(push->event_bytes)->seq.value);
    } else if (frame.is(frame_type::head)) {
      const auto hint = frame.as<head_push>();
      if (hint && hint->conversation == c) highest = std::max(highest, hint->head.value);
    }
  }
  return highest;
}

TEST_F(e2e_members, p4_a_removed_member_receives_his_removal_and_nothing_after_it) {
  start();
  const auto users = people({"alice", "bob", "carol"});
  const auto alice = log_in(users[0]);
  const auto carol = log_in(users[2]);
  for (int round = 0; round < 5; ++round) {
    const conversation_id group = found(*alice, {users[1].user, users[2].user});
    wire_client bob(node().client_port());
    ASSERT_TRUE(bob.login(users[1].token));

    // Texts of two people are under way before, at and after the removal.
    for (person* speaker : {alice.get(), carol.get()})
      for (int i = 0; i < 200; ++i) (*speaker)->send_async(group, "before", [](auto) {});
    const auto removed = (*alice)->remove_member(group, users[1].user);
    ASSERT_TRUE(removed) << removed.error().detail;
    for (int i = 0; i < 50; ++i) ASSERT_TRUE((*carol)->send(group, "after"));

    // A later push of another conversation proves that nothing is on its way to him any more.
    const conversation_id other = found(*alice, {users[1].user});
    while (highest_seq(bob.pushes(), other) == 0) {
      auto frame = bob.next();
      ASSERT_TRUE(frame);
      bob.pushes().push_back(std::move(*frame));
    }
    EXPECT_EQ(highest_seq(bob.pushes(), group), removed->seq.value);
  }
}

TEST_F(e2e_members, p4_a_former_member_reads_what_he_could_see_and_nothing_else) {
  start();
  const auto users = people({"alice", "bob"});
  const auto alice = log_in(users[0]);
  const auto bob = log_in(users[1]);
  const conversation_id group = found(*alice, {bob->id});
  for (int i = 0; i < 5; ++i) ASSERT_TRUE((*alice)->send(group, "seen"));
  const auto removed = (*alice)->remove_member(group, bob->id);
  ASSERT_TRUE(removed);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE((*alice)->send(group, "unseen"));

  for (const auto direction : {history_direction::forward, history_direction::backward}) {
    const event_seq from{direction == history_direction::forward ? 1u : 0u};
    const auto page = (*bob)->history(group, from, direction, 100);
    ASSERT_TRUE(page) << page.error().detail;
    EXPECT_EQ(page->head, removed->seq);
    ASSERT_FALSE(page->events.empty());
    EXPECT_EQ(page->events.back().seq, removed->seq);
  }
  const auto past_end =
      (*bob)->history(group, event_seq{removed->seq.value + 1}, history_direction::forward, 100);
  EXPECT_TRUE(!past_end || past_end->events.empty());
  EXPECT_EQ(code_of((*bob)->send(group, "let me in")), errc::not_found);
  EXPECT_EQ(code_of((*bob)->list_members(group)), errc::not_found);
  const auto list = (*bob)->list_conversations();
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 1u);
  EXPECT_FALSE(list->front().member);
  EXPECT_EQ(list->front().head, removed->seq);

  // Added again: a new stretch; the time in between stays invisible.
  const auto back = (*alice)->add_members(group, {bob->id});
  ASSERT_TRUE(back);
  ASSERT_TRUE((*alice)->send(group, "seen again"));
  ASSERT_TRUE(bob->hears_up_to(group, back->seq.value + 1));
  const auto page = (*bob)->history(group, event_seq{1}, history_direction::forward, 100);
  ASSERT_TRUE(page);
  std::vector<std::uint64_t> seqs;
  for (const auto& event : page->events) seqs.push_back(event.seq.value);
  auto expected = dense(1, removed->seq.value);
  expected.push_back(back->seq.value);
  expected.push_back(back->seq.value + 1);
  EXPECT_EQ(seqs, expected);
  EXPECT_EQ(bob->seqs(group), expected);
}

TEST_F(e2e_members, p4_a_newcomer_sees_the_past_only_where_the_conversation_says_so) {
  start();
  const auto users = people({"alice", "bob"});
  const auto alice = log_in(users[0]);
  const auto bob = log_in(users[1]);
  const conversation_id closed = found(*alice, {}, history_visibility::since_joining);
  const conversation_id open = found(*alice, {}, history_visibility::all);
  for (const conversation_id group : {closed, open}) {
    ASSERT_TRUE((*alice)->send(group, "early"));
    ASSERT_TRUE((*alice)->add_members(group, {bob->id}));
  }
  const auto hidden = (*bob)->history(closed, event_seq{1}, history_direction::forward, 100);
  ASSERT_TRUE(hidden);
  ASSERT_EQ(hidden->events.size(), 1u);
  EXPECT_EQ(hidden->events.front().seq.value, 3u);
  const auto shown = (*bob)->history(open, event_seq{1}, history_direction::forward, 100);
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->events.size(), 3u);
}

TEST_F(e2e_members, who_comes_back_where_newcomers_see_all_gets_what_his_device_passed_over) {
  start();
  const auto users = people({"alice", "bob"});
  const auto alice = log_in(users[0]);
  auto bob = log_in(users[1]);
  const conversation_id group = found(*alice, {}, history_visibility::since_joining);
  ASSERT_TRUE((*alice)->send(group, "before his time"));
  for (int round = 0; round < 2; ++round) {
    const auto in = (*alice)->add_members(group, {bob->id});
    ASSERT_TRUE(in);
    ASSERT_TRUE(bob->hears_up_to(group, in->seq.value));
    ASSERT_TRUE((*alice)->remove_member(group, bob->id));
    ASSERT_TRUE((*alice)->send(group, "while he is out"));
  }
  ASSERT_LT(bob->seqs(group).size(), 6u) << "he has not seen it all";

  client::settings_change open;
  open.visibility = history_visibility::all;
  ASSERT_TRUE((*alice)->change_settings(group, open));
  const auto sorted = [&](person& who) {
    auto seqs = who.seqs(group);
    std::sort(seqs.begin(), seqs.end());
    return seqs;
  };
  // His device is away when he is brought back; and what it has stepped over is in its memory.
  const auto heard_before = sorted(*bob);
  const client::session_state memory = (*bob)->export_state();
  bob.reset();
  const auto back = (*alice)->add_members(group, {users[1].user});
  ASSERT_TRUE(back);
  person again(node(), users[1], client::start_at::beginning, memory);
  const auto both = [&] {
    auto seqs = sorted(again);
    seqs.insert(seqs.end(), heard_before.begin(), heard_before.end());
    std::sort(seqs.begin(), seqs.end());
    return seqs;
  };
  EXPECT_TRUE(wait_until([&] { return both() == dense(1, back->seq.value); }))
      << ::testing::PrintToString(both());
  const auto said = (*alice)->send(group, "welcome back");
  ASSERT_TRUE(said);
  ASSERT_TRUE(wait_until([&] { return both() == dense(1, said->seq.value); }));
  for (const auto& [id, at] : again->export_state().conversations) {
    EXPECT_TRUE(at.passed.empty());
    EXPECT_FALSE(at.looking_back);
    EXPECT_EQ(at.cursor, said->seq);
  }
}

TEST_F(e2e_members, p4_a_stranger_learns_nothing_not_even_that_it_exists) {
  start();
  const auto users = people({"alice", "mallory"});
  const auto alice = log_in(users[0]);
  const auto mallory = log_in(users[1]);
  const conversation_id group = found(*alice, {});
  ASSERT_TRUE((*alice)->send(group, "between us"));
  const conversation_id nowhere{4'294'967'291};
  for (const conversation_id c : {group, nowhere}) {
    EXPECT_EQ(code_of((*mallory)->send(c, "hello?")), errc::not_found);
    EXPECT_EQ(code_of((*mallory)->history(c, event_seq{1}, history_direction::forward, 10)),
              errc::not_found);
    EXPECT_EQ(code_of((*mallory)->list_members(c)), errc::not_found);
    EXPECT_EQ(code_of((*mallory)->add_members(c, {mallory->id})), errc::not_found);
    EXPECT_EQ(code_of((*mallory)->remove_member(c, alice->id)), errc::not_found);
    EXPECT_EQ(code_of((*mallory)->remove_member(c, mallory->id)), errc::not_found);
  }
  const auto list = (*mallory)->list_conversations();
  ASSERT_TRUE(list);
  EXPECT_TRUE(list->empty());
}

TEST_F(e2e_members, p2_who_logs_in_while_he_is_being_added_learns_of_it_without_another_event) {
  start();
  const auto users = people({"alice", "bob"});
  const auto alice = log_in(users[0]);
  // Each round the login meets the adding at another moment: between the push and the listing.
  for (int round = 0; round < 60; ++round) {
    conversation_id group;
    std::thread adding([&] {
      std::this_thread::sleep_for(std::chrono::microseconds(round % 20 * 150));
      group = found(*alice, {users[1].user});
    });
    const auto bob = log_in(users[1]);
    adding.join();
    ASSERT_TRUE(bob->hears_up_to(group, 1)) << "round " << round;
  }
}

TEST_F(e2e_members, p4_only_the_owner_adds_and_removes_others) {
  start();
  const auto users = people({"alice", "bob", "carol"});
  const auto alice = log_in(users[0]);
  const auto bob = log_in(users[1]);
  const conversation_id group = found(*alice, {bob->id});
  EXPECT_EQ(code_of((*bob)->add_members(group, {users[2].user})), errc::forbidden);
  EXPECT_EQ(code_of((*bob)->remove_member(group, alice->id)), errc::forbidden);
  EXPECT_EQ(code_of((*alice)->add_members(group, {bob->id})), errc::already_exists);
  EXPECT_EQ(code_of((*alice)->add_members(group, {user_id{999'999}})), errc::invalid_argument);
  EXPECT_TRUE((*bob)->remove_member(group, bob->id).ok());
}

}  // namespace
}  // namespace conclave::test
