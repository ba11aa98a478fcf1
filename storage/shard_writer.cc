/// The loop: take everything that waits, judge it in order, write one group, tell the owners. The
/// one lock guards the incoming queue and is held for a swap or a push only.
#include "storage/shard_writer.h"

#include "conf/limits.h"
#include "schemas/check.h"
#include "storage/commit_group.h"
#include "storage/entity_fence.h"
#include "storage/reads.h"
#include "storage/store_impl.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <pthread.h>
#include <thread>
#include <utility>

namespace conclave::storage {

namespace {

enum class item_kind : std::uint8_t { proposal, claim, release };

/// What waits in the queue. A claim or release uses the proposal's shard, entity, incarnation,
/// owner.
struct item {
  item_kind kind = item_kind::proposal;
  proposal content;
};

/// What an owner is to be told once the group is on disk.
struct news {
  bool is_claim = false;
  resolution what;  ///< a claim's version too
  std::shared_ptr<proposal_owner> owner;
};

/// A counter with one writer: no locked instruction needed.
class counter {
 public:
  void add(std::uint64_t n) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace

struct shard_writer::impl {
  impl(store& s, shard_clock& c, options o) : data(s), clock(c), settings(std::move(o)) {}

  store& data;
  shard_clock& clock;
  options settings;

  std::mutex mutex;
  std::condition_variable wake;
  std::vector<item> incoming;  ///< bounded by admission tickets, see the header
  bool waiting = false;
  bool stopping = false;
  std::thread thread;

  // -- the writer's thread only
  // --------------------------------------------------------------------
  std::unique_ptr<commit_group> group;
  std::uint64_t group_number = 0;
  entity_fence fence;
  std::vector<item> taken;
  std::vector<news> to_tell;

  counter commits, entries, proposals, refused, bytes, fsync_us;

  void push(item i) {
    bool asleep = false;
    {
      const std::lock_guard lock(mutex);
      if (stopping) return;  // Its owner is going down too: the engine stops before its writer.
      incoming.push_back(std::move(i));
      asleep = std::exchange(waiting, false);
    }
    if (asleep) wake.notify_one();
  }

  bool take() {
    taken.clear();
    std::unique_lock lock(mutex);
    waiting = true;
    wake.wait(lock, [this] { return stopping || !incoming.empty(); });
    waiting = false;
    taken.swap(incoming);
    return !taken.empty();
  }

  [[noreturn]] void fatal(const std::string& sentence) {
    if (settings.on_fatal) settings.on_fatal(sentence);
    std::abort();  // Going on would acknowledge what may not be on disk.
  }

  void run() {
    pthread_setname_np(pthread_self(), "shard_writer");
    while (take()) {
      for (std::size_t at = 0; at < taken.size();) at = commit_from(at);
    }
    group->add_marks();
    write_group();
  }

  /// Commits one group that starts at `at`; returns where the next one starts.
  std::size_t commit_from(std::size_t at) {
    ++group_number;
    for (; at < taken.size(); ++at) {
      item& next = taken[at];
      if (next.kind == item_kind::release) {
        fence.release(next.content.entity, next.content.incarnation);
      } else if (next.kind == item_kind::claim) {
        if (!claim(next.content)) break;
      } else {
        const std::size_t size = next.content.redo.bytes().size();
        const std::size_t gathered = group->redo_bytes();
        if (gathered > 0 && gathered + size > limits::max_commit_bytes) break;
        judge(next.content);
      }
    }
    write_group();
    tell();
    return at;
  }

  /// False: proposals of the entity are in this group, which must be written before its version can
  /// be read; the claim opens the next group.
  bool claim(proposal& c) {
    const entity_fence::slot* const slot = fence.find(c.entity);
    if (slot != nullptr && slot->committing_group == group_number) return false;
    const auto version = entity_version(data.view(c.shard), c.entity);
    if (!version) fatal("cannot read the store to load an actor: " + version.error().detail);
    fence.claim(c.shard, c.entity, c.incarnation, *version);
    to_tell.push_back({true, {c.entity, c.incarnation, *version, 0, true}, std::move(c.owner)});
    return true;
  }

  void judge(proposal& p) {
    CONCLAVE_CHECK(p.shard.value < group->lanes().size(), "the shard exists");
    entity_fence::slot* const slot = fence.find(p.entity);
    if (entity_fence::accept(slot, p, group->lanes()[p.shard.value].epoch)) {
      group->add(p.shard, p.time, p.redo.bytes());
      proposals.add(1);
      note(p, true, slot->committing_group, slot->committing_news);
      return;
    }
    refused.add(1);
    if (slot != nullptr && slot->incarnation == p.incarnation) {
      note(p, false, slot->refusing_group, slot->refusing_news);
    } else {
      to_tell.push_back(
          {false, {p.entity, p.incarnation, p.new_version, 1, false}, std::move(p.owner)});
    }
  }

  /// One piece of news per (commit, entity): a later proposal moves the earlier news on.
  void note(proposal& p, bool committed, std::uint64_t& noted_group, std::size_t& noted_at) {
    if (noted_group == group_number) {
      to_tell[noted_at].what.version = p.new_version;
      ++to_tell[noted_at].what.proposals;
      to_tell[noted_at].owner = std::move(p.owner);
      return;
    }
    noted_group = group_number;
    noted_at = to_tell.size();
    to_tell.push_back(
        {false, {p.entity, p.incarnation, p.new_version, 1, committed}, std::move(p.owner)});
  }

  void write_group() {
    if (group->empty()) return;
    entries.add(group->entries());
    bytes.add(group->redo_bytes());
    group->seal();
    const auto start = std::chrono::steady_clock::now();
    const rocksdb::Status written = group->write(settings.sync);
    const auto spent = std::chrono::steady_clock::now() - start;
    if (!written.ok()) {
      fatal("cannot write to the data folder " + data.impl_->path + ": " + written.ToString() +
            "; the node stops, because nothing more can be made durable");
    }
    commits.add(1);
    fsync_us.add(static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(spent).count()));
  }

  void tell() {
    for (const news& n : to_tell) {
      if (n.owner == nullptr) continue;  // Nobody asked to be told.
      if (n.is_claim) {
        n.owner->on_claimed(n.what.entity, n.what.incarnation, n.what.version);
      } else {
        n.owner->on_resolved(n.what);
      }
    }
    to_tell.clear();
  }

  /// Each shard's lane as the store left it.
  outcome<std::vector<shard_lane>> read_lanes() const {
    std::vector<shard_lane> lanes;
    for (std::uint16_t i = 0; i < data.shard_count(); ++i) {
      const shard_id shard{i};
      const auto applied = data.applied(shard);
      if (!applied) return applied.error();
      const auto mark = data.impl_->mark(shard);
      if (!mark) return mark.error();
      shard_lane lane;
      lane.shard = shard;
      lane.family = data.impl_->family(shard);
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
};

shard_writer::shard_writer(store& data, shard_clock& clock, options settings)
    : impl_(std::make_unique<impl>(data, clock, std::move(settings))) {}

shard_writer::~shard_writer() {
  stop();
}

outcome<std::vector<shard_lead>> shard_writer::start() {
  CONCLAVE_CHECK(!impl_->thread.joinable() && !impl_->stopping, "a writer is started once");
  auto lanes = impl_->read_lanes();
  if (!lanes) return std::move(lanes).error().prefixed("cannot read where the shards stand");
  const store::impl& inside = *impl_->data.impl_;
  impl_->group =
      std::make_unique<commit_group>(inside.db.get(), inside.log, inside.meta, std::move(*lanes));
  const time_ms now = impl_->clock.now();
  for (std::uint16_t i = 0; i < impl_->data.shard_count(); ++i) {
    impl_->group->open_epoch(shard_id{i}, now);
  }
  impl_->entries.add(impl_->group->entries());
  impl_->group->seal();
  const rocksdb::Status written = impl_->group->write(impl_->settings.sync);
  if (!written.ok()) {
    return failure{errc::io_error, "cannot open a new epoch in the data folder " + inside.path +
                                       ": " + written.ToString()};
  }
  impl_->commits.add(1);
  std::vector<shard_lead> leads;
  for (const shard_lane& lane : impl_->group->lanes()) leads.push_back({lane.shard, lane.epoch});
  impl_->thread = std::thread([inside_writer = impl_.get()] { inside_writer->run(); });
  return leads;
}

void shard_writer::stop() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->wake.notify_one();
  if (impl_->thread.joinable()) impl_->thread.join();
}

void shard_writer::submit(proposal p) {
  impl_->push({item_kind::proposal, std::move(p)});
}

void shard_writer::claim(shard_id shard, const entity_ref& entity, std::uint64_t incarnation,
                         std::shared_ptr<proposal_owner> owner) {
  proposal p;
  p.shard = shard;
  p.entity = entity;
  p.incarnation = incarnation;
  p.owner = std::move(owner);
  impl_->push({item_kind::claim, std::move(p)});
}

void shard_writer::release(const entity_ref& entity, std::uint64_t incarnation) {
  proposal p;
  p.entity = entity;
  p.incarnation = incarnation;
  impl_->push({item_kind::release, std::move(p)});
}

writer_counters shard_writer::counters() const {
  return {impl_->commits.get(), impl_->entries.get(), impl_->proposals.get(),
          impl_->refused.get(), impl_->bytes.get(),   impl_->fsync_us.get()};
}

}  // namespace conclave::storage
