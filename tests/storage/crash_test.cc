/// Kills a writing process at random moments under a file system that forgets what is not synced,
/// and looks for everything that it reported as committed. With fsync taken out the same test must
/// find a loss: otherwise it would prove nothing.
#include "storage/reads.h"
#include "tests/storage/storage_fixture.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fcntl.h>
#include <map>
#include <poll.h>
#include <random>
#include <signal.h>
#include <sstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace conclave::test {
namespace {

constexpr std::uint64_t conversations = 12;
constexpr std::uint16_t shards = 3;

using reported = std::map<std::uint64_t, std::uint64_t>;  ///< conversation -> highest version

struct run_result {
  int state = 0;  ///< of waitpid
  reported versions;
  std::size_t lines = 0;
};

/// Takes complete lines off `text`; what was cut by the kill was never reported.
void take_lines(std::string& text, run_result& result) {
  std::size_t end = 0;
  while ((end = text.find('\n')) != std::string::npos) {
    std::istringstream line(text.substr(0, end));
    std::uint64_t conversation = 0;
    std::uint64_t version = 0;
    line >> conversation >> version;
    std::uint64_t& known = result.versions[conversation];
    known = std::max(known, version);
    ++result.lines;
    text.erase(0, end + 1);
  }
}

/// Runs the child until it has reported `lines` lines, kills it, and gathers every report.
run_result run_and_kill(const std::string& path, const std::string& fault, std::size_t lines) {
  int out[2];
  EXPECT_EQ(::pipe2(out, O_CLOEXEC), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(out[1], STDOUT_FILENO);
    ::setenv("CONCLAVE_FAULT", fault.c_str(), 1);
    const std::string program = CONCLAVE_BINARY_DIR "/storage_crash_child";
    ::execl(program.c_str(), program.c_str(), path.c_str(), std::to_string(conversations).c_str(),
            nullptr);
    ::_exit(127);
  }
  ::close(out[1]);
  run_result result;
  std::string text;
  char buffer[4096];
  bool killed = false;
  for (ssize_t got = 0; (got = ::read(out[0], buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(got));
    take_lines(text, result);
    if (result.lines >= lines && !killed) {
      // Right after a report nothing is being written: the kill is to meet the writer anywhere.
      std::this_thread::sleep_for(std::chrono::microseconds(lines % 1000));
      ::kill(child, SIGKILL);
      killed = true;
    }
  }
  ::close(out[0]);
  ::waitpid(child, &result.state, 0);
  return result;
}

/// Empty when everything reported is there, dense and unharmed; else what is missing.
std::string look_for(const std::string& path, const reported& versions) {
  const auto opened = storage::store::open(options_for(path, shards));
  if (!opened) return "the folder does not open: " + opened.error().detail;
  for (const auto& [id, version] : versions) {
    const shard_id shard{static_cast<std::uint16_t>(id % shards)};
    const storage::state_view view = (*opened)->view(shard);
    const auto head = storage::entity_version(view, {entity_kind::conversation, some_tenant, id});
    if (!head || *head < version) {
      return "conversation " + std::to_string(id) + ": reported " + std::to_string(version) +
             ", found " + (head ? std::to_string(*head) : head.error().detail);
    }
    for (std::uint64_t seq = 1; seq <= *head; ++seq) {
      const auto row = view.get(keys::event(some_tenant, conversation_id{id}, event_seq{seq}));
      const std::string expected =
          std::to_string(id) + ":" + std::to_string(seq) + std::string(seq % 400, 'b');
      if (!row || *row != expected) {
        return "conversation " + std::to_string(id) + ", event " + std::to_string(seq) +
               " is missing or harmed";
      }
    }
  }
  for (std::uint16_t i = 0; i < shards; ++i) {
    const status whole = (*opened)->verify_log(shard_id{i});
    if (!whole) return whole.error().detail;
  }
  return {};
}

int rounds_from_environment(int fallback) {
  const char* const text = std::getenv("CONCLAVE_CRASH_ROUNDS");
  return text == nullptr ? fallback : std::atoi(text);
}

void kill_again_and_again(const std::string& fault) {
  temporary_folder folder;
  std::mt19937 random(20'240'607);
  reported all;
  std::size_t lines = 0;
  const int rounds = rounds_from_environment(8);
  for (int round = 0; round < rounds; ++round) {
    const run_result run = run_and_kill(folder.data(), fault, 1 + random() % 1500);
    ASSERT_TRUE(WIFSIGNALED(run.state)) << "the child ended by itself: " << run.state;
    for (const auto& [id, version] : run.versions) all[id] = std::max(all[id], version);
    lines += run.lines;
    ASSERT_EQ(look_for(folder.data(), all), "") << "after round " << round;
  }
  EXPECT_EQ(all.size(), conversations);
  EXPECT_GT(lines, static_cast<std::size_t>(rounds));
}

TEST(crash, nothing_reported_is_lost_by_a_power_cut) {
  kill_again_and_again("");
}

TEST(crash, nothing_reported_is_lost_by_a_power_cut_that_tears_the_last_write) {
  kill_again_and_again("torn");
}

TEST(crash, nothing_reported_is_lost_by_a_power_cut_that_leaves_some_sectors_of_the_last_write) {
  kill_again_and_again("torn_sectors");
}

TEST(crash, with_fsync_taken_out_the_loss_is_found) {
  temporary_folder folder;
  const run_result run = run_and_kill(folder.data(), "nosync", 400);
  ASSERT_TRUE(WIFSIGNALED(run.state));
  const std::string loss = look_for(folder.data(), run.versions);
  EXPECT_NE(loss.find("reported"), std::string::npos) << "it says: " << loss;
}

class crash_by_fault : public ::testing::TestWithParam<const char*> {};

TEST_P(crash_by_fault, the_process_stops_and_nothing_reported_is_lost) {
  temporary_folder folder;
  reported all;
  // A healthy life first, so that the fault meets a folder with history.
  all = run_and_kill(folder.data(), "", 300).versions;
  const run_result run = run_and_kill(folder.data(), GetParam(), 1'000'000);
  ASSERT_TRUE(WIFEXITED(run.state));
  EXPECT_EQ(WEXITSTATUS(run.state), 70);
  for (const auto& [id, version] : run.versions) all[id] = std::max(all[id], version);
  EXPECT_EQ(look_for(folder.data(), all), "");
}

INSTANTIATE_TEST_SUITE_P(faults, crash_by_fault,
                         ::testing::Values("fail_sync_after=150", "fail_write_after=150",
                                           "fail_sync_after=60,torn",
                                           "enospc_after_bytes=1000000"));

}  // namespace
}  // namespace conclave::test
