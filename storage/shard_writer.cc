/// The loop: take everything that waits, judge it in order, hand one group to the committer, tell
/// the owners what is settled. The one lock guards the incoming queue and is held for a swap or a
/// push only.
///
/// News wait in their shard's queue of generations, one per group, until the generation's ticket is
/// settled; so an entity hears of its proposals, refusals and claims in the order in which it made
/// them, however many groups are under way.
#include "storage/shard_writer.h"

#include "conf/limits.h"
#include "schemas/check.h"
#include "storage/count.h"
#include "storage/entity_fence.h"
#include "storage/local_committer.h"
#include "storage/reads.h"

#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <pthread.h>
#include <thread>
#include <utility>

namespace conclave::storage {

namespace {

enum class item_kind : std::uint8_t { proposal, claim, release, work, barrier };

/// What waits in the queue. A claim or release uses the proposal's shard, entity, incarnation,
/// owner.
struct item {
  item_kind kind = item_kind::proposal;
  proposal content;
  std::function<void()> work;
};

/// What an owner is to be told.
struct news {
  bool is_claim = false;
  resolution what;  ///< a claim's version is read when its turn comes
  bool brief = false;
  std::shared_ptr<proposal_owner> owner;
};

/// One group's news of one shard. Without a ticket nothing of it has to become durable.
struct generation {
  std::uint64_t ticket = 0;
  bool settled = false;
  bool committed = false;
  std::vector<news> list;

  bool empty() const { return ticket == 0 && list.empty(); }
};

struct lane {
  generation open;  ///< of the group being gathered
  std::deque<generation> waiting;
  bool touched = false;
};

/// The version of an entity whose claim has not had its turn: no proposal builds on it.
constexpr std::uint64_t unknown_version = ~std::uint64_t{0};

}  // namespace

struct shard_writer::impl {
  impl(store& s, shard_clock& c, options o) : data(s), clock(c), settings(std::move(o)) {
    commits = settings.commits ? std::move(settings.commits)
                               : make_local_committer(data, {.sync = settings.sync});
  }

  store& data;
  shard_clock& clock;
  options settings;
  std::unique_ptr<committer> commits;

  std::mutex mutex;
  std::condition_variable wake;
  std::vector<item> incoming;  ///< bounded by admission tickets, see the header
  bool waiting = false;
  bool stopping = false;
  std::vector<std::uint64_t> submitted;  ///< proposals, by shard
  std::thread thread;

  /// Of them: their owners were told. Counted by the writer's thread.
  std::vector<std::atomic<std::uint64_t>> told;

  // -- the writer's thread only
  // --------------------------------------------------------------------
  std::uint64_t group_number = 0;
  std::uint64_t next_ticket = 1;
  entity_fence fence;
  std::vector<item> taken;
  bool more_taken = false;               ///< beside what is being handed on
  std::vector<lane> lanes;               ///< by shard
  std::vector<std::size_t> touched;      ///< lanes with news in this group
  std::vector<std::vector<news>> spare;  ///< emptied lists, so that a steady writer allocates none
  std::vector<committer::settled> settled;
  std::vector<std::function<void()>> barriers;

  count proposals, refused;

  void push(item i) {
    bool asleep = false;
    {
      const std::lock_guard lock(mutex);
      if (stopping) return;  // Its owner is going down too: the engine stops before its writer.
      if (i.kind == item_kind::proposal) ++submitted.at(i.content.shard.value);
      incoming.push_back(std::move(i));
      asleep = std::exchange(waiting, false);
    }
    if (asleep) wake.notify_one();
  }

  bool nothing_waits() {
    if (more_taken) return false;
    const std::lock_guard lock(mutex);
    return incoming.empty();
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

  void must(const status& written) {
    if (written) return;
    fatal(written.error().detail + "; the node stops, because nothing more can be made durable");
  }

  void run() {
    pthread_setname_np(pthread_self(), "shard_writer");
    while (take()) {
      for (std::size_t at = 0; at < taken.size();) at = commit_from(at);
      pass_barriers();
    }
    must(commits->close());
    lanes.clear();  // What is not settled now never is here; its owners are gone.
    barriers.clear();
  }

  /// Gathers one group that starts at `at` and hands it on; returns where the next one starts.
  std::size_t commit_from(std::size_t at) {
    ++group_number;
    for (; at < taken.size(); ++at) {
      item& next = taken[at];
      switch (next.kind) {
        case item_kind::release:
          fence.release(next.content.entity, next.content.incarnation);
          break;
        case item_kind::claim:
          claim(next.content);
          break;
        case item_kind::work:
          next.work();
          break;
        case item_kind::barrier:
          barriers.push_back(std::move(next.work));
          break;
        case item_kind::proposal: {
          const std::size_t size = next.content.redo.bytes().size();
          const std::size_t gathered = commits->gathered_bytes();
          if (gathered > 0 && gathered + size > limits::max_commit_bytes && !touched.empty()) {
            hand_on(true);
            return at;
          }
          judge(next.content);
        }
      }
    }
    hand_on(false);
    return at;
  }

  lane& touch(shard_id shard) {
    CONCLAVE_CHECK(shard.value < lanes.size(), "the shard exists");
    lane& l = lanes[shard.value];
    if (!l.touched) {
      l.touched = true;
      touched.push_back(shard.value);
      if (!spare.empty()) {
        l.open.list = std::move(spare.back());
        spare.pop_back();
      }
    }
    return l;
  }

  /// From now on the new incarnation alone may propose; what it builds on is read in its turn.
  void claim(proposal& c) {
    fence.claim(c.shard, c.entity, c.incarnation, unknown_version);
    touch(c.shard).open.list.push_back(
        {true, {c.entity, c.incarnation, 0, 0, true}, false, std::move(c.owner)});
  }

  void judge(proposal& p) {
    entity_fence::slot* const slot = fence.find(p.entity);
    lane& l = touch(p.shard);
    if (entity_fence::accept(slot, p, commits->leading(p.shard))) {
      if (l.open.ticket == 0) l.open.ticket = next_ticket++;
      commits->add(p.shard, l.open.ticket, p.time, p.redo.bytes());
      proposals.add(1);
      note(l, p, true, slot->committing_group, slot->committing_news);
      return;
    }
    refused.add(1);
    if (slot != nullptr && slot->incarnation == p.incarnation && slot->shard == p.shard) {
      note(l, p, false, slot->refusing_group, slot->refusing_news);
    } else {
      l.open.list.push_back(
          {false, {p.entity, p.incarnation, p.new_version, 1, false}, false, std::move(p.owner)});
    }
  }

  /// One piece of news per (group, entity): a later proposal moves the earlier news on.
  void note(lane& l, proposal& p, bool committed, std::uint64_t& noted_group,
            std::size_t& noted_at) {
    if (noted_group == group_number) {
      news& earlier = l.open.list[noted_at];
      earlier.what.version = p.new_version;
      ++earlier.what.proposals;
      earlier.brief = false;
      earlier.owner = std::move(p.owner);
      return;
    }
    noted_group = group_number;
    noted_at = l.open.list.size();
    l.open.list.push_back({false,
                           {p.entity, p.incarnation, p.new_version, 1, committed},
                           p.brief,
                           std::move(p.owner)});
  }

  /// Closes the group, lets the committer do what it can, and tells what is settled.
  void hand_on(bool more) {
    more_taken = more;
    for (const std::size_t i : touched) {
      lanes[i].touched = false;
      lanes[i].waiting.push_back(std::exchange(lanes[i].open, {}));
    }
    settled.clear();
    must(commits->flush(settled));
    // What needs no ticket first: it must not wait for an owner that acts on its news here.
    for (const std::size_t i : touched) tell(i);
    for (const committer::settled& s : settled) settle(s);
    touched.clear();
  }

  void settle(const committer::settled& s) {
    for (generation& g : lanes[s.shard.value].waiting) {
      if (g.ticket != s.ticket) continue;
      g.settled = true;
      g.committed = s.committed;
      break;
    }
    tell(s.shard.value);
  }

  void tell(std::size_t shard) {
    lane& l = lanes[shard];
    while (!l.waiting.empty() && (l.waiting.front().ticket == 0 || l.waiting.front().settled)) {
      generation& g = l.waiting.front();
      for (news& n : g.list) {
        if (n.is_claim) {
          finish_claim(shard_id{static_cast<std::uint16_t>(shard)}, n);
        } else if (n.owner != nullptr) {  // Else nobody asked to be told.
          n.what.committed = n.what.committed && g.committed;
          n.what.here = n.what.committed && n.brief && settled.size() == 1 && g.list.size() == 1 &&
                        l.waiting.size() == 1 && nothing_waits();
          n.owner->on_resolved(n.what);
        }
        if (!n.is_claim) told[shard].fetch_add(n.what.proposals, std::memory_order_release);
      }
      g.list.clear();
      if (spare.size() < lanes.size()) spare.push_back(std::move(g.list));
      l.waiting.pop_front();
    }
  }

  /// Everything that was submitted before the claim is settled: the store tells where it stands.
  void finish_claim(shard_id shard, news& n) {
    const auto version = entity_version(data.view(shard), n.what.entity);
    if (!version) fatal("cannot read the store to load an actor: " + version.error().detail);
    entity_fence::slot* const slot = fence.find(n.what.entity);
    if (slot != nullptr && slot->incarnation == n.what.incarnation) slot->version = *version;
    if (n.owner != nullptr) n.owner->on_claimed(n.what.entity, n.what.incarnation, *version);
  }

  void pass_barriers() {
    if (barriers.empty()) return;
    for (const lane& l : lanes)
      if (!l.waiting.empty()) return;
    for (auto& then : std::exchange(barriers, {})) then();
  }
};

shard_writer::shard_writer(store& data, shard_clock& clock, options settings)
    : impl_(std::make_unique<impl>(data, clock, std::move(settings))) {}

shard_writer::~shard_writer() {
  stop();
}

outcome<std::vector<shard_lead>> shard_writer::start() {
  CONCLAVE_CHECK(!impl_->thread.joinable() && !impl_->stopping, "a writer is started once");
  auto leads = impl_->commits->open(impl_->clock.now());
  if (!leads) return leads;
  impl_->lanes.resize(impl_->commits->shard_count());
  impl_->submitted.resize(impl_->lanes.size());
  impl_->told = std::vector<std::atomic<std::uint64_t>>(impl_->lanes.size());
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
  impl_->push({item_kind::proposal, std::move(p), {}});
}

void shard_writer::claim(shard_id shard, const entity_ref& entity, std::uint64_t incarnation,
                         std::shared_ptr<proposal_owner> owner) {
  proposal p;
  p.shard = shard;
  p.entity = entity;
  p.incarnation = incarnation;
  p.owner = std::move(owner);
  impl_->push({item_kind::claim, std::move(p), {}});
}

void shard_writer::release(const entity_ref& entity, std::uint64_t incarnation) {
  proposal p;
  p.entity = entity;
  p.incarnation = incarnation;
  impl_->push({item_kind::release, std::move(p), {}});
}

void shard_writer::post(std::function<void()> work) {
  impl_->push({item_kind::work, {}, std::move(work)});
}

void shard_writer::when_settled(std::function<void()> then) {
  impl_->push({item_kind::barrier, {}, std::move(then)});
}

bool shard_writer::all_settled(shard_id shard) const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->submitted.at(shard.value) ==
         impl_->told.at(shard.value).load(std::memory_order_acquire);
}

writer_counters shard_writer::counters() const {
  const commit_counts made = impl_->commits->counts();
  return {made.commits,         made.entries, impl_->proposals.get(),
          impl_->refused.get(), made.bytes,   made.fsync_us};
}

}  // namespace conclave::storage
