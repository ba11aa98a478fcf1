/// A real store with its shard writer in a temporary folder, and a clock that moves when told.
#pragma once

#include "conf/clock.h"
#include "schemas/check.h"
#include "storage/shard_clock.h"
#include "storage/shard_writer.h"
#include "storage/store.h"
#include "tests/support/temp_folder.h"

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <vector>

namespace conclave::test {

/// Any thread.
class hand_clock final : public clock {
 public:
  time_ms wall() const override { return wall_; }
  time_ms boot() const override { return boot_; }
  void pass(time_ms span) {
    wall_ += span;
    boot_ += span;
  }

 private:
  std::atomic<time_ms> wall_{1'700'000'000'000};
  std::atomic<time_ms> boot_{1'000'000};
};

class committed_store {
 public:
  explicit committed_store(std::uint16_t shards = 3) {
    storage::store_options options;
    options.path = folder_.file("data");
    options.shard_count = shards;
    options.block_cache_bytes = 8u << 20;
    options.write_buffer_bytes = 4u << 20;
    auto opened = storage::store::open(options);
    CONCLAVE_CHECK(opened.ok(), "a store opens in an empty folder");
    store_ = std::move(*opened);
    shard_time_ = std::make_unique<storage::shard_clock>(time, 0);
    storage::shard_writer::options writing;
    writing.on_fatal = [](const std::string& sentence) {
      CONCLAVE_CHECK(sentence.empty(), "a healthy disk takes every write");
    };
    writing.sync = false;
    writer_ = std::make_unique<storage::shard_writer>(*store_, *shard_time_, std::move(writing));
    auto leads = writer_->start();
    CONCLAVE_CHECK(leads.ok(), "the writer starts");
    leads_ = *leads;
  }
  ~committed_store() { writer_->stop(); }

  hand_clock time;

  storage::store& data() { return *store_; }
  storage::shard_writer& writer() { return *writer_; }
  storage::shard_clock& shard_time() { return *shard_time_; }
  shard_epoch epoch(shard_id shard) const { return leads_.at(shard.value).epoch; }
  const std::vector<storage::shard_lead>& leads() const { return leads_; }

  /// The version from which an entity's next proposal starts; claims it for this object.
  std::uint64_t claim(shard_id shard, const entity_ref& entity) {
    auto owner = std::make_shared<waiting_owner>();
    writer_->claim(shard, entity, ++incarnation_, owner);
    return owner->claimed.get_future().get();
  }
  /// Proposes rows on top of `version` for the latest claim; true: committed.
  bool commit(shard_id shard, const entity_ref& entity, std::uint64_t version, redo_writer redo) {
    auto owner = std::make_shared<waiting_owner>();
    storage::proposal p;
    p.shard = shard;
    p.epoch = epoch(shard);
    p.entity = entity;
    p.incarnation = incarnation_;
    p.expected_version = version;
    p.new_version = version + 1;
    p.time = shard_time_->now();
    p.redo = std::move(redo);
    p.owner = owner;
    writer_->submit(std::move(p));
    return owner->committed.get_future().get();
  }

 private:
  struct waiting_owner final : storage::proposal_owner {
    void on_resolved(const storage::resolution& news) override {
      committed.set_value(news.committed);
    }
    void on_claimed(const entity_ref&, std::uint64_t, std::uint64_t version) override {
      claimed.set_value(version);
    }
    std::promise<std::uint64_t> claimed;
    std::promise<bool> committed;
  };

  temp_folder folder_;
  std::unique_ptr<storage::store> store_;
  std::unique_ptr<storage::shard_clock> shard_time_;
  std::unique_ptr<storage::shard_writer> writer_;
  std::vector<storage::shard_lead> leads_;
  std::uint64_t incarnation_ = 1'000'000;  ///< out of the way of a directory's
};

}  // namespace conclave::test
