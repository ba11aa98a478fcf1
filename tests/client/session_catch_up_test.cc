/// What a session hears of what it missed: what is gone before anything newer, the inbox without
/// gaps, and its own changes in their place.
#include "client/conversation_view.h"
#include "client/follower.h"
#include "client/session.h"
#include "tests/client/fake_node.h"
#include "tests/support/waiting.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <mutex>

namespace conclave::client {
namespace {

using test::wait_until;

/// The callbacks as lines, in the order in which they came.
class diary {
 public:
  session_events callbacks() {
    session_events e;
    e.on_event = [this](conversation_id, const event_view& event) {
      const std::lock_guard lock(mutex_);
      lines_.push_back("event " + std::to_string(event.seq.value));
      view_.apply(event);
    };
    e.on_gone = [this](conversation_id, const std::vector<event_seq>& seqs) {
      const std::lock_guard lock(mutex_);
      std::string line = "gone";
      for (const event_seq s : seqs) line += " " + std::to_string(s.value);
      lines_.push_back(line);
      view_.on_gone(seqs);
    };
    e.on_inbox = [this](const inbox_entry& entry) {
      const std::lock_guard lock(mutex_);
      inbox_.push_back(entry.seq);
    };
    e.on_inbox_lost = [this] { ++lost_; };
    return e;
  }
  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  std::vector<std::uint64_t> inbox() const {
    const std::lock_guard lock(mutex_);
    return inbox_;
  }
  std::string dump() const {
    const std::lock_guard lock(mutex_);
    return view_.dump();
  }
  unsigned lost() const { return lost_; }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
  std::vector<std::uint64_t> inbox_;
  conversation_view view_;
  std::atomic<unsigned> lost_{0};
};

using list = std::vector<std::string>;

/// LIST_GONE, two per page.
void serve_gone(fake_node& node, std::vector<std::uint64_t> seqs) {
  node.script(frame_type::list_gone, [&node, seqs](net::connection& c, const frame_view& f) {
    const auto ask = *decode<list_gone>(f.payload);
    gone_page page;
    page.conversation = ask.conversation;
    for (const std::uint64_t s : seqs) {
      if (s <= ask.after.value || s > ask.cursor.value) continue;
      if (page.gone.size() == 2) {
        page.next = page.gone.back();
        break;
      }
      page.gone.push_back(event_seq{s});
    }
    node.answer(c, f, page);
  });
}

/// A session that has heard the first texts and went away.
session_state after_texts(fake_node& node, unsigned texts) {
  session_options options = node.options(2);
  options.start = start_at::beginning;
  diary heard;
  auto s = session::connect(options, heard.callbacks());
  EXPECT_TRUE(s);
  for (unsigned i = 0; i < texts; ++i) node.say("text");
  EXPECT_TRUE(wait_until([&] { return heard.lines().size() == texts + 1; }));
  return (*s)->export_state();
}

/// A listing of `count` conversations, a page after the other, each with one event; `listed`
/// counts.
void serve_many(fake_node& node, std::uint64_t count, std::atomic<std::uint64_t>& listed) {
  node.script(frame_type::list_conversations,
              [&node, &listed, count](net::connection& c, const frame_view& f) {
                const auto ask = *decode<list_conversations>(f.payload);
                conversations_page page;
                const std::uint64_t last = std::min(count, ask.after.value + 500);
                for (std::uint64_t id = ask.after.value + 1; id <= last; ++id) {
                  conversation_summary s;
                  s.conversation = conversation_id{id};
                  s.head = event_seq{1};
                  s.member = true;
                  page.conversations.push_back(s);
                }
                page.more = last < count;
                node.answer(c, f, page);
                listed = last;
              });
}

TEST(session_catch_up, a_session_with_much_to_fetch_ends_at_once) {
  fake_node node;
  constexpr std::uint64_t many = 60'000;
  std::atomic<std::uint64_t> listed{0};
  serve_many(node, many, listed);
  std::atomic<unsigned> asked{0};
  node.script(frame_type::history, [&](net::connection&, const frame_view&) { ++asked; });
  node.start();
  session_options options = node.options(2);
  options.start = start_at::beginning;
  auto s = session::connect(options);
  ASSERT_TRUE(s);
  ASSERT_TRUE(wait_until([&] { return asked == follower::max_reads && listed == many; }));
  (*s)->export_state();
  s->reset();
}

TEST(session_catch_up, a_session_that_ended_is_not_caught_up) {
  fake_node node;
  std::atomic<unsigned> asked{0};
  node.script(frame_type::history, [&](net::connection&, const frame_view&) { ++asked; });
  node.start();
  node.say("missed");
  session_options options = node.options(2);
  options.start = start_at::beginning;
  auto s = session::connect(options);
  ASSERT_TRUE(s);
  ASSERT_TRUE(wait_until([&] { return asked == 1; }));
  auto waiting = std::async(std::launch::async, [&] {
    return (*s)->wait_until_caught_up(std::chrono::milliseconds{1'500});
  });
  node.send_goaway(errc::device_ended);
  EXPECT_FALSE(waiting.get()) << "nothing of it was handed out";
}

TEST(session_catch_up, what_went_while_away_is_told_before_anything_newer) {
  fake_node node;
  node.start();
  session_options options = node.options(2);
  options.state = after_texts(node, 5);
  node.run([&] {
    serve_gone(node, {2, 3, 4});
    for (int i = 0; i < 100; ++i) node.happen(user_id{3}, event_kind::text, "newer");
  });
  diary heard;
  auto s = session::connect(options, heard.callbacks());
  ASSERT_TRUE(s);
  ASSERT_TRUE((*s)->wait_until_caught_up(test::patience));
  const list lines = heard.lines();
  ASSERT_EQ(lines.size(), 102u);
  EXPECT_EQ(lines[0], "gone 2 3");
  EXPECT_EQ(lines[1], "gone 4");
  EXPECT_EQ(lines[2], "event 7");
  EXPECT_EQ(lines.back(), "event 106");
  EXPECT_EQ(node.count(frame_type::list_gone), 2u) << "once for all pages of a catch-up";
}

TEST(session_catch_up, an_event_that_comes_while_gone_is_asked_waits_for_it) {
  fake_node node;
  node.start();
  session_options options = node.options(2);
  options.state = after_texts(node, 3);
  node.run([&] {
    node.happen(user_id{3}, event_kind::text, "missed");
    // The next event is pushed before LIST_GONE is answered.
    node.script(frame_type::list_gone, [&](net::connection& c, const frame_view& f) {
      event_view early = *decode_event(node.bytes(5));
      append_event_frame(c.tail(), fake_node::group, early);
      gone_page page;
      page.conversation = fake_node::group;
      page.gone = {event_seq{2}};
      node.answer(c, f, page);
    });
  });
  diary heard;
  auto s = session::connect(options, heard.callbacks());
  ASSERT_TRUE(s);
  ASSERT_TRUE((*s)->wait_until_caught_up(test::patience));
  EXPECT_EQ(heard.lines(), (list{"gone 2", "event 5"}));
}

TEST(session_catch_up, a_page_that_was_asked_before_the_connection_was_lost_is_asked_anew) {
  fake_node node;
  node.start();
  session_options options = node.options(2);
  options.state = after_texts(node, 3);
  std::atomic<unsigned> pages{0};
  node.run([&] {
    node.happen(user_id{3}, event_kind::text, "missed");
    serve_gone(node, {});
    node.script(frame_type::history, [&](net::connection& c, const frame_view& f) {
      if (pages++ != 0) return node.take_as_usual(c, f);
      // Lost here; while the session is away, message 2 goes.
      serve_gone(node, {2});
      c.close(net::close_reason::by_us, false);
    });
  });
  diary heard;
  auto s = session::connect(options, heard.callbacks());
  ASSERT_TRUE(s);
  ASSERT_TRUE(wait_until([&] { return heard.lines().size() == 2; }));
  EXPECT_EQ(heard.lines(), (list{"gone 2", "event 5"}));
}

TEST(session_catch_up, a_program_that_keeps_nothing_does_not_ask_what_is_gone) {
  fake_node node;
  node.start();
  session_options options = node.options(2);
  options.state = after_texts(node, 3);
  for (int i = 0; i < 3; ++i) node.say("missed");
  diary heard;
  session_events events = heard.callbacks();
  events.on_gone = nullptr;
  auto s = session::connect(options, std::move(events));
  ASSERT_TRUE(s);
  ASSERT_TRUE((*s)->wait_until_caught_up(test::patience));
  EXPECT_EQ(heard.lines(), (list{"event 5", "event 6", "event 7"}));
  EXPECT_EQ(node.count(frame_type::list_gone), 0u);
}

TEST(session_catch_up, a_node_that_cannot_tell_what_is_gone_is_no_reason_to_tell_nothing) {
  fake_node node;
  node.start();
  session_options options = node.options(2);
  options.state = after_texts(node, 3);
  node.say("missed");
  diary heard;
  auto s = session::connect(options, heard.callbacks());
  ASSERT_TRUE(s);
  ASSERT_TRUE((*s)->wait_until_caught_up(test::patience));
  EXPECT_EQ(heard.lines(), list{"event 5"});
}

TEST(session_catch_up, own_changes_come_in_their_place_and_both_devices_show_the_same) {
  fake_node node;
  node.start();
  session_options options = node.options(1);
  options.start = start_at::beginning;
  diary mine;
  auto s = session::connect(options, mine.callbacks());
  options.token = "u2";
  diary other;
  auto o = session::connect(options, other.callbacks());
  ASSERT_TRUE(s && o);
  ASSERT_TRUE((*s)->wait_until_caught_up(test::patience));
  message_extras extras;
  ASSERT_TRUE((*s)->send(fake_node::group, "one"));
  extras.reply_to = extras.thread = event_seq{2};
  extras.mentions_all = true;
  ASSERT_TRUE((*s)->send(fake_node::group, "two", extras));
  extras = {};
  extras.kind = event_kind::structured;
  ASSERT_TRUE((*s)->send(fake_node::group, "{}", extras));
  EXPECT_EQ((*s)->edit(fake_node::group, event_seq{2}, "won")->seq, event_seq{5});
  ASSERT_TRUE((*s)->react(fake_node::group, event_seq{2}, "+1"));
  ASSERT_TRUE((*s)->recall(fake_node::group, event_seq{3}));
  const list all{"event 1", "event 2", "event 3", "event 4", "event 5", "event 6", "event 7"};
  ASSERT_TRUE(wait_until([&] { return mine.lines().size() == 7 && other.lines().size() == 7; }));
  EXPECT_EQ(mine.lines(), all);
  EXPECT_EQ(other.lines(), all);
  EXPECT_EQ(mine.dump(), other.dump());
  EXPECT_EQ(node.count(frame_type::list_gone), 0u) << "an own change is no absence";
}

/// An inbox with entries first … head.
void serve_inbox(fake_node& node, std::uint64_t first, std::uint64_t& head) {
  node.script(frame_type::inbox, [&node, first, &head](net::connection& c, const frame_view& f) {
    const auto ask = *decode<read_inbox>(f.payload);
    inbox_page page;
    page.first = first;
    page.head = head;
    for (std::uint64_t s = std::max(first, ask.after + 1); s <= head; ++s) {
      if (page.entries.size() == 3) break;
      inbox_entry e;
      e.seq = s;
      e.kind = inbox_kind::read;
      page.entries.push_back(e);
    }
    node.answer(c, f, page);
  });
  node.at_login = [&head](logged_in& who) { who.inbox_head = head; };
}

inbox_entry entry(std::uint64_t seq) {
  inbox_entry e;
  e.seq = seq;
  e.kind = inbox_kind::read;
  return e;
}

TEST(session_inbox, everything_after_the_cursor_comes_once_and_in_order) {
  fake_node node;
  std::uint64_t head = 7;
  serve_inbox(node, 1, head);
  node.start();
  session_options options = node.options(2);
  options.start = start_at::beginning;
  diary heard;
  auto s = session::connect(options, heard.callbacks());
  ASSERT_TRUE(s);
  ASSERT_TRUE((*s)->wait_until_caught_up(test::patience));
  EXPECT_EQ(heard.inbox(), (std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6, 7}));
  node.tell(entry(8));
  node.tell(entry(8));
  ASSERT_TRUE(wait_until([&] { return heard.inbox().size() == 8; }));
  node.run([&] { head = 11; });
  node.tell(entry(11));  // 9 and 10 were not pushed
  ASSERT_TRUE(wait_until([&] { return heard.inbox().size() == 11; }));
  node.run([&] { head = 12; });
  node.tell(inbox_head_push{12});
  ASSERT_TRUE(wait_until([&] { return heard.inbox().size() == 12; }));
  EXPECT_EQ(heard.inbox().back(), 12u);
  EXPECT_EQ((*s)->export_state().inbox, 12u);
  EXPECT_EQ(heard.lost(), 0u);
}

TEST(session_inbox, a_device_with_memory_goes_on_and_one_without_begins_at_the_head) {
  fake_node node;
  std::uint64_t head = 7;
  serve_inbox(node, 1, head);
  node.start();
  session_options options = node.options(2);
  {
    diary heard;
    auto s = session::connect(options, heard.callbacks());
    ASSERT_TRUE(s);
    ASSERT_TRUE((*s)->wait_until_caught_up(test::patience));
    EXPECT_TRUE(heard.inbox().empty());
    options.state = (*s)->export_state();
  }
  node.run([&] { head = 9; });
  diary heard;
  auto s = session::connect(options, heard.callbacks());
  ASSERT_TRUE(s);
  ASSERT_TRUE((*s)->wait_until_caught_up(test::patience));
  EXPECT_EQ(heard.inbox(), (std::vector<std::uint64_t>{8, 9}));
}

TEST(session_inbox, entries_that_the_node_dropped_make_the_conversations_listed_anew) {
  fake_node node;
  std::uint64_t head = 20;
  serve_inbox(node, 18, head);
  node.start();
  session_options options = node.options(2);
  options.state = after_texts(node, 1);
  options.state.following_inbox = true;
  options.state.inbox = 5;
  const std::size_t before = node.count(frame_type::list_conversations);
  diary heard;
  auto s = session::connect(options, heard.callbacks());
  ASSERT_TRUE(s);
  ASSERT_TRUE((*s)->wait_until_caught_up(test::patience));
  EXPECT_EQ(heard.inbox(), (std::vector<std::uint64_t>{18, 19, 20}));
  EXPECT_EQ(heard.lost(), 1u);
  EXPECT_GE(node.count(frame_type::list_conversations), before + 2);
}

}  // namespace
}  // namespace conclave::client
