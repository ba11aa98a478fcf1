/// What the storage tests share: a folder that goes away, a clock that stands still, an owner that
/// remembers what it was told, and a node's storage in one object.
#pragma once

#include "conf/clock.h"
#include "schemas/event.h"
#include "schemas/keys.h"
#include "storage/shard_clock.h"
#include "storage/shard_writer.h"
#include "storage/store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <stdlib.h>
#include <string>
#include <vector>

namespace conclave::test {

class temporary_folder {
 public:
  temporary_folder() {
    std::string pattern = std::filesystem::temp_directory_path() / "conclave_storage_XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    root_ = pattern;
  }
  ~temporary_folder() {
    std::error_code ignored;  // A folder left in /tmp fails no test.
    std::filesystem::remove_all(root_, ignored);
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;

  const std::string& root() const { return root_; }
  /// A data folder that does not exist yet.
  std::string data() const { return root_ + "/data"; }

 private:
  std::string root_;
};

class manual_clock final : public clock {
 public:
  time_ms wall() const override { return wall_; }
  time_ms boot() const override { return boot_; }
  void set(time_ms wall, time_ms boot) {
    wall_ = wall;
    boot_ = boot;
  }
  void pass(time_ms span) {
    wall_ += span;
    boot_ += span;
  }

 private:
  std::atomic<time_ms> wall_{1'700'000'000'000};
  std::atomic<time_ms> boot_{5'000};
};

/// Remembers what the writer says, in order; tests wait for a number of tellings.
class recording_owner final : public storage::proposal_owner {
 public:
  struct telling {
    bool is_claim = false;
    storage::resolution what;
  };

  void on_resolved(const storage::resolution& news) override { remember({false, news}); }
  void on_claimed(const entity_ref& entity, std::uint64_t incarnation,
                  std::uint64_t version) override {
    remember({true, {entity, incarnation, version, 0, true}});
  }

  std::vector<telling> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    const bool came = changed_.wait_for(lock, std::chrono::seconds(30),
                                        [&] { return tellings_.size() >= count; });
    EXPECT_TRUE(came) << "told " << tellings_.size() << " of " << count;
    return tellings_;
  }

  /// Waits until `proposals` proposals are settled, committed or refused.
  std::vector<telling> wait_for_settled(std::uint64_t proposals) {
    std::unique_lock lock(mutex_);
    const bool came =
        changed_.wait_for(lock, std::chrono::seconds(60), [&] { return settled_ >= proposals; });
    EXPECT_TRUE(came) << "settled " << settled_ << " of " << proposals;
    return tellings_;
  }

  /// The writer's thread stops inside the next telling until open_gate().
  void close_gate() {
    const std::lock_guard lock(mutex_);
    gate_closed_ = true;
  }
  void wait_until_held() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return held_; });
  }
  void open_gate() {
    const std::lock_guard lock(mutex_);
    gate_closed_ = false;
    changed_.notify_all();
  }

 private:
  void remember(const telling& t) {
    std::unique_lock lock(mutex_);
    tellings_.push_back(t);
    settled_ += t.what.proposals;
    changed_.notify_all();
    if (!gate_closed_) return;
    held_ = true;
    changed_.notify_all();
    changed_.wait(lock, [&] { return !gate_closed_; });
    held_ = false;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<telling> tellings_;
  std::uint64_t settled_ = 0;
  bool gate_closed_ = false;
  bool held_ = false;
};

inline constexpr tenant_id some_tenant{7};

inline entity_ref conversation_entity(std::uint64_t id) {
  return {entity_kind::conversation, some_tenant, id};
}

inline std::string event_bytes(std::uint64_t seq, std::string_view body, time_ms time = 1) {
  event_view event;
  event.seq = event_seq{seq};
  event.kind = event_kind::text;
  event.sender = user_id{1};
  event.device = device_id{1};
  event.time = time;
  event.ordinal = seq;
  event.body = body;
  std::string bytes;
  append_event(bytes, event);
  return bytes;
}

/// A store with its writer running.
class running_storage {
 public:
  explicit running_storage(storage::store_options options, bool sync = true)
      : options_(std::move(options)), sync_(sync) {
    start();
  }

  void start() {
    auto opened = storage::store::open(options_);
    ASSERT_TRUE(opened) << opened.error().detail;
    store_ = std::move(*opened);
    shard_clock_ = std::make_unique<storage::shard_clock>(clock_, store_->latest_time());
    storage::shard_writer::options writer_options;
    writer_options.sync = sync_;
    writer_options.on_fatal = [](const std::string& sentence) {
      std::fprintf(stderr, "%s\n", sentence.c_str());
      std::_Exit(70);
    };
    writer_ =
        std::make_unique<storage::shard_writer>(*store_, *shard_clock_, std::move(writer_options));
    auto leads = writer_->start();
    ASSERT_TRUE(leads) << leads.error().detail;
    leads_ = *leads;
  }

  void stop() {
    writer_.reset();
    store_.reset();
  }
  void restart() {
    stop();
    start();
  }

  storage::store& data() { return *store_; }
  storage::shard_writer& writer() { return *writer_; }
  storage::shard_clock& time() { return *shard_clock_; }
  manual_clock& wall() { return clock_; }
  shard_epoch epoch(shard_id shard) const { return leads_[shard.value].epoch; }

  /// Claims and waits for the answer.
  std::uint64_t claim(shard_id shard, const entity_ref& entity, std::uint64_t incarnation) {
    const auto owner = std::make_shared<recording_owner>();
    writer_->claim(shard, entity, incarnation, owner);
    return owner->wait_for(1).front().what.version;
  }

  /// A proposal of one event row for a conversation.
  storage::proposal event(shard_id shard, std::uint64_t conversation, std::uint64_t incarnation,
                          std::uint64_t seq, const std::shared_ptr<recording_owner>& owner,
                          std::string_view body = "hello") {
    storage::proposal p;
    p.shard = shard;
    p.epoch = epoch(shard);
    p.entity = conversation_entity(conversation);
    p.incarnation = incarnation;
    p.expected_version = seq - 1;
    p.new_version = seq;
    p.time = shard_clock_->now();
    p.redo.put(keys::event(some_tenant, conversation_id{conversation}, event_seq{seq}),
               event_bytes(seq, body, p.time));
    p.owner = owner;
    return p;
  }

 private:
  storage::store_options options_;
  bool sync_;
  manual_clock clock_;
  std::unique_ptr<storage::store> store_;
  std::unique_ptr<storage::shard_clock> shard_clock_;
  std::unique_ptr<storage::shard_writer> writer_;
  std::vector<storage::shard_lead> leads_;
};

inline storage::store_options options_for(const std::string& path, std::uint16_t shards = 2) {
  storage::store_options options;
  options.path = path;
  options.shard_count = shards;
  options.block_cache_bytes = 8 << 20;
  options.write_buffer_bytes = 4 << 20;
  return options;
}

}  // namespace conclave::test
