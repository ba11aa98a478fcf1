/// One shard's replica on this node with the disk under it: gives events to the core (replica.h)
/// and carries its effects out, in order, on a replica_disk that all shards share.
///
/// Thread: the shard writer's. Owned by `copies`, which syncs the disk and then calls synced().
/// Errors: a read that fails while effects are carried out is told by fatal(); the node ends.
/// Limits: recent entries are kept in memory up to limits::recent_entry_bytes; peers that need
/// older ones are fed from disk, and from a snapshot when the log begins behind them.
#pragma once

#include "replication/recent_entries.h"
#include "replication/replica.h"
#include "storage/log_tail.h"
#include "storage/replica_disk.h"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace conclave::replication {

/// What a copy asks of its surroundings, while it carries effects out. Must not call it back.
class copy_port {
 public:
  virtual ~copy_port() = default;

  virtual void send(shard_id shard, const message& content,
                    const std::vector<stored_entry>& entries) = 0;
  virtual void settle(shard_id shard, std::uint64_t ticket, bool committed) = 0;
  virtual void seed(shard_id shard, replica_id peer) = 0;
  virtual void refuse(shard_id shard, replica_id peer, distrust reason) = 0;
  virtual void claim_over(shard_id shard, const claim_ended& why) = 0;
  virtual void out_of_service(shard_id shard, const quarantine& why) = 0;
  /// The state stands at this mark and can be looked at: its digest is wanted.
  virtual void marked(shard_id shard, log_index index) = 0;
};

class shard_copy {
 public:
  /// Reads where the shard stands. errc::corrupt, io_error.
  static outcome<std::unique_ptr<shard_copy>> load(storage::replica_disk& disk, copy_port& port,
                                                   shard_id shard, const start_facts& facts,
                                                   const storage::log_tail_bounds& keep);

  void step(event e);

  /// Every limits::replica_tick.
  void tick();

  /// The snapshot for that peer has gone out, or never will: its acknowledgement is waited for a
  /// while, with the log behind it.
  void seeding_over(replica_id peer);

  /// The write that holds this copy's last effects is durable.
  void synced();

  // -- redo on its way to an entry
  // -------------------------------------------------------------------
  void gather(std::uint64_t ticket, time_ms time, std::string_view redo);
  /// Proposes what was gathered; keeps it while enough is under way, so that entries grow.
  void propose();
  /// Proposes a mark at which every replica takes the digest of its state.
  void propose_mark();
  /// The leader's: what the voters and the rule are to become.
  void plan_change(shard_config config);
  bool has_gathered() const { return !tickets_.empty(); }
  std::size_t gathered_bytes() const { return gathered_.size(); }

  /// A verified snapshot of the state at `applied`: takes the place of log and state, unless the
  /// replica has gone beyond it meanwhile.
  void adopt(std::unique_ptr<storage::staged_state> state, const applied_record& applied,
             config_ref config, config_ref plan);

  shard_id shard() const { return shard_; }
  const replica& core() const { return *core_; }
  const applied_record& applied() const { return applied_; }
  /// Of all entries that this log has had: what is made here is not older.
  time_ms newest_time() const { return newest_time_; }

  /// The epoch in which this copy leads with everything before it applied; zero: it does not.
  shard_epoch leading() const;

  /// At an orderly end: a chain mark at what is applied.
  void mark_end() { disk_.mark(shard_, {applied_.index, applied_.hash, first_kept_}); }

  /// Why the node must end; empty: it need not.
  const std::string& fatal() const { return fatal_; }

 private:
  shard_copy(storage::replica_disk& disk, copy_port& port, shard_id shard,
             const storage::log_tail_bounds& keep);

  status start(const start_facts& facts);
  void carry_out(write& w);
  void carry_out(const send& s);
  void carry_out(const apply& a);
  void carry_out(const acknowledge& a) { settle(a.token, true); }
  void carry_out(const give_up& g) { settle(g.token, false); }
  void carry_out(const declined& d) { settle(d.token, false); }
  void carry_out(const request_activation& r);
  void carry_out(const claim_ended& c) { port_.claim_over(shard_, c); }
  void carry_out(const seed_peer& s);
  void carry_out(const refuse_peer& r) { port_.refuse(shard_, r.peer, r.reason); }
  void carry_out(const quarantine& q) { port_.out_of_service(shard_, q); }

  /// The tickets of the proposal that `token` names.
  void settle(std::uint64_t token, bool committed);

  /// Entries [first, …), at most `count`, from memory or from disk; empty: no longer there.
  std::vector<stored_entry> entries(log_index first, std::size_t count);
  void trim_and_mark(std::size_t entry_bytes);
  /// The leader's: from where on peers that are seeded or catch up need the log; else: nothing.
  log_index needed_by_peers();
  void put_record();

  storage::replica_disk& disk_;
  copy_port& port_;
  shard_id shard_;
  std::unique_ptr<replica> core_;
  std::deque<event> events_;  ///< what effects brought about; handled before step() returns
  bool stepping_ = false;

  replica_record record_;
  applied_record applied_;
  log_index on_disk_{};  ///< end of the log as the batches will leave it
  log_index first_kept_{1};
  std::vector<log_index> configs_;  ///< indexes of the configurations on disk
  storage::log_tail_bounds keep_;
  storage::log_tail tail_;
  struct seeded_peer {
    log_index base{};                        ///< the snapshot is of this or later
    std::optional<std::int64_t> ticks_left;  ///< once it has gone out
  };
  std::map<replica_id, seeded_peer> seeded_;  ///< until they acknowledge it
  time_ms newest_time_ = 0;
  log_index marked_{};
  std::uint64_t bytes_since_mark_ = 0;
  recent_entries recent_;
  std::uint64_t unsynced_ = 0;  ///< number of the last write that waits for sync

  using tickets = std::vector<std::uint64_t>;
  tickets tickets_;  ///< of what is gathered
  time_ms gathered_time_ = 0;
  std::string gathered_;
  std::deque<tickets> under_way_;  ///< of each proposal, the last one being its token

  struct snapshot {
    std::unique_ptr<storage::staged_state> state;
    applied_record applied;
  };
  snapshot adopting_;
  std::string fatal_;
};

}  // namespace conclave::replication
