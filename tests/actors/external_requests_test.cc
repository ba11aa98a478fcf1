/// What guests ask for beside talking: earlier versions, names, join codes and who waits for
/// approval. They are answered in the host's ids, see no more than a plain member sees, and no code
/// of a host opens anything from outside (promises P4, P6).
#include "client/event_list.h"
#include "crypto/join_code.h"
#include "schemas/moderation_messages.h"
#include "schemas/sync_messages.h"
#include "tests/support/two_tenants.h"

#include <gtest/gtest.h>

namespace conclave::actors {
namespace {

using test::alice_id;
using test::events_of;
using test::guest_id;
using test::hears_seq;
using test::text;
using test::two_tenants;
using test::wire_client;

std::vector<std::string> versions_of(wire_client& who, conversation_id c, std::uint64_t target) {
  const auto answer = who.ask(list_versions{c, event_seq{target}});
  if (!answer || !answer->is(frame_type::versions_page)) return {"no page"};
  const auto page = answer->as<versions_page>();
  std::vector<std::string> all;
  client::for_each_event(page->versions, [&](const event_view& event, auto) {
    all.push_back(std::to_string(event.sender.value) + ": " + std::string(event.body));
  });
  return all;
}

using lines = std::vector<std::string>;

TEST(external_requests, p4_a_guest_reads_the_versions_of_what_he_sees_and_of_nothing_else) {
  two_tenants t;
  ASSERT_EQ(t.alice.ask(text(t.room, 90, "before"))->code(), errc::ok);  // seq 2
  const conversation_id local = t.bring_carol_in();                      // seq 3, number 1
  ASSERT_EQ(t.alice.ask(text(t.room, 91, "one"))->code(), errc::ok);     // seq 4
  ASSERT_EQ(t.carol.ask(text(local, 1, "hers"))->code(), errc::ok);      // seq 5
  std::uint64_t key = 100;
  for (const std::uint64_t target : {2u, 4u})
    for (const char* body : {"two", "six"})
      ASSERT_EQ(t.alice.ask(edit{t.room, ++key, event_seq{target}, {body}})->code(), errc::ok);
  ASSERT_EQ(t.carol.ask(edit{local, 2, event_seq{5}, {"mine"}})->code(), errc::ok);

  EXPECT_EQ(versions_of(t.carol, local, 4), (lines{"1: one", "1: two"}));
  EXPECT_EQ(versions_of(t.carol, local, 5), (lines{"3: hers"}));
  EXPECT_EQ(versions_of(t.alice, t.room, 5), (lines{"3: hers"}));
  EXPECT_EQ(t.carol.ask(list_versions{local, event_seq{2}})->code(), errc::not_found)
      << "was said before she came";
  EXPECT_EQ(t.carol.ask(list_versions{t.room, event_seq{4}})->code(), errc::not_found)
      << "the host's id is nothing to her";

  ASSERT_EQ(t.alice.ask(recall{t.room, ++key, event_seq{4}})->code(), errc::ok);
  EXPECT_EQ(t.carol.ask(list_versions{local, event_seq{4}})->code(), errc::gone);
  ASSERT_EQ(t.alice.ask(remove_member{t.room, ++key, guest_id})->code(), errc::ok);
  ASSERT_EQ(t.alice.ask(edit{t.room, ++key, event_seq{2}, {"ten"}})->code(), errc::ok);
  EXPECT_EQ(versions_of(t.carol, local, 5), (lines{"3: hers"})) << "what she saw she may look up";
}

TEST(external_requests, p6_a_join_code_of_the_host_opens_nothing_for_people_of_another_tenant) {
  two_tenants t;
  t.bring_carol_in();
  change_settings open_to_all;
  open_to_all.conversation = t.room;
  open_to_all.client_seq = 50;
  open_to_all.changes = change_settings::change_join;
  open_to_all.join = join_policy::open;
  ASSERT_EQ(t.alice.ask(open_to_all)->code(), errc::ok);
  const auto made = t.alice.ask(new_join_code{t.room});
  ASSERT_TRUE(made->is(frame_type::join_code));
  const std::string code(made->as<join_code>()->code);

  wire_client dave(t.w.client_ports[1]);
  ASSERT_TRUE(dave.login(t.theirs[1]));
  EXPECT_EQ(dave.ask(join{code, "let me in"})->code(), errc::not_found);
  EXPECT_EQ(t.carol.ask(join{code, "again"})->code(), errc::not_found) << "also for who is inside";
  EXPECT_TRUE(dave.ask(list_conversations{})->as<conversations_page>()->conversations.empty());

  const auto erins = t.w.provision(tenant_id{1}, {"erin"});
  wire_client erin(t.w.client_ports[0]);
  ASSERT_TRUE(erin.login(erins[0]));
  EXPECT_EQ(erin.ask(join{code, ""})->as<join_answered>()->state, join_state::joined)
      << "the code is good";
}

TEST(external_requests, p4_who_was_a_guest_does_not_come_back_by_a_code_with_her_own_id) {
  for (const join_policy policy : {join_policy::open, join_policy::approval}) {
    two_tenants t;
    const conversation_id local = t.bring_carol_in();
    change_settings open_to_all;
    open_to_all.conversation = t.room;
    open_to_all.client_seq = 50;
    open_to_all.changes = change_settings::change_join;
    open_to_all.join = policy;
    ASSERT_EQ(t.alice.ask(open_to_all)->code(), errc::ok);
    const auto made = t.alice.ask(new_join_code{t.room});
    ASSERT_TRUE(made->is(frame_type::join_code));
    auto code = crypto::parse_join_code(made->as<join_code>()->code);
    ASSERT_TRUE(code);
    code->conversation = local;
    const std::string hers = crypto::format_join_code(*code);
    EXPECT_EQ(t.carol.ask(join{hers, ""})->code(), errc::not_found) << "also while she is inside";
    ASSERT_EQ(t.alice.ask(remove_member{t.room, 51, guest_id})->code(), errc::ok);
    EXPECT_EQ(t.carol.ask(join{hers, "me again"})->code(), errc::not_found);
    const auto waiting = t.alice.ask(list_join_requests{t.room});
    ASSERT_TRUE(waiting->is(frame_type::join_requests_page));
    EXPECT_TRUE(waiting->as<join_requests_page>()->requests.empty());
    EXPECT_EQ(t.carol.ask(text(local, 9, "hello"))->code(), errc::not_found);
  }
}

TEST(external_requests, a_guest_hears_of_who_was_let_in_but_decides_nothing) {
  two_tenants t;
  const conversation_id local = t.bring_carol_in();  // seq 2
  change_settings approving;
  approving.conversation = t.room;
  approving.client_seq = 50;
  approving.changes = change_settings::change_join | change_settings::change_invite;
  approving.join = join_policy::approval;
  approving.invite = invite_policy::approval;
  ASSERT_EQ(t.alice.ask(approving)->code(), errc::ok);  // seq 3
  const std::string code(t.alice.ask(new_join_code{t.room})->as<join_code>()->code);
  const user_id erin_id{4};
  const auto erins = t.w.provision(tenant_id{1}, {"erin"});
  wire_client erin(t.w.client_ports[0]);
  ASSERT_TRUE(erin.login(erins[0]));
  const auto asked = erin.ask(join{code, "please"});
  ASSERT_EQ(asked->as<join_answered>()->state, join_state::awaiting_approval);

  EXPECT_EQ(t.carol.ask(new_join_code{local})->code(), errc::forbidden);
  EXPECT_EQ(t.carol.ask(list_join_requests{local})->code(), errc::forbidden);
  EXPECT_EQ(t.carol.ask(answer_join{local, erin_id, true})->code(), errc::forbidden);
  EXPECT_EQ(t.carol.ask(add_members{local, 1, {erin_id}})->code(), errc::forbidden)
      << "nor does she propose anybody";
  approving.conversation = local;
  EXPECT_EQ(t.carol.ask(approving)->code(), errc::forbidden);

  const auto frame = t.alice.ask(list_join_requests{t.room});  // the page borrows it
  const auto waiting = frame->as<join_requests_page>();
  ASSERT_TRUE(waiting.ok());
  ASSERT_EQ(waiting->requests.size(), 1u);
  EXPECT_EQ(waiting->requests[0].user, erin_id);
  EXPECT_EQ(waiting->requests[0].user_name, "erin");
  ASSERT_EQ(t.alice.ask(answer_join{t.room, erin_id, true})->as<join_answered>()->state,
            join_state::joined);
  ASSERT_TRUE(hears_seq(t.carol, 4));
  EXPECT_EQ(events_of(t.carol).back().conversation, local);
  const auto added = decode_body<members_body>(events_of(t.carol).back().body);
  ASSERT_TRUE(added.ok());
  EXPECT_EQ(added->users, std::vector<user_id>{erin_id});
  ASSERT_EQ(t.carol.ask(text(local, 9, "hello erin"))->code(), errc::ok);
  ASSERT_TRUE(hears_seq(erin, 5));
}

}  // namespace
}  // namespace conclave::actors
