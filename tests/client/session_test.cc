/// session against a node that misbehaves: nothing is lost, doubled or reordered, every call ends
/// with the truth.
#include "client/session.h"

#include "client/failures.h"
#include "tests/client/fake_node.h"
#include "tests/support/temp_folder.h"
#include "tests/support/waiting.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <mutex>

namespace conclave::client {
namespace {

using test::wait_until;

/// What a session's callbacks were told.
class ear {
 public:
  session_events callbacks() {
    session_events e;
    e.on_event = [this](conversation_id, const event_view& event) {
      const std::lock_guard lock(mutex_);
      seqs_.push_back(event.seq.value);
      if (event.kind == event_kind::text) texts_.emplace_back(event.body);
    };
    e.on_link = [this](link_state link, const failure& why) {
      const std::lock_guard lock(mutex_);
      links_.push_back(link);
      why_ = why.code;
    };
    return e;
  }
  std::vector<std::uint64_t> seqs() const {
    const std::lock_guard lock(mutex_);
    return seqs_;
  }
  std::vector<std::string> texts() const {
    const std::lock_guard lock(mutex_);
    return texts_;
  }
  std::size_t count(link_state wanted) const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::count(links_.begin(), links_.end(), wanted));
  }
  errc why() const {
    const std::lock_guard lock(mutex_);
    return why_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::uint64_t> seqs_;
  std::vector<std::string> texts_;
  std::vector<link_state> links_;
  errc why_ = errc::ok;
};

std::vector<std::uint64_t> dense(std::uint64_t first, std::uint64_t last) {
  std::vector<std::uint64_t> all;
  for (std::uint64_t seq = first; seq <= last; ++seq) all.push_back(seq);
  return all;
}

TEST(session, a_text_is_answered_and_comes_back_in_its_place) {
  fake_node node;
  node.start();
  ear heard;
  auto s = session::connect(node.options(1), heard.callbacks());
  ASSERT_TRUE(s) << s.error().detail;
  EXPECT_EQ((*s)->who().user, user_id{1});
  ASSERT_TRUE((*s)->wait_until_caught_up(test::patience));
  const auto said = (*s)->send(fake_node::group, "hello");
  ASSERT_TRUE(said) << said.error().detail;
  EXPECT_EQ(said->seq, event_seq{2});
  node.say("hi");
  ASSERT_TRUE(wait_until([&] { return heard.seqs().size() == 2; }));
  EXPECT_EQ(heard.texts(), (std::vector<std::string>{"hello", "hi"}));
}

TEST(session, a_wrong_token_and_a_closed_port_fail_each_with_its_own_code) {
  fake_node node;
  node.start();
  const auto refused = session::connect(node.options(0));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::invalid_token);
  const session_options options = node.options(1);
  node.stop();
  const auto nobody = session::connect(options);
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, unreachable);
}

TEST(session, the_second_server_is_used_when_the_first_is_away) {
  fake_node away;
  away.start();
  fake_node node;
  node.start();
  session_options options = node.options(1);
  options.servers = {away.address(), node.address()};
  away.stop();
  EXPECT_TRUE(session::connect(options));
}

TEST(session, what_was_missed_while_away_is_caught_up_from_the_exported_cursors) {
  fake_node node;
  node.start();
  session_options options = node.options(2);
  {
    ear heard;
    options.start = start_at::beginning;
    auto s = session::connect(options, heard.callbacks());
    ASSERT_TRUE(s);
    for (int i = 0; i < 5; ++i) node.say("one");
    ASSERT_TRUE(wait_until([&] { return heard.seqs().size() == 6; }));
    options.state = (*s)->export_state();
  }
  for (int i = 0; i < 100; ++i) node.say("missed");
  ear heard;
  auto s = session::connect(options, heard.callbacks());
  ASSERT_TRUE(s);
  ASSERT_TRUE((*s)->wait_until_caught_up(test::patience));
  EXPECT_EQ(heard.seqs(), dense(7, 106));
}

TEST(session, the_state_file_carries_cursors_and_counters_over_a_restart) {
  const test::temp_folder here("conclave-client");
  fake_node node;
  node.start();
  session_options options = node.options(1);
  options.state_file = here.file("state.json");
  std::uint64_t highest = 0;
  {
    auto s = session::connect(options);
    ASSERT_TRUE(s && (*s)->wait_until_caught_up(test::patience));
    ASSERT_TRUE((*s)->send(fake_node::group, "a"));
    ASSERT_TRUE((*s)->send(fake_node::group, "b"));
    highest = (*s)->export_state().conversations.at(fake_node::group).client_seq;
  }
  const auto stored = load_state(options.state_file);
  ASSERT_TRUE(stored);
  const auto& at = stored->conversations.at(fake_node::group);
  EXPECT_EQ(at.cursor, event_seq{3});
  EXPECT_EQ(at.client_seq, highest);

  // A counter from the future is continued, not begun anew at the clock.
  session_state ahead = *stored;
  ahead.conversations.at(fake_node::group).client_seq = std::uint64_t{1} << 52;
  ASSERT_TRUE(save_state(options.state_file, ahead));
  auto s = session::connect(options);
  ASSERT_TRUE(s);
  ASSERT_TRUE((*s)->send(fake_node::group, "c"));
  EXPECT_EQ((*s)->export_state().conversations.at(fake_node::group).client_seq,
            (std::uint64_t{1} << 52) + 1);
}

TEST(session, two_threads_wait_until_all_is_caught_up) {
  fake_node node;
  std::atomic<bool> held{true};
  node.script(frame_type::list_conversations, [&](net::connection& c, const frame_view& f) {
    if (held) return node.refuse(c, f, errc::overloaded);
    node.take_as_usual(c, f);
  });
  node.start();
  auto s = session::connect(node.options(1));
  ASSERT_TRUE(s) << s.error().detail;
  std::atomic<bool> first_done{false};
  auto first = std::async(std::launch::async, [&] {
    const bool caught_up = (*s)->wait_until_caught_up(test::patience);
    first_done = true;
    return caught_up;
  });
  EXPECT_FALSE((*s)->wait_until_caught_up(std::chrono::milliseconds{200}));
  EXPECT_FALSE((*s)->wait_until_caught_up(std::chrono::milliseconds{50}));
  EXPECT_FALSE(first_done) << "told that all is caught up, which it is not";
  held = false;
  EXPECT_TRUE((*s)->wait_until_caught_up(test::patience));
  EXPECT_TRUE(first.get());
}

TEST(session, the_state_of_another_user_is_refused) {
  fake_node node;
  node.start();
  session_options options = node.options(1);
  options.state.tenant = tenant_id{1};
  options.state.user = user_id{2};
  const auto s = session::connect(options);
  ASSERT_FALSE(s);
  EXPECT_EQ(s.error().code, errc::invalid_argument);
}

TEST(session, without_an_answer_in_time_the_outcome_is_unknown) {
  fake_node node;
  node.start();
  session_options options = node.options(1);
  options.request_timeout = std::chrono::milliseconds{400};
  auto s = session::connect(options);
  ASSERT_TRUE(s);
  node.silent = true;
  const auto said = (*s)->send(fake_node::group, "hello?");
  ASSERT_FALSE(said);
  EXPECT_EQ(said.error().code, errc::outcome_unknown);
}

TEST(session, a_node_that_never_has_time_is_reported_with_its_own_code) {
  // The longer time is for a machine that stood still in the shorter one.
  for (const int ms : {700, 5'000}) {
    fake_node node;
    node.start();
    session_options options = node.options(1);
    options.request_timeout = std::chrono::milliseconds{ms};
    auto s = session::connect(options);
    ASSERT_TRUE(s);
    node.answer_retry = 100;
    const auto said = (*s)->send(fake_node::group, "now?");
    ASSERT_FALSE(said);
    if (node.sends < 2 && ms < 5'000) continue;
    // Between two attempts it is certain that nothing was done; while one is under way it is not.
    EXPECT_TRUE(said.error().code == errc::overloaded ||
                said.error().code == errc::outcome_unknown);
    EXPECT_GE(node.sends, 2u);
    break;
  }
}

TEST(session, p9_while_a_second_attempt_is_under_way_nobody_knows) {
  // As above.
  for (const int ms : {1'000, 5'000}) {
    std::atomic<unsigned> attempts{0};
    fake_node node;
    node.script(frame_type::send, [&](net::connection& c, const frame_view& f) {
      if (++attempts == 1) node.refuse(c, f, errc::overloaded);
    });
    node.start();
    session_options options = node.options(1);
    options.request_timeout = std::chrono::milliseconds{ms};
    auto s = session::connect(options);
    ASSERT_TRUE(s);
    const auto said = (*s)->send(fake_node::group, "now?");
    ASSERT_FALSE(said);
    if (attempts < 2 && ms < 5'000) continue;
    EXPECT_EQ(attempts, 2u);
    EXPECT_EQ(said.error().code, errc::outcome_unknown) << name_of(said.error().code);
    break;
  }
}

TEST(session, what_could_not_even_be_sent_is_certainly_not_done) {
  fake_node node;
  node.start();
  ear heard;
  session_options options = node.options(1);
  options.request_timeout = std::chrono::milliseconds{400};
  auto s = session::connect(options, heard.callbacks());
  ASSERT_TRUE(s);
  node.stop();
  ASSERT_TRUE(wait_until([&] { return heard.count(link_state::lost) == 1; }));
  const auto said = (*s)->send(fake_node::group, "anybody?");
  ASSERT_FALSE(said);
  EXPECT_EQ(said.error().code, unreachable);
}

TEST(session, a_device_that_was_replaced_does_not_fight_for_its_place) {
  fake_node node;
  node.start();
  ear heard;
  auto s = session::connect(node.options(1), heard.callbacks());
  ASSERT_TRUE(s);
  node.send_goaway(errc::replaced);
  ASSERT_TRUE(wait_until([&] { return heard.count(link_state::ended) == 1; }));
  EXPECT_EQ(heard.why(), errc::replaced);
  const auto said = (*s)->send(fake_node::group, "still here?");
  ASSERT_FALSE(said);
  EXPECT_EQ(node.logins, 1u);
}

TEST(session, a_goaway_for_a_restart_leads_back_to_the_node) {
  fake_node node;
  node.start();
  ear heard;
  auto s = session::connect(node.options(1), heard.callbacks());
  ASSERT_TRUE(s);
  ASSERT_TRUE((*s)->wait_until_caught_up(test::patience));
  node.send_goaway(errc::shutting_down);
  ASSERT_TRUE(wait_until([&] { return heard.count(link_state::connected) == 2; }));
  EXPECT_TRUE((*s)->send(fake_node::group, "back"));
}

/// One speaks, one listens, and the node does its worst.
void survive(std::uint64_t seed, unsigned texts) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  fake_node node(seed);
  node.start();
  ear of_speaker;
  ear of_listener;
  session_options options = node.options(1);
  options.start = start_at::beginning;
  options.request_timeout = std::chrono::milliseconds{60'000};
  auto speaker = session::connect(options, of_speaker.callbacks());
  options.token = "u2";
  auto listener = session::connect(options, of_listener.callbacks());
  ASSERT_TRUE(speaker && listener);
  node.lose_push = 20;
  node.cut_before = 2;
  node.cut_after = 2;
  node.answer_retry = 3;
  node.answer_unknown = 3;

  std::mutex mutex;
  std::vector<std::uint64_t> receipts;
  unsigned failed = 0;
  std::vector<std::string> said;
  for (unsigned i = 0; i < texts; ++i) {
    said.push_back("text " + std::to_string(i));
    (*speaker)->send_async(fake_node::group, said.back(), [&](outcome<receipt> r) {
      const std::lock_guard lock(mutex);
      if (r) {
        receipts.push_back(r->seq.value);
      } else {
        ++failed;
      }
    });
    if (i % 50 == 25) node.cut_all();
  }
  ASSERT_TRUE(wait_until(
      [&] {
        const std::lock_guard lock(mutex);
        return receipts.size() + failed == texts;
      },
      options.request_timeout));
  EXPECT_EQ(failed, 0u);
  node.lose_push = node.cut_before = node.cut_after = 0;
  node.answer_retry = node.answer_unknown = 0;
  node.cut_all();  // after the reconnect the listing closes what is still open
  ASSERT_TRUE(wait_until([&] {
    return of_listener.seqs().size() >= texts + 1 && of_speaker.seqs().size() >= texts + 1;
  })) << of_listener.seqs().size()
      << " and " << of_speaker.seqs().size();
  EXPECT_EQ(of_listener.seqs(), dense(1, texts + 1));
  EXPECT_EQ(of_speaker.seqs(), dense(1, texts + 1));
  std::sort(receipts.begin(), receipts.end());
  EXPECT_EQ(receipts, dense(2, texts + 1));
  std::vector<std::string> heard = of_listener.texts();
  EXPECT_EQ(heard, of_speaker.texts());
  EXPECT_EQ(heard, node.texts());
  std::sort(heard.begin(), heard.end());
  std::sort(said.begin(), said.end());
  EXPECT_EQ(heard, said) << "each text once";
}

TEST(session, nothing_is_lost_doubled_or_reordered_whatever_the_node_does) {
  for (const std::uint64_t seed : {1, 2, 3}) survive(seed, 300);
}

TEST(session, texts_of_one_conversation_keep_their_order_over_cut_connections) {
  fake_node node;
  node.start();
  auto s = session::connect(node.options(1));
  ASSERT_TRUE(s);
  node.cut_after = 3;
  std::atomic<unsigned> answered{0};
  std::vector<std::string> said;
  for (unsigned i = 0; i < 300; ++i) {
    said.push_back(std::to_string(i));
    (*s)->send_async(fake_node::group, said.back(), [&](outcome<receipt>) { ++answered; });
  }
  ASSERT_TRUE(wait_until([&] { return answered == 300; }));
  s = outcome<std::unique_ptr<session>>(errc::ok);
  node.stop();
  EXPECT_EQ(node.texts(), said);
}

/// A window of large texts is more than a connection may have waiting.
TEST(session, a_window_of_large_texts_does_not_overflow_the_connection) {
  fake_node node;
  node.start();
  auto s = session::connect(node.options(1));
  ASSERT_TRUE(s);
  constexpr unsigned count = 200;
  const std::string large(60'000, 'x');
  std::atomic<unsigned> answered{0};
  std::atomic<unsigned> failed{0};
  for (unsigned i = 0; i < count; ++i) {
    (*s)->send_async(fake_node::group, large, [&](outcome<receipt> r) {
      if (!r) ++failed;
      ++answered;
    });
  }
  ASSERT_TRUE(wait_until([&] { return answered == count; }));
  EXPECT_EQ(failed, 0u);
  EXPECT_EQ(node.logins, 1u);
}

}  // namespace
}  // namespace conclave::client
