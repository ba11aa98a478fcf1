/// How a session's requests are resent: with their key, without one, and not at all; what is
/// watched comes back after a reconnect; read marks are told once for many.
#include "client/session.h"
#include "client/within_bounds.h"
#include "schemas/moderation_messages.h"
#include "tests/client/fake_node.h"
#include "tests/support/waiting.h"

#include <gtest/gtest.h>

#include <future>
#include <mutex>

namespace conclave::client {
namespace {

using test::wait_until;

TEST(session_requests, conflict_is_asked_again_unchanged) {
  fake_node node;
  std::vector<std::string> payloads;
  node.script(frame_type::edit, [&](net::connection& c, const frame_view& f) {
    payloads.emplace_back(f.payload);
    if (payloads.size() < 3) return node.refuse(c, f, errc::conflict);
    node.answer(c, f, ok_answer{event_seq{9}, 1});
  });
  node.start();
  session_options options = node.options(1);
  options.follow = false;
  auto s = session::connect(options);
  ASSERT_TRUE(s);
  const auto done = (*s)->edit(fake_node::group, event_seq{1}, "new");
  ASSERT_TRUE(done) << done.error().detail;
  EXPECT_EQ(done->seq, event_seq{9});
  ASSERT_EQ(payloads.size(), 3u);
  EXPECT_EQ(payloads[0], payloads[2]);
}

/// The first attempt is done and nobody is told; the second is answered `then`.
void do_and_cut(fake_node& node, frame_type type, std::atomic<unsigned>& times, errc then) {
  node.script(type, [&node, &times, then](net::connection& c, const frame_view& f) {
    if (++times == 1) return c.close(net::close_reason::by_us, false);
    if (then != errc::ok) return node.refuse(c, f, then);
    node.answer(c, f, done_answer{});
  });
}

TEST(session_requests, those_without_a_key_are_resent_too) {
  fake_node node;
  std::atomic<unsigned> marks{0};
  std::atomic<unsigned> settings{0};
  do_and_cut(node, frame_type::mark_read, marks, errc::ok);
  do_and_cut(node, frame_type::set_conversation, settings, errc::ok);
  node.start();
  auto s = session::connect(node.options(1));
  ASSERT_TRUE(s);
  EXPECT_TRUE((*s)->mark_read(fake_node::group, event_seq{1}));
  EXPECT_TRUE((*s)->set_conversation(fake_node::group, {for_ever, true, false}));
  EXPECT_EQ(marks, 2u);
  EXPECT_EQ(settings, 2u);
}

TEST(session_requests, a_resend_that_finds_its_own_effect_is_unknown_and_never_a_failure) {
  fake_node node;
  std::atomic<unsigned> joins{0};
  std::atomic<unsigned> ends{0};
  std::atomic<unsigned> passwords{0};
  do_and_cut(node, frame_type::answer_join, joins, errc::not_found);
  do_and_cut(node, frame_type::end_device, ends, errc::not_found);
  do_and_cut(node, frame_type::change_password, passwords, errc::wrong_credentials);
  node.start();
  auto s = session::connect(node.options(1));
  ASSERT_TRUE(s);
  EXPECT_EQ((*s)->answer_join(fake_node::group, user_id{5}, true).error().code,
            errc::outcome_unknown);
  EXPECT_EQ((*s)->end_device(device_id{5}).error().code, errc::outcome_unknown);
  EXPECT_EQ((*s)->change_password("old password", "new password").error().code,
            errc::outcome_unknown);
  // Without a doubt the same answer is what it says.
  EXPECT_EQ((*s)->end_device(device_id{5}).error().code, errc::not_found);
}

TEST(session_requests, p9_an_opening_that_is_asked_twice_is_unknown_when_it_burned_meanwhile) {
  fake_node node;
  std::atomic<unsigned> opens{0};
  do_and_cut(node, frame_type::open_burning, opens, errc::gone);
  node.start();
  auto s = session::connect(node.options(1));
  ASSERT_TRUE(s);
  EXPECT_EQ((*s)->open(fake_node::group, event_seq{1}).error().code, errc::outcome_unknown);
  EXPECT_EQ((*s)->open(fake_node::group, event_seq{1}).error().code, errc::gone);
}

TEST(session_requests, p9_an_answer_that_cannot_be_read_says_nothing_about_the_effect) {
  fake_node node;
  const auto other = [&node](net::connection& c, const frame_view& f) {
    node.answer(c, f, pong{});
  };
  node.script(frame_type::send, other);
  node.script(frame_type::mark_read, other);
  node.script(frame_type::history, other);
  node.start();
  session_options options = node.options(1);
  options.follow = false;
  auto s = session::connect(options);
  ASSERT_TRUE(s);
  EXPECT_EQ((*s)->send(fake_node::group, "said").error().code, errc::outcome_unknown);
  EXPECT_EQ((*s)->mark_read(fake_node::group, event_seq{1}).error().code, errc::outcome_unknown);
  EXPECT_EQ(
      (*s)->history(fake_node::group, event_seq{1}, history_direction::forward, 10).error().code,
      errc::malformed)
      << "a read has no effect";
}

TEST(session_requests, a_list_that_does_not_get_on_ends) {
  fake_node node;
  node.script(frame_type::list_members, [&node](net::connection& c, const frame_view& f) {
    members_page page;
    member_entry one;
    one.user = user_id{5};
    one.joined = event_seq{1};
    one.user_name = "u5";
    page.members.push_back(one);
    page.more = true;
    node.answer(c, f, page);
  });
  node.start();
  session_options options = node.options(1);
  options.follow = false;
  auto s = session::connect(options);
  ASSERT_TRUE(s);
  EXPECT_EQ((*s)->list_members(fake_node::group).error().code, errc::malformed);
}

TEST(session_requests, a_node_that_lets_in_and_closes_is_not_stormed) {
  fake_node node;
  node.script(frame_type::list_conversations, [](net::connection& c, const frame_view&) {
    c.close(net::close_reason::by_us, false);
  });
  node.start();
  const auto start = std::chrono::steady_clock::now();
  auto s = session::connect(node.options(1));
  ASSERT_TRUE(s);
  ASSERT_TRUE(wait_until([&] { return node.logins >= 5u; }));
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds{550})
      << "of 100, 200, 400 and 400 ms a half at least";
}

TEST(session_requests, a_field_outside_its_bounds_is_refused_here_with_its_name) {
  fake_node node;
  node.start();
  auto s = session::connect(node.options(1));
  ASSERT_TRUE(s);
  const auto empty = (*s)->send(fake_node::group, "");
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().code, errc::invalid_argument);
  EXPECT_NE(empty.error().detail.find("body"), std::string::npos);
  EXPECT_EQ(
      (*s)->create_conversation(std::string(129, 'x'), {}, history_visibility::all).error().code,
      errc::invalid_argument);
  EXPECT_EQ((*s)->react(fake_node::group, event_seq{1}, "").error().code, errc::invalid_argument);
  EXPECT_EQ((*s)->change_settings(fake_node::group, {}).error().code, errc::invalid_argument)
      << "nothing would change";
  EXPECT_EQ((*s)->resolve({""}).error().code, errc::invalid_argument);
  EXPECT_EQ((*s)->join("\xff\xfe").error().code, errc::invalid_argument) << "not UTF-8";
  EXPECT_EQ(node.sends, 0u);
}

TEST(session_requests, many_read_marks_are_told_one_at_a_time_and_the_highest_last) {
  fake_node node;
  std::vector<std::uint64_t> marks;
  std::promise<void> all_set;
  const auto until = all_set.get_future().share();
  node.script(frame_type::mark_read, [&, until](net::connection& c, const frame_view& f) {
    until.wait();
    marks.push_back(decode<mark_read>(f.payload)->seq.value);
    node.answer(c, f, done_answer{});
  });
  node.start();
  auto s = session::connect(node.options(1));
  ASSERT_TRUE(s);
  for (std::uint64_t seq = 1; seq <= 100; ++seq) {
    (*s)->mark_read_async(fake_node::group, event_seq{seq});
  }
  (*s)->export_state();  // the session does one thing after the other: all marks are set now
  all_set.set_value();
  ASSERT_TRUE(wait_until([&] {
    bool last = false;
    node.run([&] { last = !marks.empty() && marks.back() == 100; });
    return last;
  }));
  s = outcome<std::unique_ptr<session>>(errc::ok);
  node.stop();
  EXPECT_EQ(marks, (std::vector<std::uint64_t>{1, 100}));
}

TEST(session_watch, is_asked_for_again_after_a_reconnect_and_nobody_is_missed) {
  fake_node node;
  std::atomic<unsigned> watches{0};
  std::atomic<bool> bob_there{true};
  node.script(frame_type::watch, [&](net::connection& c, const frame_view& f) {
    if (decode<watch>(f.payload)->ttl_ms != 0) ++watches;
    node.answer(c, f, done_answer{});
  });
  node.script(frame_type::watch_presence, [&](net::connection& c, const frame_view& f) {
    presence_page page;
    if (bob_there) page.online.push_back(user_id{2});
    node.answer(c, f, page);
  });
  node.start();
  std::mutex mutex;
  std::vector<std::string> heard;
  const auto note = [&](const std::string& line) {
    const std::lock_guard lock(mutex);
    heard.push_back(line);
  };
  const auto all = [&] {
    const std::lock_guard lock(mutex);
    return heard;
  };
  session_events events;
  events.on_typing = [&](conversation_id c, user_id u, bool stopped) {
    note("typing " + std::to_string(c.value) + " " + std::to_string(u.value) +
         (stopped ? " stopped" : ""));
  };
  events.on_read_by = [&](conversation_id, user_id u, event_seq s) {
    note("read " + std::to_string(u.value) + " " + std::to_string(s.value));
  };
  events.on_presence = [&](user_id u, bool online) {
    note(std::to_string(u.value) + (online ? " came" : " went"));
  };
  auto s = session::connect(node.options(1), events);
  ASSERT_TRUE(s);
  ASSERT_TRUE((*s)->watch(fake_node::group));
  EXPECT_EQ(*(*s)->watch_presence({user_id{2}, user_id{3}}), std::vector<user_id>{user_id{2}});
  node.tell(typing_push{fake_node::group, user_id{2}, false});
  node.tell(typing_push{fake_node::group, user_id{2}, true});
  node.tell(read_by_push{fake_node::group, user_id{2}, event_seq{4}});
  node.tell(presence_push{user_id{3}, true});
  ASSERT_TRUE(wait_until([&] { return all().size() == 4; }));
  EXPECT_EQ(all(),
            (std::vector<std::string>{"typing 77 2", "typing 77 2 stopped", "read 2 4", "3 came"}));
  bob_there = false;
  node.cut_all();
  ASSERT_TRUE(wait_until([&] { return watches == 2 && all().size() == 6; }));
  EXPECT_EQ(all()[4], "2 went");
  EXPECT_EQ(all()[5], "3 went");
}

TEST(session_watch, typing_is_sent_once_and_never_resent) {
  fake_node node;
  node.script(frame_type::typing, [&](net::connection& c, const frame_view&) {
    c.close(net::close_reason::by_us, false);
  });
  node.start();
  auto s = session::connect(node.options(1));
  ASSERT_TRUE(s);
  (*s)->typing(fake_node::group);
  ASSERT_TRUE(wait_until([&] { return node.logins == 2; }));
  ASSERT_TRUE((*s)->send(fake_node::group, "hello"));
  EXPECT_EQ(node.count(frame_type::typing), 1u);
}

}  // namespace
}  // namespace conclave::client
