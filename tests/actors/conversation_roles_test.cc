/// Kinds of conversations, roles, muting, settings, joining, dissolving. Rules without actors.
#include "conf/limits.h"
#include "schemas/moderation_messages.h"
#include "tests/support/conversation_driver.h"

#include <gtest/gtest.h>

namespace conclave::actors {
namespace {

using test::acme;
using test::conversation_driver;
using test::room;
using test::users;
using kind = ruling::kind;
using verb = conversation_verb;

void expect_rejected(const ruling& r, errc code) {
  EXPECT_EQ(r.what, kind::rejected);
  EXPECT_EQ(r.code, code) << name_of(r.code) << ": " << r.detail;
}

/// Owner 1, admin 2, members 3 and 4.
conversation_driver with_roles(conversation_kind what = conversation_kind::group) {
  conversation_driver c;
  c.founded = what;
  EXPECT_EQ(c.create(1, 99, {2, 3, 4}).what, kind::sequenced);
  request_details more;
  more.role = member_role::admin;
  EXPECT_EQ(c.ask_with(verb::set_role, 1, 1, more, {}, users({2})).what, kind::sequenced);
  c.commit();
  return c;
}

ruling set_role(conversation_driver& c, std::uint64_t by, std::uint64_t key, std::uint64_t user,
                member_role role) {
  request_details more;
  more.role = role;
  return c.ask_with(verb::set_role, by, key, more, {}, users({user}));
}

ruling mute(conversation_driver& c, std::uint64_t by, std::uint64_t key, std::uint64_t user,
            time_ms until) {
  request_details more;
  more.until = until;
  return c.ask_with(verb::mute_member, by, key, more, {}, users({user}));
}

ruling change(conversation_driver& c, std::uint64_t by, std::uint64_t key, std::uint32_t what,
              const settings_body& to) {
  request_details more;
  more.changes = what;
  more.settings = to;
  return c.ask_with(verb::change_settings, by, key, more);
}

// -- kinds
// -----------------------------------------------------------------------------------------

TEST(conversation_kinds, a_direct_one_has_two_plain_members_and_no_management) {
  conversation_driver c;
  c.founded = conversation_kind::direct;
  ASSERT_EQ(c.create(1, 99, {2}).what, kind::sequenced);
  c.commit();
  EXPECT_EQ(c.member(1).role, member_role::member);
  EXPECT_EQ(c.create(2, 77, {1}).what, kind::repeated) << "whoever asks gets the one of the pair";
  expect_rejected(c.create(3, 77, {1}), errc::already_exists);
  expect_rejected(c.add(1, 1, {3}), errc::forbidden);
  expect_rejected(c.remove(1, 1, 1), errc::forbidden);
  expect_rejected(set_role(c, 1, 1, 2, member_role::admin), errc::forbidden);
  EXPECT_EQ(c.say(2, 1).what, kind::sequenced);
}

TEST(conversation_kinds, in_a_direct_one_only_the_sender_recalls) {
  conversation_driver c;
  c.founded = conversation_kind::direct;
  c.create(1, 99, {2});
  c.say(2, 1);
  c.commit();
  expect_rejected(c.about(verb::recall, 1, 1, 2), errc::forbidden);
  EXPECT_EQ(c.about(verb::pin, 1, 1, 2).what, kind::sequenced) << "both pin";
}

TEST(conversation_kinds, in_an_announcement_only_owner_and_admins_speak) {
  auto c = with_roles(conversation_kind::announcement);
  EXPECT_EQ(c.say(1, 5).what, kind::sequenced);
  EXPECT_EQ(c.say(2, 5).what, kind::sequenced);
  expect_rejected(c.say(3, 5), errc::muted);
  c.commit();
  EXPECT_EQ(c.about(verb::react, 3, 6, 3, "+1").what, kind::sequenced) << "but all react";
}

TEST(conversation_kinds, a_notice_founds_the_system_conversation_and_only_the_node_speaks_there) {
  conversation_driver c;
  const ruling r = c.ask_with(verb::notice, 0, 10, {}, "maintenance at nine", users({5}), 77);
  ASSERT_EQ(r.what, kind::announced);
  EXPECT_EQ(r.reply, reply_kind::done);
  c.commit();
  EXPECT_EQ(c.event(1).kind, event_kind::conversation_created);
  EXPECT_EQ(c.event(2).body, "maintenance at nine");
  EXPECT_EQ(c.event(2).sender.value, 0u);
  EXPECT_EQ(c.event(2).client_seq, 0u);
  expect_rejected(c.say(5, 1), errc::forbidden);
  c.reload();
  EXPECT_EQ(c.ask_with(verb::notice, 0, 10, {}, "maintenance at nine", users({5}), 77).what,
            kind::repeated);
  EXPECT_EQ(c.ask_with(verb::notice, 0, 11, {}, "done", users({5}), 77).seq.value, 3u);
}

// -- roles
// -----------------------------------------------------------------------------------------

TEST(conversation_roles, only_the_owner_gives_roles) {
  auto c = with_roles();
  expect_rejected(set_role(c, 2, 1, 3, member_role::admin), errc::forbidden);
  expect_rejected(set_role(c, 3, 1, 3, member_role::owner), errc::forbidden);
  expect_rejected(set_role(c, 1, 2, 1, member_role::member), errc::invalid_argument);
  expect_rejected(set_role(c, 1, 2, 9, member_role::admin), errc::not_found);
  expect_rejected(set_role(c, 1, 2, 2, member_role::admin), errc::already_exists);
  EXPECT_EQ(set_role(c, 1, 2, 2, member_role::member).what, kind::sequenced);
}

TEST(conversation_roles, handing_over_leaves_exactly_one_owner) {
  auto c = with_roles();
  ASSERT_EQ(set_role(c, 1, 2, 3, member_role::owner).what, kind::sequenced);
  c.commit();
  EXPECT_EQ(c.member(3).role, member_role::owner);
  EXPECT_EQ(c.member(1).role, member_role::admin);
  expect_rejected(set_role(c, 1, 3, 4, member_role::admin), errc::forbidden);
  EXPECT_EQ(c.remove(1, 3, 1).what, kind::sequenced) << "he may leave now";
}

TEST(conversation_roles, admins_remove_those_of_lower_role_only) {
  auto c = with_roles();
  expect_rejected(c.remove(3, 1, 4), errc::forbidden);
  expect_rejected(c.remove(2, 1, 1), errc::forbidden);
  EXPECT_EQ(c.remove(2, 1, 3).what, kind::sequenced);
  EXPECT_EQ(c.remove(1, 5, 2).what, kind::sequenced);
}

TEST(conversation_roles, a_muted_member_is_silent_until_the_time_is_over) {
  auto c = with_roles();
  expect_rejected(mute(c, 3, 1, 4, c.now + 100), errc::forbidden);
  expect_rejected(mute(c, 2, 1, 1, c.now + 100), errc::forbidden);
  ASSERT_EQ(mute(c, 2, 1, 3, c.now + 100).what, kind::sequenced);
  expect_rejected(c.say(3, 1), errc::muted);
  c.now += 100;
  EXPECT_EQ(c.say(3, 1).what, kind::sequenced);
  mute(c, 2, 2, 3, c.now + 100);
  mute(c, 2, 3, 3, 0);
  EXPECT_EQ(c.say(3, 2).what, kind::sequenced);
}

TEST(conversation_roles, when_all_are_muted_owner_and_admins_still_speak) {
  auto c = with_roles();
  settings_body to;
  to.all_muted = true;
  ASSERT_EQ(change(c, 2, 1, change_settings::change_all_muted, to).what, kind::sequenced);
  expect_rejected(c.say(3, 1), errc::muted);
  EXPECT_EQ(c.say(2, 2).what, kind::sequenced);
  c.commit();
  c.reload();
  expect_rejected(c.say(3, 1), errc::muted);
}

TEST(conversation_roles, settings_change_what_is_named_and_leave_the_rest) {
  auto c = with_roles();
  expect_rejected(change(c, 3, 1, change_settings::change_topic, {}), errc::forbidden);
  settings_body to;
  to.title = "new name";
  to.topic = "not this one";
  const ruling r = change(c, 2, 1, change_settings::change_title, to);
  ASSERT_EQ(r.what, kind::sequenced);
  c.commit();
  const auto body = decode_body<settings_body>(c.event(r.seq.value).body);
  EXPECT_EQ(body->title, "new name");
  EXPECT_EQ(body->topic, "");
  to.title.clear();
  expect_rejected(change(c, 2, 2, change_settings::change_title, to), errc::invalid_argument);
}

// -- joining
// ---------------------------------------------------------------------------------------

ruling join_with(conversation_driver& c, std::uint64_t user, const std::string& secret) {
  request_details more;
  more.join_secret = secret;
  return c.ask_with(verb::join, user, 0, more, "let me in");
}

conversation_driver with_code(join_policy policy) {
  auto c = with_roles();
  settings_body to;
  to.join = policy;
  EXPECT_EQ(change(c, 1, 7, change_settings::change_join, to).what, kind::sequenced);
  request_details more;
  more.join_secret = "the secret";
  more.join_code = "cj1…";
  const ruling r = c.ask_with(verb::new_join_code, 2, 0, more);
  EXPECT_EQ(r.what, kind::changed);
  EXPECT_EQ(r.reply, reply_kind::join_code);
  EXPECT_EQ(r.body, "cj1…");
  c.commit();
  return c;
}

TEST(conversation_joining, with_the_code_of_an_open_one_one_is_in_at_once) {
  auto c = with_code(join_policy::open);
  expect_rejected(join_with(c, 8, "a guess"), errc::not_found);
  const ruling r = join_with(c, 8, "the secret");
  ASSERT_EQ(r.what, kind::announced);
  EXPECT_EQ(r.reply, reply_kind::joined);
  EXPECT_EQ(c.say(8, 1).what, kind::sequenced);
  EXPECT_EQ(join_with(c, 8, "the secret").reply, reply_kind::joined) << "again is no matter";
  c.commit();
  EXPECT_EQ(c.event(r.seq.value).kind, event_kind::members_added);
  EXPECT_EQ(c.event(r.seq.value).sender.value, 8u);
}

TEST(conversation_joining, who_waits_is_told_when_the_conversation_ends) {
  auto c = with_code(join_policy::approval);
  for (const std::uint64_t user : {8, 9}) join_with(c, user, "the secret");
  c.commit();
  ASSERT_EQ(c.ask_with(verb::dissolve, 1, 8, {}).what, kind::sequenced);
  std::vector<owed_entry> owed;
  for (int turn = 0; turn < 5; ++turn) {
    if (c.state().has_job()) c.state().job_step();
    if (!c.state().has_draft()) continue;
    const draft d = c.commit();
    owed.insert(owed.end(), d.owed.begin(), d.owed.end());
  }
  EXPECT_FALSE(c.state().has_job());
  ASSERT_EQ(owed.size(), 2u);
  EXPECT_EQ(owed[0].user, user_id{8});
  EXPECT_EQ(owed[0].kind, inbox_kind::join_declined);
  EXPECT_EQ(c.rows.count(table::join_request, acme, room.value), 0u);
}

TEST(conversation_roles, p4_what_it_was_called_when_he_left_stays_with_who_left) {
  auto c = with_roles();
  c.remove(3, 1, 3);
  settings_body to;
  to.title = "afterwards";
  ASSERT_EQ(change(c, 1, 5, change_settings::change_title, to).what, kind::sequenced);
  c.remove(4, 1, 4);
  c.commit();
  EXPECT_EQ(c.member(3).left_title, "the room");
  EXPECT_EQ(c.member(4).left_title, "afterwards");
  ASSERT_EQ(c.ask_with(verb::dissolve, 1, 8, {}).what, kind::sequenced);
  c.commit();
  c.state().job_step();
  c.commit();
  EXPECT_EQ(c.member(2).left_title, "") << "what it is called now is what he knows";
}

TEST(conversation_joining, a_closed_one_answers_like_a_wrong_code) {
  auto c = with_code(join_policy::closed);
  expect_rejected(join_with(c, 8, "the secret"), errc::not_found);
}

TEST(conversation_joining, with_approval_admins_are_told_and_decide_once) {
  auto c = with_code(join_policy::approval);
  const ruling waits = join_with(c, 8, "the secret");
  EXPECT_EQ(waits.what, kind::changed);
  EXPECT_EQ(waits.reply, reply_kind::awaiting_join);
  const draft d = c.commit();
  ASSERT_EQ(d.owed.size(), 2u) << "owner and admin";
  EXPECT_EQ(d.owed[0].kind, inbox_kind::join_requested);
  EXPECT_EQ(d.owed[0].about.value, 8u);
  expect_rejected(c.say(8, 1), errc::not_found);
  c.reload();
  request_details yes;
  yes.accept = true;
  expect_rejected(c.ask_with(verb::answer_join, 3, 0, yes, {}, users({8})), errc::forbidden);
  const ruling in = c.ask_with(verb::answer_join, 2, 0, yes, {}, users({8}));
  ASSERT_EQ(in.what, kind::announced);
  EXPECT_EQ(in.reply, reply_kind::joined);
  c.commit();
  EXPECT_EQ(c.event(in.seq.value).sender.value, 2u);
  EXPECT_EQ(c.rows.count(table::join_request, acme, room.value), 0u);
  EXPECT_EQ(c.ask_with(verb::answer_join, 1, 0, yes, {}, users({8})).what, kind::changed)
      << "the second admin hears the same, and nothing happens";
}

TEST(conversation_joining, a_declined_one_is_told_and_may_ask_again) {
  auto c = with_code(join_policy::approval);
  join_with(c, 8, "the secret");
  c.commit();
  const ruling no = c.ask_with(verb::answer_join, 1, 0, {}, {}, users({8}));
  EXPECT_EQ(no.reply, reply_kind::declined);
  const draft d = c.commit();
  ASSERT_EQ(d.owed.size(), 1u);
  EXPECT_EQ(d.owed[0].user.value, 8u);
  EXPECT_EQ(d.owed[0].kind, inbox_kind::join_declined);
  expect_rejected(c.ask_with(verb::answer_join, 1, 0, {}, {}, users({8})), errc::not_found);
  EXPECT_EQ(join_with(c, 8, "the secret").reply, reply_kind::awaiting_join);
}

TEST(conversation_joining, members_propose_where_the_invite_policy_asks_for_approval) {
  auto c = with_roles();
  expect_rejected(c.add(3, 1, {8}), errc::forbidden);
  settings_body to;
  to.invite = invite_policy::approval;
  change(c, 1, 7, change_settings::change_invite, to);
  const ruling r = c.add(3, 1, {8});
  EXPECT_EQ(r.what, kind::changed);
  EXPECT_EQ(r.reply, reply_kind::awaiting_approval);
  EXPECT_EQ(c.add(2, 1, {8}).what, kind::sequenced) << "an admin adds at once";
  c.commit();
  EXPECT_EQ(c.rows.count(table::join_request, acme, room.value), 0u) << "and nobody waits any more";
  to.invite = invite_policy::members;
  change(c, 1, 8, change_settings::change_invite, to);
  EXPECT_EQ(c.add(3, 2, {9}).what, kind::sequenced);
}

TEST(conversation_joining, p3_a_proposal_that_comes_again_is_answered_as_before) {
  auto c = with_roles();
  settings_body to;
  to.invite = invite_policy::approval;
  change(c, 1, 7, change_settings::change_invite, to);
  std::vector<user_id> many;
  for (std::uint64_t u = 10; many.size() <= limits::max_join_requests / 2; ++u)
    many.push_back(user_id{u});
  const auto propose = [&] { return c.ask(verb::add_members, 3, 5, {}, many); };
  EXPECT_EQ(propose().reply, reply_kind::awaiting_approval);
  EXPECT_EQ(c.commit().owed.size(), 2 * many.size()) << "owner and admin";
  EXPECT_EQ(propose().reply, reply_kind::awaiting_approval);
  EXPECT_FALSE(c.state().has_draft()) << "the admins know";
  for (user_id& user : many) user.value += 1'000;
  expect_rejected(propose(), errc::limit_reached);
}

/// A row from before codes were closed to guests.
TEST(conversation_joining, p4_who_was_a_guest_is_not_let_in_by_approval) {
  auto c = with_code(join_policy::approval);
  request_details guest;
  guest.external = {{user_id{8}, tenant_id{9}, user_id{1}}};
  ASSERT_EQ(c.ask_with(verb::add_members, 1, 50, guest, {}, users({8})).what, kind::sequenced);
  ASSERT_EQ(c.remove(1, 51, 8).what, kind::sequenced);
  ASSERT_EQ(join_with(c, 8, "the secret").reply, reply_kind::awaiting_join);
  c.commit();
  c.reload();
  request_details yes;
  yes.accept = true;
  expect_rejected(c.ask_with(verb::answer_join, 1, 0, yes, {}, users({8})), errc::forbidden);
  EXPECT_EQ(c.ask_with(verb::answer_join, 1, 0, {}, {}, users({8})).reply, reply_kind::declined);
}

TEST(conversation_joining, p7_of_many_admins_the_owner_and_some_are_told) {
  auto c = with_roles();
  std::vector<user_id> many;
  for (std::uint64_t u = 10; u < 10 + limits::max_users_per_request; ++u)
    many.push_back(user_id{u});
  ASSERT_EQ(c.ask(verb::add_members, 1, 3, {}, many).what, kind::sequenced);
  std::uint64_t key = 10;
  for (const user_id user : many) set_role(c, 1, ++key, user.value, member_role::admin);
  ASSERT_EQ(set_role(c, 1, ++key, many.back().value, member_role::owner).what, kind::sequenced);
  settings_body to;
  to.invite = invite_policy::approval;
  change(c, 1, ++key, change_settings::change_invite, to);
  c.commit();
  for (user_id& user : many) user.value += 1'000;
  ASSERT_EQ(c.ask(verb::add_members, 3, 5, {}, many).reply, reply_kind::awaiting_approval);
  EXPECT_LE(c.state().draft_redo_bytes(), limits::max_redo_per_request / 8) << "half a MB";
  const draft d = c.commit();
  ASSERT_EQ(d.owed.size(), many.size() * limits::max_admins_told);
  EXPECT_EQ(d.owed.front().user, user_id{many.back().value - 1'000}) << "the owner";
}

// -- the end
// ---------------------------------------------------------------------------------------

TEST(conversation_dissolving, ends_everybody_at_once_and_the_rows_in_steps) {
  conversation_driver c;
  c.create(1, 99, {});
  std::vector<user_id> many;
  for (std::uint64_t u = 10; u < 10 + 2 * limits::max_job_step; ++u) many.push_back(user_id{u});
  ASSERT_EQ(c.ask(verb::add_members, 1, 1, {}, many).what, kind::sequenced);
  c.commit();
  expect_rejected(c.ask_with(verb::dissolve, 10, 1, {}), errc::forbidden);
  const ruling r = c.ask_with(verb::dissolve, 1, 2, {});
  ASSERT_EQ(r.what, kind::sequenced);
  const draft d = c.commit();
  ASSERT_EQ(d.part.segments.size(), 1u);
  EXPECT_EQ(d.part.segments[0].members->users.size(), many.size() + 1) << "all of them are told";
  expect_rejected(c.say(1, 3), errc::dissolved);
  expect_rejected(c.say(2000, 3), errc::dissolved);
  expect_rejected(c.say(9'999, 3), errc::not_found);
  EXPECT_EQ(c.ask_with(verb::dissolve, 1, 2, {}).what, kind::repeated);

  std::size_t told = 0;
  std::size_t steps = 0;
  while (c.state().has_job()) {
    c.state().job_step();
    const draft step = c.commit();
    EXPECT_LE(step.changes.size(), limits::max_job_step);
    told += step.changes.size();
    if (++steps == 1) c.reload();  // a crash in the middle: it goes on from the rows
  }
  EXPECT_EQ(told, many.size() + 1);
  EXPECT_EQ(steps, 3u);
  EXPECT_FALSE(c.member(10).is_member());
  EXPECT_EQ(c.member(10).left, r.seq);
  EXPECT_TRUE(visible(c.member(10), r.seq));
  EXPECT_EQ(c.rows.count(table::job, acme, room.value), 0u);
  expect_rejected(c.say(10, 3), errc::dissolved);
}

TEST(conversation_joining, p4_who_is_declined_does_not_learn_by_whom_after_a_restart_either) {
  auto c = with_code(join_policy::approval);
  join_with(c, 8, "the secret");
  c.commit();
  c.reload();
  for (const owed_entry& entry : c.state().unfinished_owed()) EXPECT_EQ(entry.at, event_seq{});
  c.ask_with(verb::answer_join, 1, 0, {}, {}, users({8}));
  c.commit();
  c.reload();
  std::size_t declined = 0;
  for (const owed_entry& entry : c.state().unfinished_owed()) {
    if (entry.kind != inbox_kind::join_declined) continue;
    ++declined;
    EXPECT_EQ(entry.at, event_seq{});
  }
  EXPECT_EQ(declined, 1u);
}

TEST(conversation_joining, nobody_waits_for_a_conversation_that_everybody_left) {
  auto c = with_code(join_policy::approval);
  join_with(c, 8, "the secret");
  c.commit();
  const std::vector<user_id> all = c.state().members()->users;
  for (const user_id user : all) {
    if (user.value == 1) continue;
    ASSERT_EQ(c.remove(1, 20 + user.value, user.value).what, kind::sequenced);
  }
  ASSERT_EQ(c.remove(1, 60, 1).what, kind::sequenced);
  const draft d = c.commit();
  ASSERT_EQ(d.owed.size(), 1u);
  EXPECT_EQ(d.owed[0].kind, inbox_kind::join_declined);
  EXPECT_EQ(d.owed[0].user.value, 8u);
  EXPECT_EQ(c.rows.count(table::join_request, acme, room.value), 0u);
  expect_rejected(join_with(c, 9, "the secret"), errc::not_found);
}

}  // namespace
}  // namespace conclave::actors
