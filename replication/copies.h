/// All replicas of this node, one per shard, as the shard writer's committer: redo becomes entries
/// of the core, a ticket is settled when the shard's rule is met, one fsync serves all shards.
///
/// Static mode: shards are founded and led together, by one node; replication/leadership.h says by
/// which.
///
/// Thread: the shard writer's (others go through shard_writer::post), but for view(). Owned by the
/// writer; the port, store and disk outlive it.
/// Errors: a failed write ends the node (flush). Peers that break rules are refused and logged.
#pragma once

#include "conf/limits.h"
#include "replication/cluster_view.h"
#include "replication/digest_ledger.h"
#include "replication/leadership.h"
#include "replication/peer_codec.h"
#include "replication/shard_copy.h"
#include "storage/committer.h"
#include "storage/count.h"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace conclave::replication {

struct copies_options {
  cluster_plan plan;
  std::string cluster;
  replica_id self;
  std::uint64_t boot = 0;
  std::uint64_t nonce = 0;     ///< drawn at this start
  std::string client_address;  ///< where clients of this node connect
  std::function<time_ms()> now;
  /// While this node leads, all copies compare their digests so often.
  std::chrono::milliseconds digest_interval = limits::digest_interval;
  bool sync = true;  ///< false skips the fsync: for measuring only
  /// How much of each log is kept for peers that were away.
  storage::log_tail_bounds keep{.bytes_kept = limits::replicated_log_keep_bytes,
                                .entries_kept = limits::replicated_log_keep_entries};
};

/// What the replicas need of the node around them. Called on the writer's thread; must not block.
class node_port {
 public:
  virtual ~node_port() = default;

  /// To the live link of that node; may be lost.
  virtual void send(node_id to, std::string frames) = 0;
  virtual void close_link(node_id to) = 0;
  /// Send it a snapshot; seeding_over() follows.
  virtual void seed(shard_id shard, replica_id peer) = 0;
  /// Take the digest of the shard's state as it is now, at `index`; digest_taken() follows.
  virtual void digest(shard_id shard, log_index index) = 0;
  /// This node leads every shard, in these epochs; empty: it does not lead any more.
  virtual void leading(const std::vector<storage::shard_lead>& leads) = 0;
};

class copies final : public storage::committer, private copy_port {
 public:
  copies(storage::store& data, node_port& port, copies_options options);
  ~copies() override;

  // -- storage::committer
  // ----------------------------------------------------------------------------
  outcome<std::vector<storage::shard_lead>> open(time_ms now) override;
  std::size_t shard_count() const override { return shards_.size(); }
  shard_epoch leading(shard_id shard) const override;
  void add(shard_id shard, std::uint64_t ticket, time_ms time, std::string_view redo) override;
  std::size_t gathered_bytes() const override;
  status flush(std::vector<settled>& out) override;
  status close() override;
  storage::commit_counts counts() const override;

  // -- what happens on links
  // -------------------------------------------------------------------------
  void link_up(node_id peer);
  void link_down(node_id peer);
  void take(node_id peer, const peer_hello& hello);
  void take(node_id peer, const decoded_message& message);
  void take(node_id peer, const peer_refuse& refusal);
  void take(node_id peer, const peer_status& status);
  void take(node_id peer, const peer_yield& yield);
  void seeding_over(shard_id shard, replica_id peer);
  /// A verified snapshot from a peer.
  void adopt(shard_id shard, std::unique_ptr<storage::staged_state> state,
             const applied_record& applied, config_ref config, config_ref plan);

  void digest_taken(shard_id shard, log_index index, const std::string& hex);

  /// Every limits::replica_tick.
  void tick();

  /// An operator moves the lead here. Empty: the claim is under way; else why not.
  std::string promote();

  /// The node ends: no lead, no more claims; what is under way is given up.
  void resign();

  /// An operator gives the folder that this voter comes with its vote back; this node leads. Empty:
  /// under way; else why not.
  std::string readmit(node_id node);

  /// The same with the voters and rules that this node's configuration names.
  std::string apply_configuration();

  /// How the cluster looks from here; any thread.
  cluster_view view() const;

 private:
  /// How a peer's state last compared with the own one.
  struct verdict_on_state {
    log_index mark{};
    time_ms equal_at = 0;  ///< when the newest equal digest was seen; 0: never
    bool differs = false;  ///< the newest one
  };
  struct peer_state {
    bool up = false;
    bool introduced = false;  ///< on this link
    replica_id id;
    std::string client_address;
    std::vector<shard_status> shards;  ///< as it last told
    time_ms told = 0;
    std::map<shard_id, verdict_on_state> states;
  };

  // -- copy_port
  void send(shard_id shard, const message& content,
            const std::vector<stored_entry>& entries) override;
  void settle(shard_id shard, std::uint64_t ticket, bool committed) override;
  void seed(shard_id shard, replica_id peer) override;
  void refuse(shard_id shard, replica_id peer, distrust reason) override;
  void claim_over(shard_id shard, const claim_ended& why) override;
  void out_of_service(shard_id shard, const quarantine& why) override;
  void marked(shard_id shard, log_index index) override;

  std::string change_voters(
      const std::function<membership_change(const shard_copy&, const heard_of&)>& wish,
      const std::string& done_already);
  void claim_by_itself();
  void tell_learners();
  void count_patience();
  void yield_again();
  void mark_states();
  void compare_states(node_id node, peer_state& peer);
  void note_leads();
  std::vector<shard_status> own_status() const;
  void publish(std::vector<shard_status> own);
  void send_status();

  storage::store& data_;
  node_port& port_;
  copies_options options_;
  storage::replica_disk disk_;
  std::vector<std::unique_ptr<shard_copy>> shards_;
  std::vector<heard_of> heard_;  ///< by shard
  /// By shard: a claim ended because the own log is too short.
  struct shortfall {
    claim_ended claim;
    log_index commit{};  ///< as it was then
  };
  std::vector<std::optional<shortfall>> too_far_behind_;
  std::vector<std::uint64_t> complete_ticks_;  ///< by shard: since all voters are heard of
  std::vector<std::size_t> gathered_;          ///< shards with tickets that are not proposed yet
  bool resigned_ = false;
  digest_ledger digests_;
  std::map<shard_id, log_index> digests_due_;  ///< marks whose own digest is being taken
  std::uint64_t next_mark_tick_ = 0;
  std::map<node_id, peer_state> peers_;
  /// Were to be seeded and are not there, or were seeded: looked at with the next tick.
  std::vector<std::pair<shard_id, replica_id>> absent_;
  std::string fatal_;  ///< why the node must end; empty: it need not
  std::vector<settled> settled_;
  std::vector<storage::shard_lead> led_;  ///< as last told
  std::string waiting_for_;               ///< as last logged
  std::uint64_t ticks_ = 0;
  storage::count bytes_;

  mutable std::mutex view_mutex_;
  cluster_view view_;
};

}  // namespace conclave::replication
