/// `conclave` where its output or its session ends: what counts as printed, what is told of texts
/// that were under way, and with which code it ends.
#include "client/cli/event_feed.h"
#include "client/cli/exit_codes.h"
#include "client/cli/printed_state.h"
#include "tests/client/cli_run.h"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <map>
#include <thread>
#include <unistd.h>

namespace conclave::client::cli {
namespace {

using std::chrono::milliseconds;

constexpr conversation_id lunch{1};
constexpr conversation_id alarms{2};
constexpr conversation_id other{3};

session_state received_up_to(std::map<conversation_id, std::uint64_t> cursors) {
  session_state state;
  for (const auto& [c, cursor] : cursors) {
    conversation_state& at = state.conversations[c];
    at.following = true;
    at.cursor = event_seq{cursor};
    at.client_seq = cursor + 1'000;
  }
  return state;
}

std::uint64_t cursor_of(const session_state& state, conversation_id c) {
  return state.conversations.at(c).cursor.value;
}

TEST(printed_state, what_is_printed_counts_and_not_what_is_received) {
  printed_state progress(received_up_to({{lunch, 5}}));
  EXPECT_TRUE(progress.take_changed());
  progress.printed(lunch, event_seq{6});
  progress.printed(lunch, event_seq{2});
  progress.left_out(lunch, event_seq{7});
  progress.left_out(alarms, event_seq{9});
  const session_state stored =
      progress.merged(received_up_to({{lunch, 7}, {alarms, 9}, {other, 4}}));
  EXPECT_EQ(cursor_of(stored, lunch), 6u);
  EXPECT_EQ(cursor_of(stored, alarms), 8u);
  EXPECT_EQ(cursor_of(stored, other), 4u) << "nothing came that was not printed";
  EXPECT_TRUE(progress.take_changed());
  EXPECT_FALSE(progress.take_changed());
}

TEST(printed_state, conversations_that_were_not_chosen_keep_their_place) {
  session_state before = received_up_to({{lunch, 5}});
  before.conversations[lunch].passed.add(2, 3);
  before.conversations[lunch].looking_back = true;
  printed_state progress(before);
  progress.choose(alarms);
  progress.left_out(lunch, event_seq{6});
  progress.printed(alarms, event_seq{8});
  session_state stored = progress.merged(received_up_to({{lunch, 6}, {alarms, 9}, {other, 4}}));
  EXPECT_EQ(cursor_of(stored, lunch), 5u);
  EXPECT_TRUE(stored.conversations[lunch].looking_back);
  EXPECT_TRUE(stored.conversations[lunch].passed.contains(3));
  EXPECT_EQ(stored.conversations[lunch].client_seq, 1'006u);
  EXPECT_EQ(cursor_of(stored, alarms), 8u);
  EXPECT_EQ(cursor_of(stored, other), 4u);
  progress.left_out(other, event_seq{5});
  progress.left_out(conversation_id{4}, event_seq{21});
  stored = progress.merged(received_up_to({{lunch, 9}, {other, 12}, {conversation_id{4}, 30}}));
  EXPECT_EQ(cursor_of(stored, lunch), 5u);
  EXPECT_EQ(cursor_of(stored, other), 4u) << "where it stood when it was first heard of";
  EXPECT_EQ(cursor_of(stored, conversation_id{4}), 20u);
}

TEST(printed_state, the_inbox_stops_at_the_first_entry_that_is_left_out) {
  session_state before;
  before.following_inbox = true;
  before.inbox = 3;
  session_state received = before;
  received.inbox = 9;
  printed_state progress(before);
  progress.inbox_printed(4);
  progress.inbox_left_out(5);
  progress.inbox_printed(6);
  EXPECT_EQ(progress.merged(received).inbox, 4u);
  printed_state fresh{session_state{}};
  EXPECT_EQ(fresh.merged(received).inbox, 9u);
  fresh.inbox_left_out(8);
  fresh.inbox_left_out(9);
  EXPECT_EQ(fresh.merged(received).inbox, 7u);
}

TEST(event_feed, waits_once_for_a_reader_who_does_not_take_and_again_when_he_did) {
  using clock = std::chrono::steady_clock;
  constexpr milliseconds patience{20};
  event_feed feed(patience);
  const session_events events = feed.callbacks(false, false);
  const auto push = [&](std::size_t count) {
    const auto from = clock::now();
    for (std::size_t i = 0; i < count; ++i) events.on_presence(user_id{1}, true);
    return clock::now() - from;
  };
  push(event_feed::max_waiting);
  const auto spell = push(500);
  EXPECT_GE(spell, patience);
  EXPECT_LT(spell, 250 * patience) << "one wait, not one for each";
  EXPECT_EQ(feed.take().size(), event_feed::max_waiting + 500);
  push(event_feed::max_waiting);
  EXPECT_GE(push(1), patience);
}

/// One of the standard descriptors is a file for as long as this lives.
class redirected {
 public:
  redirected(int fd, const std::string& file, int flags) : fd_(fd), kept_(::dup(fd)) {
    std::fflush(stdout);
    const int opened = ::open(file.c_str(), flags | O_CLOEXEC);
    EXPECT_GE(opened, 0) << file;
    ::dup2(opened, fd_);
    ::close(opened);
  }
  ~redirected() {
    std::fflush(stdout);
    std::clearerr(stdout);
    ::dup2(kept_, fd_);
    ::close(kept_);
  }
  redirected(const redirected&) = delete;
  redirected& operator=(const redirected&) = delete;

 private:
  int fd_;
  int kept_;
};

class cli_output : public cli_run {
 protected:
  // `listen` and `chat` block signals and do not give them back.
  cli_output() { pthread_sigmask(SIG_SETMASK, nullptr, &signals_); }
  ~cli_output() override { pthread_sigmask(SIG_SETMASK, &signals_, nullptr); }

  /// Standard output is a disk that is full.
  result run_onto_full(const std::vector<std::string>& words) {
    std::vector<std::string> all{
        "conclave", "--server",     node_.address(), "--ca", certificates().ca_file(),
        "--json",   "--token-file", file("u1.token")};
    all.insert(all.end(), words.begin(), words.end());
    std::vector<char*> arguments;
    for (std::string& word : all) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    testing::internal::CaptureStderr();
    result r;
    {
      const redirected out(STDOUT_FILENO, "/dev/full", O_WRONLY);
      r.code = cli::run(static_cast<int>(all.size()), arguments.data());
    }
    r.err = testing::internal::GetCapturedStderr();
    return r;
  }

  /// A chat in which a script says these lines; the conversation's past is empty.
  result chat(const std::string& lines) {
    std::ofstream(file("lines")) << lines;
    node_.script(frame_type::history, [this](net::connection& c, const frame_view& f) {
      history_page page;
      page.conversation = fake_node::group;
      page.head = event_seq{node_.head()};
      node_.answer(c, f, page);
    });
    node_.start();
    const redirected in(STDIN_FILENO, file("lines"), O_RDONLY);
    return run({"chat", "Group"});
  }

  /// u1 has printed the first event of the group, two more have happened.
  void have_printed_one() {
    session_state state = received_up_to({{fake_node::group, 1}});
    state.tenant = tenant_id{1};
    state.user = user_id{1};
    state.device = device_id{1};
    ASSERT_TRUE(save_state(state_file(), state));
    node_.happen(user_id{3}, event_kind::text, "one more");
    node_.happen(user_id{3}, event_kind::text, "and another");
  }
  std::uint64_t printed() { return cursor_of(*load_state(state_file()), fake_node::group); }
  std::string state_file() { return file("u1.token.state.json"); }

  static void end_session(net::connection& c) {
    goaway word;
    word.code = errc::replaced;
    word.text = "another login";
    append_frame(c.tail(), 0, word);
    c.queued();
    c.close(net::close_reason::by_us, true);
  }

 private:
  sigset_t signals_{};
};

TEST_F(cli_output, a_full_disk_has_an_exit_code_of_its_own) {
  node_.start();
  const result r = run_onto_full({"conv", "list"});
  EXPECT_EQ(r.code, exit_output);
  EXPECT_NE(r.err.find("standard output could not be written"), std::string::npos) << r.err;
  EXPECT_EQ(run_onto_full({"conv", "list", "--dance"}).code, exit_usage);
  EXPECT_EQ(run({"conv", "list"}).code, exit_ok) << "the next command writes elsewhere";
}

TEST_F(cli_output, listen_ends_at_the_first_line_that_is_not_written_and_does_not_count_it) {
  have_printed_one();
  node_.start();
  EXPECT_EQ(run_onto_full({"listen"}).code, exit_output);
  EXPECT_EQ(printed(), 1u);
}

TEST_F(cli_output, listen_ends_with_its_session_also_when_it_hears_of_it_while_saving) {
  have_printed_one();
  node_.script(frame_type::resolve_users, [](net::connection& c, const frame_view&) {
    // Past the second after which `listen` saves: it is printing, and meets the end after that.
    std::this_thread::sleep_for(milliseconds{1'050});
    end_session(c);
  });
  node_.start();
  const result r = run({"listen"});
  EXPECT_EQ(r.code, exit_rejected);
  EXPECT_NE(r.err.find("replaced"), std::string::npos) << r.err;
  EXPECT_NE(r.out.find("and another"), std::string::npos) << r.out;
  EXPECT_EQ(printed(), 3u);
}

TEST_F(cli_output, a_text_that_fails_after_quit_is_told_and_sets_the_exit_code) {
  node_.script(frame_type::send, [this](net::connection& c, const frame_view& f) {
    node_.refuse(c, f, errc::muted);
  });
  const result r = chat("hello\n/quit\n");
  EXPECT_EQ(r.code, exit_rejected) << r.err;
  EXPECT_NE(r.err.find("not sent"), std::string::npos) << r.err;
  EXPECT_NE(r.err.find("(muted)"), std::string::npos) << r.err;
}

TEST_F(cli_output, a_text_that_was_under_way_when_the_session_ended_is_perhaps_sent) {
  node_.script(frame_type::send, [](net::connection& c, const frame_view&) { end_session(c); });
  const result r = chat("hello\n");
  EXPECT_EQ(r.code, exit_unknown) << r.err;
  EXPECT_NE(r.err.find("perhaps sent"), std::string::npos) << r.err;
  EXPECT_EQ(r.err.find("not sent"), std::string::npos) << r.err;
}

TEST_F(cli_output, a_change_whose_outcome_is_unknown_is_perhaps_done) {
  node_.script(frame_type::edit, [](net::connection& c, const frame_view&) { end_session(c); });
  const result r = chat("/edit 1 better\n");
  EXPECT_NE(r.err.find("perhaps done"), std::string::npos) << r.err;
  EXPECT_EQ(r.err.find("cannot edit"), std::string::npos) << r.err;
}

}  // namespace
}  // namespace conclave::client::cli
