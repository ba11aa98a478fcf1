/// People of another tenant in a conversation, over real TLS with real actors: what they see, say
/// and are told, under ids of their own tenant; and that nothing else of either tenant crosses
/// (promises P4, P6).
#include "schemas/moderation_messages.h"
#include "schemas/presence_messages.h"
#include "schemas/sync_messages.h"
#include "tests/support/two_tenants.h"

#include <gtest/gtest.h>

namespace conclave::actors {
namespace {

using test::alice_id;
using test::bob_id;
using test::events_of;
using test::guest_id;
using test::hears_seq;
using test::text;
using test::two_tenants;
using test::wait_until;
using test::wire_client;

TEST(external_gateway, somebody_of_another_tenant_talks_and_hears_under_his_own_id) {
  two_tenants t;
  const conversation_id local = t.bring_carol_in();
  ASSERT_TRUE(local);
  EXPECT_NE(local, t.room);

  ASSERT_EQ(t.alice.ask(text(t.room, 2, "welcome"))->code(), errc::ok);
  ASSERT_EQ(t.alice.ask(text(t.room, 3, "to all"))->code(), errc::ok);
  ASSERT_TRUE(hears_seq(t.carol, 4));
  auto heard = events_of(t.carol);
  ASSERT_EQ(heard.size(), 2u);
  EXPECT_EQ(heard[0].conversation, local);
  EXPECT_EQ(heard[0].sender, alice_id);
  EXPECT_EQ(heard[0].body, "welcome");
  EXPECT_EQ(heard[1].conversation, local);
  EXPECT_EQ(heard[1].body, "to all");

  t.alice.pushes().clear();
  ASSERT_EQ(t.carol.ask(text(local, 1, "thank you"))->code(), errc::ok);
  ASSERT_TRUE(hears_seq(t.alice, 5));
  EXPECT_EQ(events_of(t.alice).back().conversation, t.room);
  EXPECT_EQ(events_of(t.alice).back().sender, guest_id);
  EXPECT_EQ(t.carol.ask(edit{local, 2, event_seq{5}, {"thanks"}})->code(), errc::ok);
  EXPECT_EQ(t.carol.ask(edit{local, 3, event_seq{3}, {"mine"}})->code(), errc::forbidden);
  EXPECT_EQ(t.carol.ask(react{local, 4, event_seq{3}, "+1", false})->code(), errc::ok);
  ASSERT_TRUE(hears_seq(t.alice, 7));

  // All the bodies' ids are the room's, and the page is the same one.
  const auto frame = t.carol.ask(history{local, event_seq{1}, history_direction::forward, 100});
  const auto page = frame->as<history_page>();
  ASSERT_TRUE(page.ok()) << name_of(frame->code());
  EXPECT_EQ(page->conversation, local);
  EXPECT_EQ(page->head.value, 7u);
  EXPECT_EQ(page->events.count, 6u) << "from the event that added her";
}

TEST(external_gateway, both_sides_are_told_that_the_conversation_is_shared) {
  two_tenants t;
  const conversation_id local = t.bring_carol_in();
  const auto mine = t.alice.ask(list_conversations{});
  const auto page = mine->as<conversations_page>();
  ASSERT_EQ(page->conversations.size(), 1u);
  EXPECT_TRUE(page->conversations[0].external);
  EXPECT_EQ(page->conversations[0].host, "");
  EXPECT_FALSE(page->conversations[0].self);

  const auto hers = t.carol.ask(list_conversations{});
  const auto other = hers->as<conversations_page>();
  ASSERT_EQ(other->conversations.size(), 1u);
  EXPECT_EQ(other->conversations[0].conversation, local);
  EXPECT_EQ(other->conversations[0].title, "room");
  EXPECT_EQ(other->conversations[0].host, "tenant1");
  EXPECT_EQ(other->conversations[0].self, guest_id);
  EXPECT_TRUE(other->conversations[0].external);
  EXPECT_TRUE(other->conversations[0].member);

  for (auto* who : {&t.alice, &t.carol}) {
    const auto frame = who->ask(list_members{who == &t.alice ? t.room : local, {}, 100});
    const auto members = frame->as<members_page>();
    ASSERT_TRUE(members.ok());
    ASSERT_EQ(members->members.size(), 3u);
    EXPECT_EQ(members->members[0].user_name, "alice");
    EXPECT_EQ(members->members[2].user_name, "carol@tenant2");
    EXPECT_EQ(members->members[2].user, guest_id);
  }
  resolve_users names;
  names.users = {alice_id, guest_id};
  names.names = {"bob"};
  names.conversation = local;
  const auto found = t.carol.ask(names);
  ASSERT_TRUE(found->is(frame_type::users_resolved));
  ASSERT_EQ(found->as<users_resolved>()->users.size(), 3u);
  EXPECT_EQ(found->as<users_resolved>()->users[0].user, bob_id);

  remove_member leave{t.room, 9, guest_id};
  ASSERT_EQ(t.alice.ask(leave)->code(), errc::ok);
  EXPECT_FALSE(
      t.alice.ask(list_conversations{})->as<conversations_page>()->conversations[0].external);
}

TEST(external_gateway, a_guest_is_found_by_a_name_that_fills_both_halves) {
  two_tenants t;
  const std::string longest(64, 'n');
  t.w.provision(tenant_id{2}, {longest});
  t.allow(true, true);
  ASSERT_EQ(t.add(1, longest)->code(), errc::ok);
  const std::string full = longest + "@tenant2";
  resolve_users ask;
  ask.names = {"bob"};
  ask.full_names = {{full}, {"nobody@tenant2"}, {"alice"}};
  ask.users = {alice_id};
  for (const conversation_id within : {conversation_id{}, t.room}) {
    ask.conversation = within;
    const auto answer = t.alice.ask(ask);
    ASSERT_TRUE(answer->is(frame_type::users_resolved)) << name_of(answer->code());
    const auto found = answer->as<users_resolved>();
    ASSERT_EQ(found->users.size(), 4u);
    EXPECT_EQ(found->users[0].user, bob_id);
    EXPECT_EQ(found->users[1].user, guest_id);
    EXPECT_EQ(found->users[1].user_name, full);
    EXPECT_EQ(found->users[2].user_name, "alice");
    EXPECT_EQ(found->users[3].user, alice_id);
  }
}

TEST(external_gateway, devices_that_come_later_and_soft_news_know_the_room_too) {
  two_tenants t;
  const conversation_id local = t.bring_carol_in();
  t.w.give_password("alice");
  ASSERT_EQ(t.w.root().ask(set_password{"tenant2", "carol", test::good_password, false})->code(),
            errc::ok);
  test::visitor desk(t.w.client_ports[0], {.user = "carol", .device = "desk", .tenant = "tenant2"});
  ASSERT_TRUE(desk.in());
  wire_client again(t.w.client_ports[0]);
  ASSERT_TRUE(again.login(desk.token));
  EXPECT_EQ(again.ask(watch{local, 60'000})->code(), errc::ok);
  EXPECT_EQ(t.alice.ask(watch{t.room, 60'000})->code(), errc::ok);

  ASSERT_EQ(t.alice.ask(typing{t.room, false})->code(), errc::ok);
  auto typed = again.next();
  // That she was brought in may be written to her inbox only now.
  while (typed && typed->is(frame_type::inbox_entry)) typed = again.next();
  ASSERT_TRUE(typed && typed->is(frame_type::typing_now));
  EXPECT_EQ(typed->as<typing_push>()->conversation, local);
  EXPECT_EQ(typed->as<typing_push>()->user, alice_id);
  ASSERT_EQ(t.alice.ask(text(t.room, 2, "hello"))->code(), errc::ok);
  ASSERT_TRUE(hears_seq(again, 3));
  EXPECT_EQ(events_of(again).back().conversation, local);
  ASSERT_EQ(again.ask(mark_read{local, event_seq{3}})->code(), errc::ok);
  EXPECT_TRUE(wait_until([&] {
    t.alice.ask(ping{});
    for (const auto& frame : t.alice.pushes())
      if (frame.is(frame_type::read_by))
        return frame.as<read_by_push>()->conversation == t.room &&
               frame.as<read_by_push>()->user == guest_id;
    return false;
  }));
  EXPECT_TRUE(wait_until([&] {
    t.carol.ask(ping{});
    for (const auto& frame : t.carol.pushes())
      if (const auto entry = frame.as<inbox_entry>())
        if (entry->kind == inbox_kind::read && entry->conversation == local) return true;
    return false;
  })) << "her other device hears how far she has read";
  const auto seen = t.alice.ask(list_readers{t.room, event_seq{3}, {}, 100});
  ASSERT_TRUE(seen->is(frame_type::readers_page));
  EXPECT_EQ(seen->as<readers_page>()->users, std::vector{guest_id});
  EXPECT_EQ(again.ask(set_conversation{local, 0, true, false})->code(), errc::ok);
  EXPECT_TRUE(again.ask(list_conversations{})->as<conversations_page>()->conversations[0].pinned);
}

TEST(external_gateway, p4_nothing_follows_the_removal_and_coming_back_works_by_id) {
  two_tenants t;
  const conversation_id local = t.bring_carol_in();
  ASSERT_EQ(t.alice.ask(remove_member{t.room, 2, guest_id})->code(), errc::ok);
  ASSERT_TRUE(hears_seq(t.carol, 3)) << "the removal itself";
  ASSERT_EQ(t.alice.ask(text(t.room, 3, "among us"))->code(), errc::ok);
  t.carol.read_for(std::chrono::milliseconds{200});
  EXPECT_EQ(events_of(t.carol).back().seq.value, 3u);
  EXPECT_EQ(t.carol.ask(text(local, 1, "still here?"))->code(), errc::not_found);
  const auto page = t.carol.ask(history{local, {}, history_direction::backward, 100});
  EXPECT_EQ(page->as<history_page>()->head.value, 3u);
  const auto list = t.carol.ask(list_conversations{});
  EXPECT_FALSE(list->as<conversations_page>()->conversations[0].member);

  add_members back{t.room, 4, {guest_id}};
  ASSERT_EQ(t.alice.ask(back)->code(), errc::ok);
  ASSERT_TRUE(wait_until([&] {
    const auto again = t.carol.ask(list_conversations{});
    return again->as<conversations_page>()->conversations[0].member;
  }));
  ASSERT_EQ(t.alice.ask(text(t.room, 5, "welcome back"))->code(), errc::ok);
  ASSERT_TRUE(hears_seq(t.carol, 6));
  EXPECT_EQ(events_of(t.carol).back().conversation, local);
  EXPECT_EQ(t.carol.ask(remove_member{local, 7, guest_id})->code(), errc::ok) << "she leaves";
}

TEST(external_gateway, p6_both_policies_must_allow_it_and_names_are_not_told) {
  two_tenants t;
  EXPECT_EQ(t.add(1)->code(), errc::policy_forbids);
  t.allow(true, false);
  const auto kept_home = t.add(2);
  t.allow(true, true);
  const auto no_name = t.add(3, "nobody");
  const auto no_tenant = t.add(4, "carol", "nowhere");
  const auto own = t.add(5, "bob", "tenant1");
  for (const auto* answer : {&kept_home, &no_name, &no_tenant, &own}) {
    EXPECT_EQ((*answer)->code(), errc::not_found);
    EXPECT_EQ((*answer)->payload, kept_home->payload) << "one answer for all";
  }
  EXPECT_EQ(t.add(6)->code(), errc::ok);
  ASSERT_TRUE(t.carols_room());
  t.allow(false, false);
  EXPECT_EQ(t.add(6)->code(), errc::ok) << "done before: a resend is told so (P3)";
  EXPECT_EQ(t.add(7, "dave")->code(), errc::policy_forbids);
  EXPECT_EQ(t.alice.ask(text(t.room, 8, "carol stays"))->code(), errc::ok);
  ASSERT_TRUE(hears_seq(t.carol, 3));

  wire_client bob(t.w.client_ports[0]);
  ASSERT_TRUE(bob.login(t.w.tokens[1]));
  t.allow(true, true);
  add_external by_member{t.room, 1, "tenant2", {"dave"}};
  EXPECT_EQ(bob.ask(by_member)->code(), errc::forbidden);
  t.allow(false, true);
  EXPECT_EQ(bob.ask(by_member)->code(), errc::forbidden) << "the policy is told to its admins only";
}

TEST(external_gateway, p6_a_guest_gets_at_nothing_else_of_the_host) {
  two_tenants t;
  const conversation_id local = t.bring_carol_in();
  create_conversation order;
  order.op_id = 6;
  order.title = "private";
  const conversation_id other = t.alice.ask(order)->as<conversation_created>()->conversation;

  EXPECT_EQ(t.carol.ask(text(t.room, 1, "by the host's id"))->code(), errc::not_found);
  EXPECT_EQ(t.carol.ask(text(other, 1, "in"))->code(), errc::not_found);
  EXPECT_EQ(t.carol.ask(add_members{local, 1, {bob_id}})->code(), errc::forbidden);
  add_external more{local, 2, "tenant2", {"dave"}};
  EXPECT_EQ(t.carol.ask(more)->code(), errc::forbidden);
  EXPECT_EQ(t.alice.ask(set_role{t.room, 7, guest_id, member_role::admin})->code(),
            errc::forbidden);

  wire_client dave(t.w.client_ports[1]);
  ASSERT_TRUE(dave.login(t.theirs[1]));
  EXPECT_EQ(dave.ask(text(local, 1, "me too"))->code(), errc::not_found);
  EXPECT_EQ(dave.ask(list_members{local, {}, 10})->code(), errc::not_found);

  t.w.provision(tenant_id{1}, {"erin"});  // id 4: not in the room
  resolve_users names;
  names.users = {user_id{4}, alice_id};
  names.names = {"erin"};
  names.conversation = local;
  const auto found = t.carol.ask(names);
  ASSERT_EQ(found->as<users_resolved>()->users.size(), 1u);
  EXPECT_EQ(found->as<users_resolved>()->users[0].user, alice_id);
  names.conversation = other;
  EXPECT_EQ(t.carol.ask(names)->code(), errc::not_found);

  // What tenants share does not wander into what they do not.
  create_conversation at_home;
  at_home.op_id = 7;
  at_home.title = "ours";
  const conversation_id home = t.carol.ask(at_home)->as<conversation_created>()->conversation;
  EXPECT_EQ(t.carol.ask(forward{home, 3, local, event_seq{2}})->code(), errc::forbidden);

  // The guest is nobody whom the host could let in.
  EXPECT_EQ(t.w.give_password("carol@tenant2"), errc::not_found);
  send_notice notice;
  notice.client_seq = 1;
  notice.tenant_name = "tenant1";
  notice.text = "hello";
  notice.names = {"carol@tenant2"};
  EXPECT_EQ(t.w.root().ask(notice)->code(), errc::not_found);
}

TEST(external_gateway, a_dissolved_room_is_told_at_home) {
  two_tenants t;
  const conversation_id local = t.bring_carol_in();
  ASSERT_EQ(t.alice.ask(dissolve{t.room, 2})->code(), errc::ok);
  EXPECT_TRUE(wait_until([&] {
    t.carol.ask(ping{});
    for (const auto& frame : t.carol.pushes())
      if (const auto entry = frame.as<inbox_entry>())
        if (entry->kind == inbox_kind::conversation_removed && entry->conversation == local)
          return true;
    return false;
  }));
}

}  // namespace
}  // namespace conclave::actors
