/// Requests that read, over the wire: what a client gets of a conversation's rows, and that no page
/// carries what went while it was made.
#include "actors/conversation_list.h"
#include "actors/steady_read.h"
#include "schemas/event_messages.h"
#include "schemas/moderation_messages.h"
#include "schemas/sync_messages.h"
#include "tests/support/written_room.h"

#include <gtest/gtest.h>

#include <atomic>

namespace conclave::actors {
namespace {

using test::gateway_world;
using test::wire_client;
using test::wire_frame;
using test::written_rooms;

constexpr tenant_id acme{1};
constexpr conversation_id room{500};

class gateway_reads : public ::testing::Test {
 protected:
  gateway_world w;
  std::vector<std::string> tokens = w.provision(acme, {"alice", "bob", "carol"});
  written_rooms rows{w, acme};

  /// `hook(n)` runs at the n-th look at the clock, the first is 1: after a read took its snapshot.
  /// Logins look too, and do not count.
  void at_each_look(std::function<void(int)> hook) {
    w.ports.now = [this, hook = std::move(hook), looks = 0]() mutable {
      if (!logging_in_) hook(++looks);
      return now_;
    };
  }
  time_ms now_ = 50'000;

  std::unique_ptr<wire_client> logged_in(std::size_t user) {
    auto client = std::make_unique<wire_client>(w.client_port);
    logging_in_ = true;
    EXPECT_TRUE(client->login(tokens.at(user - 1)));
    logging_in_ = false;
    return client;
  }
  std::atomic<bool> logging_in_ = false;
  static history all_of(conversation_id conversation) {
    history request;
    request.conversation = conversation;
    return request;
  }
  static bool holds(const std::optional<wire_frame>& frame, std::string_view text) {
    return frame && frame->payload.find(text) != std::string::npos;
  }
};

TEST_F(gateway_reads, p5_a_page_does_not_carry_what_was_taken_back_while_it_was_made) {
  rows.found(room, 2);
  rows.say(room, 1, "hello");
  rows.say(room, 2, "secret");
  rows.commit();
  const auto take_back = [&](int look) {
    if (look != 1) return;
    rows.recall(room, 2, 3);
    rows.commit();
    w.ports.on_gone(acme, room);
  };
  at_each_look(take_back);
  auto bob = logged_in(2);
  const auto answer = bob->ask(all_of(room));
  ASSERT_TRUE(answer && answer->is(frame_type::history_page));
  EXPECT_TRUE(holds(answer, "hello"));
  EXPECT_FALSE(holds(answer, "secret"));
  EXPECT_EQ(answer->as<history_page>()->head, event_seq{3}) << "it was read again";
}

TEST_F(gateway_reads, p5_a_list_does_not_carry_what_was_taken_back_while_it_was_made) {
  for (std::uint64_t id = 500; id < 510; ++id) {
    rows.found(conversation_id{id}, 2);
    rows.say(conversation_id{id}, 1, "secret" + std::to_string(id));
  }
  rows.commit();
  // The list looks once at first, then once for each conversation: 500 has been read by then.
  at_each_look([&](int look) {
    if (look != 5) return;
    rows.recall(room, 1, 2);
    rows.commit();
    w.ports.on_gone(acme, room);
  });
  auto bob = logged_in(2);
  const auto answer = bob->ask(list_conversations{});
  ASSERT_TRUE(answer && answer->is(frame_type::conversations_page));
  EXPECT_FALSE(holds(answer, "secret500"));
  EXPECT_TRUE(holds(answer, "secret501"));
  EXPECT_EQ(answer->as<conversations_page>()->conversations[0].head, event_seq{2});
}

TEST_F(gateway_reads, p5_versions_are_not_given_of_what_was_taken_back_meanwhile) {
  rows.found(room, 2);
  event_view was = written_rooms::message(1, "secret");
  std::string bytes;
  append_event(bytes, was);
  rows.put_bytes(keys::version(acme, room, event_seq{1}, event_seq{2}), bytes);
  was.flags = event_flags::edited;
  was.changed = event_seq{2};
  was.body = "public";
  rows.put_event(room, was);
  rows.say(room, 2, "public");
  rows.commit();
  {
    auto bob = logged_in(2);
    EXPECT_TRUE(holds(bob->ask(list_versions{room, event_seq{1}}), "secret"));
  }
  at_each_look([&](int look) {
    if (look != 1) return;
    rows.recall(room, 1, 3);
    rows.commit();
    w.ports.on_gone(acme, room);
  });
  auto bob = logged_in(2);
  EXPECT_EQ(bob->ask(list_versions{room, event_seq{1}})->code(), errc::gone);
}

TEST_F(gateway_reads, p5_a_page_does_not_carry_what_expired_while_it_was_made) {
  rows.found(room, 2);
  rows.say(room, 1, "secret", 60'000);
  rows.commit();
  now_ = 59'999;
  at_each_look([&](int look) {
    if (look == 2) now_ = 60'000;
  });
  auto bob = logged_in(2);
  const auto answer = bob->ask(all_of(room));
  ASSERT_TRUE(answer && answer->is(frame_type::history_page));
  EXPECT_FALSE(holds(answer, "secret"));
  EXPECT_EQ(answer->as<history_page>()->events.count, 1u);
}

TEST_F(gateway_reads, a_read_that_never_comes_to_rest_is_told_to_come_again) {
  rows.found(room, 2);
  rows.say(room, 1, "hello");
  rows.commit();
  int last_look = 0;
  at_each_look([&](int look) {
    last_look = look;
    w.ports.on_gone(acme, room);
  });
  auto bob = logged_in(2);
  const auto answer = bob->ask(all_of(room));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->code(), errc::overloaded);
  EXPECT_GT(answer->as<error_answer>()->retry_after_ms, 0u);
  EXPECT_EQ(bob->ask(list_conversations{})->code(), errc::overloaded);
  EXPECT_LT(last_look, 50) << "bounded";
}

TEST_F(gateway_reads, a_list_says_everything_that_a_client_starts_with) {
  rows.found(room, 3, "kitchen", "who cooks");
  for (std::uint64_t seq = 1; seq <= 5; ++seq) rows.say(room, seq, "body" + std::to_string(seq));
  member_record bob_row;
  bob_row.role = member_role::admin;
  bob_row.joined = event_seq{1};
  bob_row.spans = {{event_seq{1}, event_seq{0}}};
  bob_row.read = event_seq{3};
  bob_row.muted_until = 777;
  rows.put(keys::member(acme, room, user_id{2}), bob_row);
  rows.put_bytes(keys::mention(acme, room, user_id{2}, event_seq{4}), {});
  index_record own;
  own.muted_until = 888;
  own.pinned = true;
  own.hidden = true;
  own.touched = 9'000;
  rows.put(keys::user_conversation(acme, user_id{2}, room), own);
  rows.commit();
  auto bob = logged_in(2);
  const auto answer = bob->ask(list_conversations{});
  const auto page = answer->as<conversations_page>();
  ASSERT_TRUE(page) << page.error().detail;
  ASSERT_EQ(page->conversations.size(), 1u);
  const conversation_summary& line = page->conversations[0];
  EXPECT_EQ(line.conversation, room);
  EXPECT_EQ(line.title, "kitchen");
  EXPECT_EQ(line.topic, "who cooks");
  EXPECT_EQ(line.role, member_role::admin);
  EXPECT_EQ(line.head, event_seq{5});
  EXPECT_EQ(line.read, event_seq{3});
  EXPECT_EQ(line.unread, 2u);
  EXPECT_EQ(line.mentions, 1u);
  EXPECT_EQ(decode_event(line.last.data)->body, "body5");
  EXPECT_EQ(line.muted_until, 888u);
  EXPECT_TRUE(line.pinned);
  EXPECT_TRUE(line.hidden);
  EXPECT_EQ(line.join, 1u);
  EXPECT_EQ(line.invite, 1u);
  EXPECT_EQ(line.silenced_until, 777u);
  EXPECT_FALSE(page->more);
  EXPECT_EQ(page->next, conversation_id{0});
  EXPECT_GT(page->time, 0u);
}

TEST_F(gateway_reads, a_list_of_what_changed_walks_over_what_did_not) {
  for (std::uint64_t id = 1; id <= 9; ++id) {
    rows.found(conversation_id{id}, 1);
    event_view event = written_rooms::message(1, "x");
    event.time = id == 8 ? 40'000 : 1000;
    rows.put_event(conversation_id{id}, event);
  }
  index_record touched;
  touched.touched = 40'000;
  rows.put(keys::user_conversation(acme, user_id{1}, conversation_id{5}), touched);
  rows.commit();
  at_each_look([](int) {});
  auto alice = logged_in(1);
  list_conversations request;
  request.limit = 2;
  request.changed_after = 40'000;
  std::vector<std::uint64_t> found;
  int pages = 0;
  for (bool more = true; more; ++pages) {
    const auto answer = alice->ask(request);
    const auto page = answer->as<conversations_page>();
    ASSERT_TRUE(page);
    for (const auto& line : page->conversations) found.push_back(line.conversation.value);
    more = page->more;
    EXPECT_EQ(more, page->next.value != 0);
    EXPECT_LT(request.after, more ? page->next : conversation_id{99});
    request.after = page->next;
    EXPECT_EQ(page->time == 0, pages > 0) << "the first page tells it for all";
    EXPECT_LE(page->time, 40'000u) << "earlier than the clock by what a commit may take";
    ASSERT_LT(pages, 9);
  }
  EXPECT_EQ(found, (std::vector<std::uint64_t>{5, 8}));
  EXPECT_EQ(pages, 5) << "each looks at two";
}

TEST_F(gateway_reads, p2_a_list_does_not_claim_what_is_still_waiting_for_its_commit) {
  rows.found(room, 1);
  rows.commit();
  const time_ms committed = w.store.time.wall();
  auto alice = logged_in(1);
  list_conversations request;
  w.wait_for_copies(true);
  const auto before = alice->ask(request)->as<conversations_page>();
  ASSERT_TRUE(before);
  EXPECT_LE(before->time, committed);
  EXPECT_GT(before->time, committed - 60'000);
  w.wait_for_copies(false);
  event_view late = written_rooms::message(1, "said while they were away");
  late.time = committed + 1;
  rows.put_event(room, late);
  rows.commit();
  request.changed_after = before->time;
  const auto after = alice->ask(request)->as<conversations_page>();
  ASSERT_TRUE(after);
  EXPECT_EQ(after->conversations.size(), 1u);
  EXPECT_LE(after->time, committed) << "nothing was committed since: the next leader may be behind";
  w.store.time.pass(3'600'000);
  w.provision(tenant_id{2}, {"zoe"});
  const auto later = alice->ask(request)->as<conversations_page>();
  ASSERT_TRUE(later);
  EXPECT_GT(later->time, committed + 3'500'000) << "a quiet shard follows the others";
  EXPECT_EQ(later->time % 10'000, 0u) << "when another tenant was at work hardly shows (P6)";
  w.wait_for_copies(true);
  EXPECT_LE(alice->ask(request)->as<conversations_page>()->time, committed);
}

TEST_F(gateway_reads, p7_a_list_ends_before_it_is_too_large_and_goes_on) {
  const std::string body(3'900, 'x');
  const std::string topic(1024, 't');
  for (std::uint64_t id = 1; id <= 300; ++id) {
    rows.found(conversation_id{id}, 1, std::string(128, 't'), topic);
    rows.say(conversation_id{id}, 1, body);
    if (id % 100 == 0) rows.commit();
  }
  auto alice = logged_in(1);
  list_conversations request;
  request.limit = 500;
  std::vector<std::uint64_t> found;
  int pages = 0;
  for (bool more = true; more; ++pages) {
    const auto answer = alice->ask(request);
    ASSERT_TRUE(answer && answer->is(frame_type::conversations_page));
    EXPECT_LE(answer->header.length, limits::max_answer_bytes);
    const auto page = answer->as<conversations_page>();
    ASSERT_TRUE(page);
    for (const auto& line : page->conversations) {
      found.push_back(line.conversation.value);
      EXPECT_EQ(decode_event(line.last.data)->body.size(), body.size());
    }
    more = page->more;
    request.after = page->next;
    ASSERT_LT(pages, 10);
  }
  EXPECT_EQ(pages, 3);
  ASSERT_EQ(found.size(), 300u);
  for (std::uint64_t id = 1; id <= 300; ++id) EXPECT_EQ(found[id - 1], id);
}

TEST_F(gateway_reads, a_client_that_was_away_learns_what_it_must_drop) {
  rows.found(room, 2);
  rows.say(room, 1, "one");
  rows.say(room, 2, "two");
  rows.recall(room, 2, 3);
  rows.commit();
  auto bob = logged_in(2);
  const auto answer = bob->ask(list_gone{room, event_seq{2}, {}});
  const auto page = answer->as<gone_page>();
  ASSERT_TRUE(page);
  EXPECT_EQ(page->conversation, room);
  EXPECT_EQ(page->gone, (std::vector<event_seq>{event_seq{2}}));
  EXPECT_EQ(page->next, event_seq{0});
}

TEST_F(gateway_reads, readers_pins_and_members_are_given_to_a_member) {
  rows.found(room, 3);
  rows.say(room, 1, "one");
  member_record reader;
  reader.joined = event_seq{1};
  reader.spans = {{event_seq{1}, event_seq{0}}};
  reader.read = event_seq{1};
  reader.muted_until = 99;
  rows.put(keys::member(acme, room, user_id{3}), reader);
  rows.put(keys::pin(acme, room, event_seq{1}), pin_record{user_id{1}, 1001});
  rows.commit();
  auto bob = logged_in(2);
  list_readers who;
  who.conversation = room;
  who.seq = event_seq{1};
  const auto readers = bob->ask(who)->as<readers_page>();
  ASSERT_TRUE(readers);
  EXPECT_EQ(readers->read, 1u);
  EXPECT_EQ(readers->members, 2u);
  EXPECT_EQ(readers->users, (std::vector<user_id>{user_id{3}}));
  const auto pins = bob->ask(list_pins{room})->as<pins_page>();
  ASSERT_TRUE(pins);
  ASSERT_EQ(pins->pins.size(), 1u);
  EXPECT_EQ(pins->pins[0].seq, event_seq{1});
  EXPECT_EQ(pins->pins[0].by, user_id{1});
  list_members request;
  request.conversation = room;
  const auto answer = bob->ask(request);
  const auto members = answer->as<members_page>();
  ASSERT_TRUE(members);
  ASSERT_EQ(members->members.size(), 3u);
  EXPECT_EQ(members->members[2].user_name, "carol");
  EXPECT_EQ(members->members[2].muted_until, 99u);
  EXPECT_EQ(members->members[2].read, event_seq{1});
}

TEST_F(gateway_reads, who_waits_is_named_to_the_owner) {
  rows.found(room, 2);
  rows.say(room, 1, "one");
  rows.put(keys::join_request(acme, room, user_id{3}),
           join_request_record{user_id{2}, 1234, "let me in"});
  rows.commit();
  auto alice = logged_in(1);
  const auto answer = alice->ask(list_join_requests{room});
  const auto page = answer->as<join_requests_page>();
  ASSERT_TRUE(page);
  ASSERT_EQ(page->requests.size(), 1u);
  EXPECT_EQ(page->requests[0].user_name, "carol");
  EXPECT_EQ(page->requests[0].invited_by, user_id{2});
  EXPECT_EQ(page->requests[0].text, "let me in");
  EXPECT_EQ(page->requests[0].time, 1234u);
  EXPECT_EQ(logged_in(2)->ask(list_join_requests{room})->code(), errc::forbidden);
}

TEST_F(gateway_reads, p7_all_names_that_may_be_asked_for_are_answered) {
  auto alice = logged_in(1);
  resolve_users ask;
  ask.names.assign(500, "alice");
  ask.users.assign(500, user_id{1});
  ask.full_names.assign(100, full_name{"alice"});
  const auto answer = alice->ask(ask);
  ASSERT_TRUE(answer);
  const auto page = answer->as<users_resolved>();
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->users.size(), 1'100u);
  EXPECT_EQ(page->users.back().user_name, "alice");
}

TEST_F(gateway_reads, p6_everything_is_not_found_for_strangers_and_for_other_tenants) {
  const auto others = w.provision(tenant_id{3}, {"alice"});  // the same home shard, and user 1
  ASSERT_EQ(w.shards.home_of(tenant_id{3}), w.shards.home_of(acme));
  rows.found(room, 2);
  rows.say(room, 1, "one");
  rows.commit();
  wire_client foreign(w.client_port);
  ASSERT_TRUE(foreign.login(others[0]));
  for (wire_client* client : {logged_in(3).release(), &foreign}) {
    const std::unique_ptr<wire_client> owned(client == &foreign ? nullptr : client);
    list_readers readers;
    readers.conversation = room;
    readers.seq = event_seq{1};
    list_members members;
    members.conversation = room;
    EXPECT_EQ(client->ask(all_of(room))->code(), errc::not_found);
    EXPECT_EQ(client->ask(list_gone{room, event_seq{1}, {}})->code(), errc::not_found);
    EXPECT_EQ(client->ask(readers)->code(), errc::not_found);
    EXPECT_EQ(client->ask(list_versions{room, event_seq{1}})->code(), errc::not_found);
    EXPECT_EQ(client->ask(list_pins{room})->code(), errc::not_found);
    EXPECT_EQ(client->ask(list_join_requests{room})->code(), errc::not_found);
    EXPECT_EQ(client->ask(members)->code(), errc::not_found);
    EXPECT_TRUE(client->ask(list_conversations{})->as<conversations_page>()->conversations.empty());
  }
}

TEST_F(gateway_reads, p5_a_forward_says_until_when_what_it_brings_may_be_said) {
  rows.found(room, 2);
  rows.say(room, 1, "secret", 60'000);
  rows.commit();
  const std::uint64_t before = w.ports.gone_count(acme, room);
  // While it is read the conversation empties another message.
  at_each_look([&](int look) {
    if (look == 1) w.ports.on_gone(acme, room);
  });
  auto bob = logged_in(2);
  bob->send(7, forward{conversation_id{501}, 1, room, event_seq{1}});
  const auto arrived = w.conversations.take(1);
  ASSERT_EQ(arrived.size(), 1u);
  const auto& request = arrived[0].batch->requests.at(0);
  EXPECT_EQ(arrived[0].batch->text_of(request), "secret");
  EXPECT_EQ(request.more->origin_due, 60'000u);
  EXPECT_EQ(request.more->origin_gone_count, before) << "from before it was read";
  EXPECT_NE(w.ports.gone_count(acme, room), before);
}

}  // namespace
}  // namespace conclave::actors
