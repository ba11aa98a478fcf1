/// Logging in by password, renewing tokens, ending devices: one device whatever is lost, a token
/// that is stored before it is used, and ends that are final.
#include "client/failures.h"
#include "client/session.h"
#include "tests/client/fake_node.h"
#include "tests/support/waiting.h"

#include <gtest/gtest.h>

#include <mutex>
#include <set>

namespace conclave::client {
namespace {

using test::wait_until;

session_options by_password(const fake_node& node, const std::string& password = "correct") {
  session_options o = node.options(1);
  o.token.clear();
  o.tenant = "tests";
  o.user = "u4";
  o.password = password;
  o.device_name = "test";
  return o;
}

/// Passwords: one device per op_id, a new token with each answer. `lost` answers are lost first.
class password_door {
 public:
  password_door(fake_node& node, unsigned lost, errc instead = errc::ok) {
    node.script(frame_type::login_password,
                [this, &node, lost, instead](net::connection& c, const frame_view& f) {
                  const auto m = *decode<login_password>(f.payload);
                  if (m.password != "correct")
                    return node.refuse(c, f, errc::wrong_credentials, true);
                  op_ids_.push_back(m.op_id);
                  if (op_ids_.size() <= lost) {
                    if (instead != errc::ok) return node.refuse(c, f, instead, true);
                    return c.close(net::close_reason::by_us, false);
                  }
                  logged_in who;
                  who.device = device_id{m.op_id % 1'000'000 + 1};
                  const std::string token = "u4." + std::to_string(op_ids_.size());
                  who.token = token;
                  node.log_in(c, f, 4, who);
                });
  }
  const std::vector<std::uint64_t>& op_ids() const { return op_ids_; }

 private:
  std::vector<std::uint64_t> op_ids_;
};

TEST(session_password, makes_a_device_whose_token_is_handed_out_and_used_from_then_on) {
  fake_node node;
  const password_door door(node, 0);
  node.start();
  std::vector<std::string> given;
  session_events events;
  std::atomic<unsigned> connected{0};
  events.on_token = [&](const std::string& token, time_ms) {
    given.push_back(token);
    return status(done{});
  };
  events.on_link = [&](link_state link, const failure&) {
    if (link == link_state::connected) ++connected;
  };
  auto s = session::connect(by_password(node), events);
  ASSERT_TRUE(s) << s.error().detail;
  EXPECT_EQ(given, std::vector<std::string>{"u4.1"});
  EXPECT_EQ((*s)->who().token, "u4.1");
  EXPECT_EQ((*s)->who().user, user_id{4});
  node.cut_all();
  ASSERT_TRUE(wait_until([&] { return connected == 2; }));
  EXPECT_EQ(node.tokens(), std::vector<std::string>{"u4.1"});
  EXPECT_EQ(door.op_ids().size(), 1u);
}

TEST(session_password, a_lost_answer_is_asked_for_again_with_the_same_key_and_makes_one_device) {
  fake_node node;
  const password_door door(node, 2);
  node.start();
  auto s = session::connect(by_password(node));
  ASSERT_TRUE(s) << s.error().detail;
  ASSERT_EQ(door.op_ids().size(), 3u);
  EXPECT_EQ(door.op_ids()[0], door.op_ids()[2]);
  auto again = session::connect(by_password(node));
  ASSERT_TRUE(again);
  EXPECT_NE(door.op_ids()[3], door.op_ids()[2]) << "another login is another device";
}

TEST(session_password, without_any_answer_the_outcome_is_unknown) {
  // The longer time is for a machine that stood still in the shorter one.
  for (const int ms : {700, 5'000}) {
    fake_node node;
    const password_door door(node, 1'000);
    node.start();
    session_options options = by_password(node);
    options.connect_timeout = std::chrono::milliseconds{ms};
    const auto s = session::connect(options);
    node.stop();
    ASSERT_FALSE(s);
    if (door.op_ids().size() < 2 && ms < 5'000) continue;
    EXPECT_EQ(s.error().code, errc::outcome_unknown);
    EXPECT_GE(door.op_ids().size(), 2u);
    break;
  }
}

TEST(session_password, a_wrong_one_is_final_and_asked_once) {
  fake_node node;
  const password_door door(node, 0);
  node.start();
  const auto s = session::connect(by_password(node, "wrong"));
  ASSERT_FALSE(s);
  EXPECT_EQ(s.error().code, errc::wrong_credentials);
}

TEST(session_password, too_many_attempts_are_reported_and_not_repeated) {
  fake_node node;
  const password_door door(node, 1'000, errc::rate_limited);
  node.start();
  const auto s = session::connect(by_password(node));
  ASSERT_FALSE(s);
  EXPECT_EQ(s.error().code, errc::rate_limited);
  EXPECT_EQ(door.op_ids().size(), 1u);
}

TEST(session_password, what_cannot_be_sent_is_refused_before_anything_is_connected) {
  session_options options;
  options.servers = {"127.0.0.1:1"};
  options.ca_file = certificates().ca_file();
  options.password = std::string(200, 'x');
  options.tenant = "t";
  options.user = "u";
  const auto s = session::connect(options);
  ASSERT_FALSE(s);
  EXPECT_EQ(s.error().code, errc::invalid_argument);
  EXPECT_EQ(s.error().detail.find("xxx"), std::string::npos);
}

/// RENEW_TOKEN gives u1.1, u1.2 …; tokens end `lifetime` after.
class renewals {
 public:
  renewals(fake_node& node, std::uint64_t lifetime_ms) {
    node.at_login = [this, lifetime_ms](logged_in& who) { who.renew_by = wall() + lifetime_ms; };
    node.script(frame_type::renew_token,
                [this, &node, lifetime_ms](net::connection& c, const frame_view& f) {
                  token_renewed m;
                  const std::string token = "u1." + std::to_string(++given);
                  m.token = token;
                  m.renew_by = wall() + lifetime_ms;
                  node.answer(c, f, m);
                });
  }
  static std::uint64_t wall() {
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                          std::chrono::system_clock::now().time_since_epoch())
                                          .count());
  }
  std::atomic<unsigned> given{0};
};

TEST(session_token, is_renewed_in_time_stored_and_only_then_used) {
  fake_node node;
  const renewals made(node, 3'600'000);
  node.start();
  std::mutex mutex;
  std::vector<std::string> stored;
  bool disk_full = true;
  session_events events;
  std::atomic<unsigned> connected{0};
  events.on_token = [&](const std::string& token, time_ms renew_by) {
    const std::lock_guard lock(mutex);
    EXPECT_GT(renew_by, renewals::wall());
    if (disk_full) return status(failure{errc::io_error, "no space"});
    stored.push_back(token);
    return status(done{});
  };
  events.on_link = [&](link_state link, const failure&) {
    if (link == link_state::connected) ++connected;
  };
  auto s = session::connect(node.options(1), events);
  ASSERT_TRUE(s);
  ASSERT_TRUE(wait_until([&] { return made.given == 1; }));
  // The node has to hear which token is held, before it is asked for another one.
  ASSERT_TRUE(wait_until([&] { return connected == 2; }));
  EXPECT_EQ(node.tokens(), (std::vector<std::string>{"u1", "u1"}))
      << "what is not stored is not used";
  {
    const std::lock_guard lock(mutex);
    disk_full = false;
  }
  const auto fresh = (*s)->renew_token();
  ASSERT_TRUE(fresh);
  node.cut_all();
  ASSERT_TRUE(wait_until([&] { return connected == 3; }));
  EXPECT_EQ(node.tokens().back(), fresh->token);
  const std::lock_guard lock(mutex);
  EXPECT_EQ(stored.back(), fresh->token);
}

TEST(session_token, nobody_who_stores_it_means_no_renewal) {
  fake_node node;
  const renewals made(node, 3'600'000);
  node.start();
  auto s = session::connect(node.options(1));
  ASSERT_TRUE(s);
  ASSERT_TRUE((*s)->wait_until_caught_up(test::patience));
  ASSERT_TRUE((*s)->send(fake_node::group, "hello"));
  EXPECT_EQ(made.given, 0u);
  // Asked for by the program, it is the program's to store; the session keeps to the old one.
  EXPECT_EQ((*s)->renew_token()->token, "u1.1");
  node.cut_all();
  ASSERT_TRUE((*s)->send(fake_node::group, "again"));
  EXPECT_EQ(node.tokens(), (std::vector<std::string>{"u1", "u1"}));
}

TEST(session_token, one_that_lives_long_is_left_alone) {
  fake_node node;
  const renewals made(node, 90ull * 24 * 3'600'000);
  node.start();
  session_events events;
  events.on_token = [](const std::string&, time_ms) { return status(done{}); };
  auto s = session::connect(node.options(1), events);
  ASSERT_TRUE(s);
  ASSERT_TRUE((*s)->send(fake_node::group, "hello"));
  ASSERT_TRUE((*s)->wait_until_caught_up(test::patience));
  EXPECT_EQ(made.given, 0u);
}

TEST(session_end, kicked_ended_and_logged_out_devices_do_not_come_back) {
  for (const errc code : {errc::kicked, errc::device_ended, errc::logged_out, errc::replaced}) {
    SCOPED_TRACE(std::string(name_of(code)));
    fake_node node;
    node.start();
    std::atomic<errc> why{errc::ok};
    session_events events;
    events.on_link = [&](link_state link, const failure& f) {
      if (link == link_state::ended) why = f.code;
    };
    auto s = session::connect(node.options(1), events);
    ASSERT_TRUE(s);
    node.send_goaway(code);
    ASSERT_TRUE(wait_until([&] { return why != errc::ok; }));
    EXPECT_EQ(why, code);
    EXPECT_FALSE((*s)->send(fake_node::group, "still here?"));
    EXPECT_EQ(node.logins, 1u);
  }
}

TEST(session_end, a_logout_is_done_even_when_its_answer_is_lost) {
  fake_node node;
  node.start();
  std::atomic<errc> why{errc::ok};
  session_events events;
  events.on_link = [&](link_state link, const failure& f) {
    if (link == link_state::ended) why = f.code;
  };
  auto s = session::connect(node.options(1), events);
  ASSERT_TRUE(s);
  node.run([&] {
    node.script(frame_type::logout, [&](net::connection& c, const frame_view&) {
      // From now on the token is worth nothing.
      node.script(frame_type::login, [&](net::connection& again, const frame_view& f) {
        node.refuse(again, f, errc::invalid_token, true);
      });
      c.close(net::close_reason::by_us, false);
    });
  });
  EXPECT_TRUE((*s)->logout());
  ASSERT_TRUE(wait_until([&] { return why != errc::ok; }));
}

TEST(session_end, after_a_logout_nobody_reconnects) {
  fake_node node;
  node.script(frame_type::logout, [&](net::connection& c, const frame_view& f) {
    node.answer(c, f, done_answer{});
    c.close(net::close_reason::by_us, true);
  });
  node.start();
  std::atomic<errc> why{errc::ok};
  session_events events;
  events.on_link = [&](link_state link, const failure& f) {
    if (link == link_state::ended) why = f.code;
  };
  auto s = session::connect(node.options(1), events);
  ASSERT_TRUE(s);
  EXPECT_TRUE((*s)->logout());
  ASSERT_TRUE(wait_until([&] { return why == errc::logged_out; }));
  EXPECT_EQ(node.logins, 1u);
}

}  // namespace
}  // namespace conclave::client
