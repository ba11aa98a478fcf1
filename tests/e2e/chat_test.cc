/// Two people talk through a real node: pushes both ways, one order, history, and what a restart of
/// the node does to them: nothing.
#include "tests/e2e/e2e_fixture.h"

namespace conclave::test {
namespace {

using e2e_chat = e2e;

TEST_F(e2e_chat, p2_both_hear_the_same_events_in_the_same_order_while_they_happen) {
  start();
  const auto users = people({"alice", "bob"});
  const auto alice = log_in(users[0]);
  const auto bob = log_in(users[1]);
  const conversation_id group = found(*alice, {bob->id});
  ASSERT_TRUE(bob->hears_up_to(group, 1));

  std::uint64_t last = 0;
  for (int i = 0; i < 20; ++i) {
    for (person* speaker : {alice.get(), bob.get()}) {
      const auto said = (*speaker)->send(group, speaker->name + " says " + std::to_string(i));
      ASSERT_TRUE(said) << said.error().detail;
      EXPECT_GT(said->seq.value, last);
      last = said->seq.value;
    }
  }
  EXPECT_EQ(last, 41u);
  ASSERT_TRUE(alice->hears_up_to(group, last));
  ASSERT_TRUE(bob->hears_up_to(group, last));
  EXPECT_EQ(bob->seqs(group), dense(1, last));
  EXPECT_EQ(alice->texts(group), bob->texts(group));
  EXPECT_EQ(bob->texts(group).front(), "alice says 0");
  EXPECT_EQ(bob->texts(group).back(), "bob says 19");
}

TEST_F(e2e_chat, p2_texts_sent_without_waiting_keep_their_order) {
  start();
  const auto users = people({"alice", "bob"});
  const auto alice = log_in(users[0]);
  const auto bob = log_in(users[1]);
  const conversation_id group = found(*alice, {bob->id});
  constexpr std::uint64_t count = 500;
  std::vector<std::string> said;
  for (std::uint64_t i = 0; i < count; ++i) {
    said.push_back("line " + std::to_string(i));
    (*alice)->send_async(group, said.back(),
                         [](outcome<client::receipt> r) { EXPECT_TRUE(r.ok()); });
  }
  ASSERT_TRUE(bob->hears_up_to(group, count + 1));
  EXPECT_EQ(bob->texts(group), said);
  EXPECT_EQ(bob->seqs(group), dense(1, count + 1));
}

TEST_F(e2e_chat, p2_history_tells_the_same_in_both_directions) {
  start();
  const auto users = people({"alice", "bob"});
  const auto alice = log_in(users[0]);
  const auto bob = log_in(users[1]);
  const conversation_id group = found(*alice, {bob->id});
  for (int i = 0; i < 25; ++i) ASSERT_TRUE((*alice)->send(group, "text " + std::to_string(i)));

  std::vector<std::uint64_t> forward;
  for (event_seq from{1}; from;) {
    const auto page = (*bob)->history(group, from, history_direction::forward, 7);
    ASSERT_TRUE(page);
    EXPECT_EQ(page->head.value, 26u);
    for (const auto& e : page->events) forward.push_back(e.seq.value);
    from = page->next;
  }
  EXPECT_EQ(forward, dense(1, 26));

  std::vector<std::uint64_t> backward;
  event_seq from{0};
  do {
    const auto page = (*bob)->history(group, from, history_direction::backward, 7);
    ASSERT_TRUE(page);
    std::vector<std::uint64_t> seqs;
    for (const auto& e : page->events) seqs.push_back(e.seq.value);
    backward.insert(backward.begin(), seqs.begin(), seqs.end());
    from = page->next;
  } while (from);
  EXPECT_EQ(backward, dense(1, 26));
}

TEST_F(e2e_chat, p1_a_kill_and_a_restart_lose_nothing_and_the_sessions_go_on) {
  start();
  const auto users = people({"alice", "bob"});
  const auto alice = log_in(users[0]);
  const auto bob = log_in(users[1]);
  const conversation_id group = found(*alice, {bob->id});
  for (int i = 0; i < 10; ++i) ASSERT_TRUE((*alice)->send(group, "before " + std::to_string(i)));
  node().kill9();
  node().start();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE((*bob)->send(group, "after " + std::to_string(i)));
  ASSERT_TRUE(alice->hears_up_to(group, 21));
  ASSERT_TRUE(bob->hears_up_to(group, 21));
  EXPECT_EQ(alice->seqs(group), dense(1, 21));
  EXPECT_EQ(bob->seqs(group), dense(1, 21));
  EXPECT_EQ(alice->texts(group), bob->texts(group));
}

TEST_F(e2e_chat, p2_a_device_that_was_away_gets_exactly_what_it_missed) {
  start();
  const auto users = people({"alice", "bob"});
  const auto alice = log_in(users[0]);
  client::session_state memory;
  conversation_id group;
  {
    const auto bob = log_in(users[1]);
    group = found(*alice, {bob->id});
    ASSERT_TRUE((*alice)->send(group, "heard"));
    ASSERT_TRUE(bob->hears_up_to(group, 2));
    memory = (*bob)->export_state();
  }
  for (int i = 0; i < 700; ++i)
    (*alice)->send_async(group, "missed " + std::to_string(i),
                         [](outcome<client::receipt> r) { EXPECT_TRUE(r.ok()); });
  ASSERT_TRUE(alice->hears_up_to(group, 702));
  EXPECT_EQ(node().terminate(), 0);
  node().start();
  person bob(node(), users[1], client::start_at::now, memory);
  ASSERT_TRUE(bob->wait_until_caught_up(patience));
  ASSERT_TRUE(bob.hears_up_to(group, 702));
  EXPECT_EQ(bob.seqs(group), dense(3, 702));
}

TEST_F(e2e_chat, p2_all_devices_of_the_sender_hear_it_too) {
  start();
  const auto laptop = people({"alice"});
  const auto phone = people({"alice"}, "acme", "phone");
  const auto on_laptop = log_in(laptop[0]);
  const auto on_phone = log_in(phone[0]);
  const conversation_id group = found(*on_laptop, {});
  ASSERT_TRUE((*on_laptop)->send(group, "to myself"));
  ASSERT_TRUE(on_phone->hears_up_to(group, 2));
  EXPECT_EQ(on_phone->texts(group), std::vector<std::string>{"to myself"});
  EXPECT_EQ(on_phone->all(group).back().device, on_laptop->device);
}

}  // namespace
}  // namespace conclave::test
