/// The engine: owns the actor system, the directory and one gateway per loop, and wires them to the
/// store and the shard writer. The only door for node/: CAF stays behind it.
///
/// start() and stop() are called by main()'s thread. Shutdown order: listeners close and everybody
/// is told GOAWAY -> open requests are answered (bounded) -> loops stop -> actors stop -> the
/// caller stops the shard writer, or waits for its when_settled() -> the engine is destroyed: until
/// then the writer's thread may act for a loop. Ports and gateways outlive every ticket.
#pragma once

#include "actors/listeners.h"
#include "conf/clock.h"
#include "crypto/password.h"
#include "net/tls_context.h"
#include "schemas/outcome.h"
#include "storage/disk_level.h"
#include "storage/reader_pool.h"
#include "storage/shard_clock.h"
#include "storage/shard_writer.h"
#include "storage/store.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace conclave::actors {

struct engine_options {
  std::string node_name;
  std::size_t loops = 1;
  std::size_t workers = 2;
  std::size_t readers = 2;
  std::uint32_t passivate_after_ms = 60'000;
  std::uint32_t idle_timeout_ms = 90'000;
  std::size_t max_connections = 1'000'000;
  bool io_uring = false;  ///< see net::loop_options
  /// How full the disk is; none: it never is. Any thread.
  std::function<storage::disk_level()> disk;
  crypto::password_cost password_cost;  ///< of new hashes; older ones are replaced at login
  /// The door of this process (door.h) holds the ports: nobody looks whether a stranger does.
  bool door_is_open = false;

  /// Tests only: called before each batch of a conversation with its id; may throw to crash its
  /// actor.
  std::function<void(std::uint64_t conversation)> fault;
};

struct engine_counters {
  std::uint64_t sessions = 0, requests = 0, answers = 0, pushes = 0, heads_owed = 0, overdue = 0;
  std::uint64_t open_requests = 0, rejected_logins = 0;
  std::uint64_t actors_awake = 0, actors_postponed = 0;
  std::uint64_t actors_spawned = 0, actors_retired = 0, actors_crashed = 0;
  std::uint64_t queued_reads = 0, queued_passwords = 0;
  std::uint64_t password_logins = 0, limited_logins = 0, login_limiter_entries = 0;
  std::uint64_t connections = 0, frames_in = 0, bytes_in = 0, bytes_out = 0, tls_writes = 0;
  std::uint64_t shared_tls_writes = 0, tls_writes_together = 0, lent_loop_turns = 0;
  std::uint64_t handshakes_failed = 0;
};

class engine {
 public:
  engine(storage::store& store, storage::shard_writer& writer, storage::shard_clock& shard_time,
         const clock& time, const std::vector<storage::shard_lead>& leads, engine_options options);
  ~engine();

  /// Listens and starts the loops. The ports are the ones bound (asked for 0: a free one).
  using bound_ports = actors::bound_ports;
  outcome<bound_ports> start(const listen_address& client, const listen_address& admin,
                             std::shared_ptr<const net::tls_context> tls);

  /// New handshakes use `tls` from now on. Any thread.
  void replace_tls(std::shared_ptr<const net::tls_context> tls);

  /// Orderly end, at most about `patience_ms` long. `word` says where people should go.
  void stop(std::uint32_t patience_ms, const farewell& word = {});

  engine_counters counters() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace conclave::actors
