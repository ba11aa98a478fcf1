/// Deliveries into connections, over real TLS: who gets which event, OK in the place of one's own,
/// and what a connection gets that does not keep up.
#include "actors/fanout.h"

#include "tests/support/conversation_driver.h"
#include "tests/support/gateway_fixture.h"

#include <gtest/gtest.h>

namespace conclave::actors {
namespace {

using test::conversation_driver;
using test::gateway_world;
using test::room;
using test::users;
using test::wait_until;
using test::wire_client;
using test::wire_frame;

// The driver's tenant, so that its drafts can be delivered.
using test::acme;

/// What came, in short: "O2" an OK for seq 2, "E3" event 3, "H9" a hint to 9, "C" created, "x"
/// else.
std::string short_form(const wire_frame& frame) {
  if (const auto ok = frame.as<ok_answer>()) return "O" + std::to_string(ok->seq.value);
  if (const auto head = frame.as<head_push>()) return "H" + std::to_string(head->head.value);
  if (frame.is(frame_type::conversation_created)) return "C";
  if (frame.is(frame_type::event)) {
    const auto push = split_event_payload(frame.payload);
    const auto event = push.ok() ? decode_event(push->event_bytes) : outcome<event_view>(errc::ok);
    if (event.ok()) return "E" + std::to_string(event->seq.value);
  }
  return "x";
}

/// All that comes before the answer to a PING.
std::vector<std::string> heard_by(wire_client& client) {
  client.send(4242, ping{});
  std::vector<std::string> heard;
  while (const auto frame = client.next()) {
    if (frame->header.correlation == 4242) break;
    heard.push_back(short_form(*frame));
  }
  return heard;
}
using strings = std::vector<std::string>;

/// A room of users 1, 2 and 3, of whom each has a connection; the test plays the conversation.
class fanout_room : public ::testing::Test {
 protected:
  fanout_room() {
    const auto tokens = world_.provision(acme, {"one", "two", "three", "four"});
    for (const auto& token : tokens) {
      people_.push_back(std::make_unique<wire_client>(world_.client_port));
      EXPECT_TRUE(people_.back()->login(token));
    }
    rules_.create(1, 99, {2, 3});
    rules_.commit();
  }

  wire_client& person(std::uint64_t user) { return *people_.at(user - 1); }

  /// Opens a request over the wire and returns its ticket.
  ticket open_request(std::uint64_t user, std::uint64_t key) {
    send message;
    message.conversation = room;
    message.client_seq = key;
    message.body.data = "from the wire";
    person(user).send(key, message);
    auto arrived = world_.conversations.take(1);
    EXPECT_EQ(arrived.size(), 1u);
    return std::move(arrived.at(0).batch->requests.at(0).asked);
  }

  /// Delivers the draft made so far; tickets by event, unarmed ones for nobody.
  void deliver(std::vector<ticket> asked) {
    draft d = rules_.commit();
    ASSERT_EQ(d.part.events.size(), asked.size());
    for (std::size_t i = 0; i < asked.size(); ++i) {
      d.part.events[i].port = asked[i].port();
      d.part.events[i].origin = asked[i].disarm();
    }
    auto news = std::make_shared<delivery>();
    news->tenant = acme;
    news->conversation = room;
    news->parts.push_back(std::move(d.part));
    world_.gate().post(std::shared_ptr<const delivery>(news));
    world_.on_loop([] {});
  }

  gateway_world world_;
  std::vector<std::unique_ptr<wire_client>> people_;
  conversation_driver rules_;
};

TEST_F(fanout_room, p2_ok_stands_in_the_place_of_ones_own_event) {
  std::vector<ticket> asked;
  asked.push_back(open_request(1, 1));
  asked.push_back(open_request(2, 1));
  asked.push_back(open_request(1, 2));
  asked.emplace_back();  // asked through another loop
  asked.push_back(open_request(2, 2));
  rules_.say(1, 1);
  rules_.say(2, 1);
  rules_.say(1, 2);
  rules_.say(3, 1);
  rules_.say(2, 2);
  deliver(std::move(asked));
  EXPECT_EQ(heard_by(person(1)), (strings{"O2", "E3", "O4", "E5", "E6"}));
  EXPECT_EQ(heard_by(person(2)), (strings{"E2", "O3", "E4", "E5", "O6"}));
  EXPECT_EQ(heard_by(person(3)), (strings{"E2", "E3", "E4", "E5", "E6"}));
  EXPECT_EQ(heard_by(person(4)), strings{});
  EXPECT_EQ(world_.gate().counters().open_requests, 0u);
}

TEST_F(fanout_room, p4_a_removal_reaches_the_removed_one_and_nothing_after_it) {
  std::vector<ticket> asked;
  rules_.say(3, 1);
  rules_.remove(1, 1, 2);
  rules_.say(3, 2);
  rules_.add(1, 2, {4});
  rules_.say(3, 3);
  for (int i = 0; i < 5; ++i) asked.emplace_back();
  deliver(std::move(asked));
  EXPECT_EQ(heard_by(person(2)), (strings{"E2", "E3"}));
  EXPECT_EQ(heard_by(person(4)), (strings{"E5", "E6"}));
  EXPECT_EQ(heard_by(person(3)), (strings{"E2", "E3", "E4", "E5", "E6"}));
}

TEST_F(fanout_room, one_who_leaves_gets_his_ok_and_the_others_the_event) {
  std::vector<ticket> asked;
  asked.push_back(open_request(2, 1));
  rules_.remove(2, 1, 2);
  deliver(std::move(asked));
  EXPECT_EQ(heard_by(person(2)), strings{"O2"});
  EXPECT_EQ(heard_by(person(3)), strings{"E2"});
}

TEST_F(fanout_room, p4_an_asker_who_is_no_member_gets_his_answer_and_nothing_else) {
  std::vector<ticket> asked;
  asked.emplace_back();
  asked.push_back(open_request(4, 1));
  asked.emplace_back();
  rules_.say(1, 1);
  rules_.say(2, 1);
  rules_.say(3, 1);
  deliver(std::move(asked));
  EXPECT_EQ(heard_by(person(4)), strings{"O3"});
  EXPECT_EQ(heard_by(person(1)), (strings{"E2", "E3", "E4"}));
}

TEST_F(fanout_room, p9_an_event_whose_request_was_answered_by_the_deadline_is_not_answered_again) {
  std::vector<ticket> asked;
  asked.push_back(open_request(1, 1));
  world_.store.time.pass(static_cast<time_ms>(limits::answer_deadline.count()) + 1);
  EXPECT_EQ(person(1).answer(1)->code(), errc::outcome_unknown);
  rules_.say(1, 1);
  deliver(std::move(asked));
  for (const auto& word : heard_by(person(1))) EXPECT_NE(word[0], 'O');
  EXPECT_EQ(world_.gate().counters().open_requests, 0u);
}

TEST_F(fanout_room, the_answer_to_a_request_of_a_connection_that_is_gone_frees_what_it_held) {
  std::vector<ticket> asked;
  asked.push_back(open_request(1, 1));
  person(1).abandon();
  EXPECT_TRUE(wait_until([&] { return world_.gate().counters().sessions == 3; }));
  rules_.say(1, 1);
  deliver(std::move(asked));
  EXPECT_EQ(world_.gate().counters().open_requests, 0u);
  EXPECT_EQ(heard_by(person(2)), strings{"E2"});
}

TEST_F(fanout_room, a_hint_goes_to_the_members_who_are_here) {
  auto hint = std::make_shared<head_hint>();
  hint->tenant = acme;
  hint->conversation = room;
  hint->head = event_seq{8};
  hint->members = rules_.state().members();
  world_.gate().post(std::shared_ptr<const head_hint>(hint));
  world_.on_loop([] {});
  EXPECT_EQ(heard_by(person(1)), strings{"H8"});
  EXPECT_EQ(heard_by(person(3)), strings{"H8"});
  EXPECT_EQ(heard_by(person(4)), strings{});
}

TEST_F(fanout_room, p6_the_same_user_id_in_another_tenant_hears_nothing) {
  const auto tokens = world_.provision(tenant_id{1}, {"one", "two"});
  wire_client stranger(world_.client_port);
  ASSERT_TRUE(stranger.login(tokens[0]));
  ASSERT_EQ(stranger.who().user.value, 1u);
  rules_.say(2, 1);
  std::vector<ticket> asked(1);
  deliver(std::move(asked));
  EXPECT_EQ(heard_by(person(1)), strings{"E2"});
  EXPECT_EQ(heard_by(stranger), strings{});
}

TEST_F(fanout_room, p7_one_who_does_not_read_is_owed_a_hint_and_the_others_are_not_held_up) {
  const std::string large(60'000, 'x');
  std::uint64_t key = 0;
  const auto say_something_large = [&] {
    rules_.say(1, ++key, large);
    std::vector<ticket> asked(1);
    deliver(std::move(asked));
  };
  // Person 2 reads nothing; 3 reads everything.
  std::uint64_t seq = 1;
  for (; seq < 400; ++seq) {
    say_something_large();
    ASSERT_EQ(short_form(*person(3).next()), "E" + std::to_string(seq + 1));
    bool lags = false;
    world_.on_loop([&] {
      world_.gate().loop().for_each([&](net::connection& c) {
        const auto* s = static_cast<session*>(c.user.get());
        if (s != nullptr && s->user == user_id{2}) lags = s->lagging;
      });
    });
    if (lags) break;
    heard_by(person(1));
  }
  ASSERT_LT(seq, 400u) << "the outbox was never high";
  say_something_large();
  const std::uint64_t head = seq + 2;

  // Now he reads: a dense beginning, then one hint to the newest.
  std::uint64_t last = 1;
  std::string word;
  while ((word = short_form(*person(2).next()))[0] == 'E')
    EXPECT_EQ(word, "E" + std::to_string(++last));
  EXPECT_LT(last, head);
  EXPECT_EQ(word, "H" + std::to_string(head));
  rules_.say(1, ++key, "small again");
  std::vector<ticket> asked(1);
  deliver(std::move(asked));
  EXPECT_EQ(heard_by(person(2)), strings{"E" + std::to_string(head + 1)});
}

// -- with real actors
// ------------------------------------------------------------------------------

TEST(engine_walk, p1_p2_p4_a_conversation_from_founding_to_removal) {
  gateway_world w(true);
  const auto tokens = w.provision(acme, {"alice", "bob", "carol"});
  wire_client alice(w.client_port), bob(w.client_port), carol(w.client_port);
  ASSERT_TRUE(alice.login(tokens[0]));
  ASSERT_TRUE(bob.login(tokens[1]));
  ASSERT_TRUE(carol.login(tokens[2]));
  create_conversation order;
  order.op_id = 5;
  order.title = "room";
  order.members = {user_id{2}};
  const auto created = alice.ask(order);
  ASSERT_TRUE(created && created->is(frame_type::conversation_created));
  const conversation_id id = created->as<conversation_created>()->conversation;
  const auto again = alice.ask(order);
  EXPECT_EQ(again->as<conversation_created>()->conversation, id);

  std::uint64_t key = 0;
  const auto say = [&](wire_client& who) {
    send message;
    message.conversation = id;
    message.client_seq = ++key;
    message.body.data = "hello";
    return *who.ask(message);
  };
  EXPECT_EQ(short_form(say(alice)), "O2");
  EXPECT_EQ(say(carol).code(), errc::not_found);
  add_members more;
  more.conversation = id;
  more.client_seq = ++key;
  more.users = {user_id{3}};
  EXPECT_EQ(short_form(*alice.ask(more)), "O3");
  EXPECT_EQ(short_form(say(carol)), "O4");
  remove_member less;
  less.conversation = id;
  less.client_seq = ++key;
  less.user = user_id{2};
  EXPECT_EQ(short_form(*alice.ask(less)), "O5");
  EXPECT_EQ(short_form(say(carol)), "O6");
  EXPECT_EQ(say(bob).code(), errc::not_found);
  const auto pushed_to = [](wire_client& who) {
    strings heard;
    for (const auto& frame : who.pushes())
      if (!frame.is(frame_type::inbox_entry)) heard.push_back(short_form(frame));
    return heard;
  };
  EXPECT_EQ(pushed_to(carol), (strings{"E3", "E5"}));
  EXPECT_EQ(pushed_to(bob), (strings{"E1", "E2", "E3", "E4", "E5"}));

  history wanted;
  wanted.conversation = id;
  wanted.from = event_seq{1};
  EXPECT_EQ(carol.ask(wanted)->as<history_page>()->events.count, 4u) << "3 to 6";
  EXPECT_EQ(bob.ask(wanted)->as<history_page>()->events.count, 5u) << "1 to 5";
  const auto listed = [&](wire_client& who) {
    const auto page = who.ask(list_conversations{});
    return page ? page->as<conversations_page>()->conversations.size() : 99;
  };
  EXPECT_TRUE(wait_until([&] { return listed(carol) == 1; }));
}

}  // namespace
}  // namespace conclave::actors
