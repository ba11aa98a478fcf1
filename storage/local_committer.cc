/// Tickets of a group are settled together: all of them by the same fsync.
#include "storage/local_committer.h"

#include "storage/commit_group.h"
#include "storage/count.h"
#include "storage/store_impl.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace conclave::storage {

class local_committer final : public committer {
 public:
  local_committer(store& data, local_committer_options options) : data_(data), options_(options) {}

  outcome<std::vector<shard_lead>> open(time_ms now) override {
    auto lanes = read_lanes();
    if (!lanes) return std::move(lanes).error().prefixed("cannot read where the shards stand");
    if (const status counted = data_.count_start(); !counted) return counted.error();
    const store::impl& inside = *data_.impl_;
    group_.emplace(inside.log, inside.meta, std::move(*lanes));
    for (std::uint16_t i = 0; i < data_.shard_count(); ++i) group_->open_epoch(shard_id{i}, now);
    const status opened = write();
    if (!opened) {
      return failure(opened.error()).prefixed("cannot open a new epoch");
    }
    std::vector<shard_lead> leads;
    for (const shard_lane& lane : group_->lanes()) leads.push_back({lane.shard, lane.epoch});
    return leads;
  }

  std::size_t shard_count() const override { return group_->lanes().size(); }

  shard_epoch leading(shard_id shard) const override { return group_->lanes()[shard.value].epoch; }

  void add(shard_id shard, std::uint64_t ticket, time_ms time, std::string_view redo) override {
    group_->add(shard, time, redo);
    if (gathered_.empty() || gathered_.back().ticket != ticket)
      gathered_.push_back({shard, ticket, true});
  }

  std::size_t gathered_bytes() const override { return group_->redo_bytes(); }

  status flush(std::vector<settled>& out) override {
    if (const status written = write(); !written) return written;
    out.insert(out.end(), gathered_.begin(), gathered_.end());
    gathered_.clear();
    return done{};
  }

  status close() override {
    group_->add_marks();
    const status written = write();
    if (written) data_.impl_->publish_all();
    return written;
  }

  commit_counts counts() const override {
    return {commits_.get(), entries_.get(), bytes_.get(), fsync_us_.get()};
  }

 private:
  status write() {
    if (group_->empty()) return done{};
    entries_.add(group_->entries());
    bytes_.add(group_->redo_bytes());
    rocksdb::WriteBatch& batch = group_->seal();
    store::impl& inside = *data_.impl_;
    const auto start = std::chrono::steady_clock::now();
    const rocksdb::Status written = inside.write(batch, options_.sync);
    const auto spent = std::chrono::steady_clock::now() - start;
    group_->clear();
    if (!written.ok()) return write_failure(inside.path, written);
    if (options_.sync) inside.publish();
    commits_.add(1);
    fsync_us_.add(static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(spent).count()));
    return done{};
  }

  /// Each shard's lane as the store left it.
  outcome<std::vector<shard_lane>> read_lanes() const {
    std::vector<shard_lane> lanes;
    for (std::uint16_t i = 0; i < data_.shard_count(); ++i) {
      const shard_id shard{i};
      const auto applied = data_.applied(shard);
      if (!applied) return applied.error();
      const auto mark = data_.impl_->mark(shard);
      if (!mark) return mark.error();
      const auto replica = data_.impl_->replica(shard);
      if (!replica) return replica.error();
      if (replica->has_value()) {
        return failure{errc::refused,
                       "the data folder " + data_.impl_->path +
                           " holds the copies of a cluster's node, which cannot be written alone"};
      }
      shard_lane lane;
      lane.shard = shard;
      lane.family = data_.impl_->family(shard).get();
      lane.epoch = applied->epoch;
      lane.last = applied->index;
      lane.hash = applied->hash;
      lane.time = applied->time;
      lane.first_kept = log_index{std::max<std::uint64_t>(mark->first_kept.value, 1)};
      lane.marked = mark->index;
      lane.tail.found(lane.first_kept, lane.last);
      lanes.push_back(std::move(lane));
    }
    return lanes;
  }

  store& data_;
  local_committer_options options_;
  std::optional<commit_group> group_;
  std::vector<settled> gathered_;
  count commits_, entries_, bytes_, fsync_us_;
};

std::unique_ptr<committer> make_local_committer(store& data, local_committer_options options) {
  return std::make_unique<local_committer>(data, options);
}

}  // namespace conclave::storage
