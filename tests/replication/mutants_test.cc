/// Bugs planted in a copy of the core (program replication-mutants): each must be found by the
/// simulator within a bounded number of seeds, by a broken invariant and not by silence. A proof
/// that finds nothing in a broken core would prove nothing of a sound one.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <string>
#include <sys/wait.h>

namespace {

struct planted_bug {
  int number;  ///< of replication/mutation.h
  const char* name;
  int seeds;  ///< within so many; about ten times what it takes
};

/// The first line that names an invariant, or nothing.
std::string found_by(const planted_bug& bug) {
  const std::string command = std::string(CONCLAVE_BINARY_DIR "/replication-mutants --mutation ") +
                              std::to_string(bug.number) + " --stop --seeds " +
                              std::to_string(bug.seeds) + " 2>&1";
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return {};
  std::string output;
  std::array<char, 4096> buffer;
  while (const std::size_t got = fread(buffer.data(), 1, buffer.size(), pipe))
    output.append(buffer.data(), got);
  pclose(pipe);
  const std::size_t at = output.find(": I");
  if (at == std::string::npos) return {};
  return output.substr(at + 2, output.find('\n', at) - at - 2);
}

TEST(planted_bugs, each_is_found_by_an_invariant) {
  const planted_bug bugs[] = {
      {1, "acknowledge before quorum", 100},
      {2, "ignore the sites of the rule", 200},
      {3, "skip the promise", 8000},
      // 4, "promise before fsync", is not found yet: not in 30 000 seeds.
      {5, "acknowledge before fsync", 100},
      {6, "truncate below commit", 100},
      {7, "count an old epoch's entry", 500},
      {8, "commit before activation", 3000},
      {9, "forget the configuration's version", 6000},
      {10, "count a removed node", 300},
      {11, "accept what is meant for another incarnation", 300},
      {12, "recover from too few", 300},
      {13, "take the longest log instead of the newest", 12000},
      {14, "commit beyond what was compared", 4000},
      {15, "send learners what is not committed", 100},
      {16, "trust a disk that went back in time", 3000},
      {17, "keep the own log though another is newer", 300},
      // 18, "compare logs by epochs alone", needs recovery sets that do not meet and a cut in the
      // middle of a change: replica_test.cc has the run.
      {19, "ask only the voters that a plan replaces", 12000},
  };
  for (const planted_bug& bug : bugs) {
    const std::string found = found_by(bug);
    EXPECT_NE(found, "") << bug.name << " was not found";
    std::printf("%-45s %s\n", bug.name, found.c_str());
  }
}

}  // namespace
