/// The shard writer: the only thread that writes state. Actors run ahead of the log and hand it
/// proposals; it checks them, gives everything that waits to the committer as one group, and tells
/// the owners once their part is settled. While one fsync runs the next group gathers, so that the
/// group's size adapts by itself. Who decides when a group is settled: storage/committer.h.
///
/// Speculation is fenced (architecture, section 4): a proposal carries the shard's epoch, its
/// actor's incarnation and the version it builds on, and is refused when any of them is not what
/// the writer last saw for that entity. A refusal stays: everything later from that incarnation is
/// refused too.
///
/// submit(), claim(), release(), post() and when_settled() may be called from any thread. Owners
/// are called on the writer's thread and must only pass the news on, unless nothing else waits for
/// that thread (resolution::here). A failed write or fsync ends the process through `on_fatal`:
/// nothing is retried, nothing more is acknowledged.
///
/// Queue: unbounded here by design; bounded by admission tickets (limits::max_admitted_bytes).
#pragma once

#include "schemas/keys.h"
#include "schemas/log_entry.h"
#include "storage/committer.h"
#include "storage/shard_clock.h"
#include "storage/store.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace conclave::storage {

/// One per (commit, entity): everything of that entity up to `version` is settled.
struct resolution {
  entity_ref entity;
  std::uint64_t incarnation = 0;
  std::uint64_t version = 0;    ///< new_version of the last proposal that this speaks of
  std::uint32_t proposals = 0;  ///< how many proposals this settles, oldest first
  bool committed = false;       ///< false: refused; the owner must give up its speculative state
  /// The one proposal is committed and brief, and nothing else waits: its owner may act on it on
  /// the writer's thread, since waking another would take longer than what there is to do.
  bool here = false;
};

/// Whoever proposes. Called on the writer's thread; must not block and must not call the writer
/// back under a lock of its own that the caller of submit() also holds.
class proposal_owner {
 public:
  virtual ~proposal_owner() = default;

  virtual void on_resolved(const resolution& news) = 0;

  /// Answers claim(): all earlier proposals for the entity are settled, and this is its version.
  virtual void on_claimed(const entity_ref& entity, std::uint64_t incarnation,
                          std::uint64_t version) = 0;
};

struct proposal {
  shard_id shard{};
  shard_epoch epoch{};
  entity_ref entity;
  std::uint64_t incarnation = 0;
  std::uint64_t expected_version = 0;  ///< version this builds on
  /// Version it makes, >= expected (equal: housekeeping without an event). Conversation: last seq.
  std::uint64_t new_version = 0;
  time_ms time = 0;  ///< shard time of the newest event in it
  redo_writer redo;
  bool brief = false;  ///< its owner has tens of microseconds to do once it is committed
  std::shared_ptr<proposal_owner> owner;
};

struct writer_counters {
  std::uint64_t commits = 0;  ///< fsyncs
  std::uint64_t entries = 0;
  std::uint64_t proposals = 0;
  std::uint64_t refused = 0;
  std::uint64_t bytes = 0;     ///< redo bytes
  std::uint64_t fsync_us = 0;  ///< time in Write(sync), sum
};

class shard_writer {
 public:
  struct options {
    /// Called once with one sentence when a write fails; must not return (if it does: abort).
    std::function<void(const std::string& sentence)> on_fatal;
    /// Who makes groups durable; null: a local_committer, for a node that stands alone.
    std::unique_ptr<committer> commits = nullptr;
    /// Of that local_committer; false skips the fsync: for measuring only, never for a node.
    bool sync = true;
  };

  shard_writer(store& store, shard_clock& clock, options options);
  ~shard_writer();  ///< stop()

  /// Opens the committer and starts the thread. The outcome: the shards led from now on, which is
  /// all of them for a node that stands alone.
  outcome<std::vector<shard_lead>> start();

  /// Commits what is queued, writes the chain marks, joins the thread. What is submitted later is
  /// dropped without an answer: the engine stops before its writer.
  void stop();

  void submit(proposal p);

  /// The drain token: from now on only `incarnation` may propose for `entity`; on_claimed follows
  /// once everything submitted before is settled.
  void claim(shard_id shard, const entity_ref& entity, std::uint64_t incarnation,
             std::shared_ptr<proposal_owner> owner);

  /// The entity sleeps: forget it. Only valid with nothing in flight.
  void release(const entity_ref& entity, std::uint64_t incarnation);

  /// Runs `work` on the writer's thread, before the group that is being gathered is handed on. For
  /// the committer's own business; must not block.
  void post(std::function<void()> work);

  /// Runs `then` on the writer's thread once nothing is waiting to be settled: no owner is held any
  /// more. For who ends an engine and has seen to it that nobody submits.
  void when_settled(std::function<void()> then);

  /// Nothing that was submitted for the shard is waiting to be settled. Any thread.
  bool all_settled(shard_id shard) const;

  writer_counters counters() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace conclave::storage
