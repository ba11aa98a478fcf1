/// What a committed row costs: one thread proposes event rows for many conversations, the shard
/// writer commits them, and the CPU of everything but the proposing thread is divided by the rows.
///
///   commit_bench --path DIR [--conversations N] [--group ROWS] [--seconds S] [--shards N]
///   [--no-sync]
///
/// `group` rows are kept waiting while as many are being written, so that a commit holds about that
/// many. Compaction and flush threads are counted: a run of 60 s tells the sustained cost.
#include "conf/clock.h"
#include "schemas/keys.h"
#include "storage/shard_clock.h"
#include "storage/shard_writer.h"
#include "storage/store.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <time.h>
#include <vector>

namespace {

using namespace conclave;

struct settings {
  std::string path;
  std::uint64_t conversations = 10'000;
  std::uint64_t group = 500;
  double seconds = 10;
  std::uint16_t shards = 8;
  bool sync = true;
};

settings parse(int argc, char** argv) {
  settings s;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    const char* const value = i + 1 < argc ? argv[i + 1] : "";
    if (name == "--no-sync") {
      s.sync = false;
      continue;
    }
    ++i;
    if (name == "--path") s.path = value;
    if (name == "--conversations") s.conversations = std::strtoull(value, nullptr, 10);
    if (name == "--group") s.group = std::strtoull(value, nullptr, 10);
    if (name == "--seconds") s.seconds = std::strtod(value, nullptr);
    if (name == "--shards") s.shards = static_cast<std::uint16_t>(std::atoi(value));
  }
  return s;
}

double seconds_of(const timespec& t) {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

double cpu_seconds(clockid_t which) {
  timespec t{};
  clock_gettime(which, &t);
  return seconds_of(t);
}

/// Counts settled rows and lets the proposing thread wait for them.
class counting_owner final : public storage::proposal_owner {
 public:
  explicit counting_owner(std::uint64_t conversations) : versions_(conversations + 1) {}

  void on_resolved(const storage::resolution& news) override {
    if (!news.committed) std::abort();
    settled_ += news.version - versions_[news.entity.id];
    versions_[news.entity.id] = news.version;
    if (settled_ >= wanted_.load()) wake();
  }

  void on_claimed(const entity_ref&, std::uint64_t, std::uint64_t) override {
    ++settled_;
    if (settled_ >= wanted_.load()) wake();
  }

  void wait_for(std::uint64_t rows) {
    wanted_.store(rows);
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::milliseconds(100), [&] { return settled_ >= rows; });
    while (settled_ < rows) changed_.wait_for(lock, std::chrono::milliseconds(100));
  }

 private:
  void wake() {
    const std::lock_guard lock(mutex_);
    changed_.notify_one();
  }

  std::vector<std::uint64_t> versions_;
  std::atomic<std::uint64_t> settled_{0};
  std::atomic<std::uint64_t> wanted_{~std::uint64_t{0}};
  std::mutex mutex_;
  std::condition_variable changed_;
};

}  // namespace

int main(int argc, char** argv) {
  const settings s = parse(argc, argv);
  if (s.path.empty()) {
    std::fprintf(stderr,
                 "usage: commit_bench --path DIR [--conversations N] [--group ROWS] "
                 "[--seconds S] [--shards N] [--no-sync]\n");
    return 2;
  }
  storage::store_options options;
  options.path = s.path;
  options.shard_count = s.shards;
  auto opened = storage::store::open(options);
  if (!opened) {
    std::fprintf(stderr, "%s\n", opened.error().detail.c_str());
    return 1;
  }
  const system_clock source;
  storage::shard_clock clock(source, (*opened)->latest_time());
  storage::shard_writer::options writer_options;
  writer_options.sync = s.sync;
  writer_options.on_fatal = [](const std::string& sentence) {
    std::fprintf(stderr, "%s\n", sentence.c_str());
    std::_Exit(1);
  };
  storage::shard_writer writer(**opened, clock, std::move(writer_options));
  const auto leads = writer.start();
  if (!leads) {
    std::fprintf(stderr, "%s\n", leads.error().detail.c_str());
    return 1;
  }

  const auto owner = std::make_shared<counting_owner>(s.conversations);
  const tenant_id tenant{1};
  const auto shard_of = [&](std::uint64_t id) {
    return shard_id{static_cast<std::uint16_t>(id % s.shards)};
  };
  for (std::uint64_t id = 1; id <= s.conversations; ++id) {
    writer.claim(shard_of(id), {entity_kind::conversation, tenant, id}, 1, owner);
  }
  owner->wait_for(s.conversations);

  std::vector<std::uint64_t> heads(s.conversations + 1);
  std::string body(250, 'x');
  std::mt19937_64 random(1);
  for (char& c : body) c = static_cast<char>('a' + random() % 26);
  std::uint64_t sent = 0;
  const storage::writer_counters before = writer.counters();
  const double cpu_before = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
  const double own_before = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  const auto start = std::chrono::steady_clock::now();
  double elapsed = 0;
  do {
    for (std::uint64_t i = 0; i < s.group; ++i) {
      const std::uint64_t id = random() % s.conversations + 1;
      storage::proposal p;
      p.shard = shard_of(id);
      p.epoch = (*leads)[p.shard.value].epoch;
      p.entity = {entity_kind::conversation, tenant, id};
      p.incarnation = 1;
      p.expected_version = heads[id];
      p.new_version = ++heads[id];
      p.time = 1;
      p.redo.put(keys::event(tenant, conversation_id{id}, event_seq{heads[id]}), body);
      p.owner = owner;
      writer.submit(std::move(p));
    }
    sent += s.group;
    if (sent > 2 * s.group) owner->wait_for(s.conversations + sent - 2 * s.group);
    elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  } while (elapsed < s.seconds);
  owner->wait_for(s.conversations + sent);
  elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const double cpu = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_before;
  const double own = cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - own_before;
  const storage::writer_counters after = writer.counters();
  writer.stop();

  const auto rows = static_cast<double>(sent);
  const auto commits = static_cast<double>(after.commits - before.commits);
  std::printf("rows %.0f  rows/s %.0f  rows/commit %.0f  fsync %.3f ms\n", rows, rows / elapsed,
              rows / commits,
              static_cast<double>(after.fsync_us - before.fsync_us) / commits / 1e3);
  std::printf("cpu us/row: commit and compaction %.2f, proposing thread %.2f\n",
              (cpu - own) / rows * 1e6, own / rows * 1e6);
  return 0;
}
