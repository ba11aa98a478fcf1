/// One shard's replica on this node: the replication protocol as a pure state machine.
///
/// `step(event)` changes the state and yields effects; there is no clock, file, socket, thread or
/// random number inside, so that the very same code runs in production, in the simulator and in the
/// exhaustive search (tests/replication/). The protocol: replication/README.md.
///
/// Thread: one; whoever owns the replica calls step() and carries out the effects, in order, before
/// the next step. Owner: the shard's adapter.
/// Errors: what peers do wrong is refused with a code; a broken invariant or a failed disk puts the
/// replica out of service (effect `quarantine`), where it answers only refusals.
/// Limits: replica_options; memory is 24 bytes per entry of the window, plus what waits for disk.
///
/// A restart is a new replica from what the disk holds, always as a follower.
#pragma once

#include "replication/replica_state.h"

namespace conclave::replication {

struct replica_options {
  sealing seal = nullptr;              ///< names the entries made here
  shard_id shard{};                    ///< for the names
  std::uint32_t max_batch = 64;        ///< entries per message
  std::uint32_t max_in_flight = 1024;  ///< entries sent to a peer beyond what it acknowledged
  std::uint32_t max_pending = 1024;    ///< proposals that wait for their commit
  std::uint32_t window_behind = 1024;  ///< applied entries whose names are kept to compare
  /// Ticks in which the holder of the newest log may send nothing of it, before a takeover goes on
  /// without it.
  std::uint32_t source_patience = 20;
};

class replica {
 public:
  replica(const replica_options& options, const start_facts& facts, const durable_state& disk);

  std::vector<effect> step(const event& e);

  const replica_state& state() const { return s_; }
  replica_id self() const { return self_; }

  /// How this replica introduces itself when a link comes up: what is durable.
  introduction introduce(std::uint64_t nonce) const;

 private:
  // -- events (replica.cc, durability.cc, admission.cc, takeover.cc, leading.cc) ---
  void on(const received& e);
  void on(const written& e);
  void on(const disk_failed& e);
  void on(const disk_filled& e);
  void on(const proposed& e);
  void on(const claimed& e);
  void on(const activated& e);
  void on(const superseded& e);
  void on(const resigned& e);
  void on(const ticked& e);
  void on(const learners_set& e);
  void on(const introduced& e);
  void on(const distrusted& e);
  void on(const seeded& e);
  void on(const seeding_ended& e);
  void on(const trimmed& e);
  void on(const change_planned& e);

  // -- messages (acceptance.cc, fencing.cc, takeover.cc, leading.cc) ---
  void on(const message& m, const append& a);
  void on(const message& m, const ack& a);
  void on(const message& m, const nack& n);
  void on(const message& m, const fence& f);
  void on(const message& m, const promised& p);
  void on(const message& m, const rejected& r);
  void on(const message& m, const fetch& f);
  void on(const message& m, const fetched& f);
  void on(const message& m, const removed& r);

  // -- acceptance.cc: taking entries of another log ---
  enum class merged { done, gap, diverged, stopped };
  /// Makes the own log equal to `prev` and `entries`; what conflicts above commit is cut.
  merged merge(const link& prev, const std::vector<entry>& entries, const message& from);
  void stop_at_fork(const message& from);
  void append_name(const entry& e);
  void cut_log(log_index keep);

  // -- durability.cc: what is said only after it is durable ---
  void submit(write w);
  void submit_promise();
  void say(replica_id to, message_body body);
  void say_when_durable(replica_id to, message_body body);
  message address(replica_id to, message_body body) const;

  // -- replica.cc: marks and endings ---
  void hold_to(const promise& p);
  void commit_up_to(log_index i);
  void apply_committed();
  void step_down(std::optional<claim_end> reason);
  void out_of_service(const quarantine& why);
  bool holds(bool condition, invariant broken, const char* what);
  bool out() const { return s_.now == role::quarantined; }
  bool is_stale(const message& m) const;

  // -- takeover.cc ---
  bool claiming() const { return s_.now == role::fencing || s_.now == role::recovering; }
  bool leads_in(shard_epoch epoch) const;
  void fence_others();
  void note_report(replica_id from, const promised& p);
  void check_recovered();
  void adopt(const report& best);
  void fetch_next(log_index first);
  void wait_for_source();
  void give_source_up();
  void check_adopted();
  void open_epoch();
  void check_installed();

  // -- leading.cc ---
  void make_entry(entry e);
  progress* receiver(replica_id id);
  voter_set stored_at(log_index i) const;
  void advance_commit();
  void feed(progress& p);
  void feed_all();
  void send_append(progress& p, log_index first, std::uint32_t count);
  void heartbeat(progress& p);
  void tell_removed();
  void rebuild_receivers();

  // -- admission.cc ---
  peer_memory& memory_of(node_id node);
  bool is_distrusted(replica_id id) const;

  replica_options options_;
  replica_id self_;
  std::uint64_t boot_ = 0;
  replica_state s_;
  std::vector<effect> effects_;
};

}  // namespace conclave::replication
