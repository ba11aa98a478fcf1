/// What actors need from the world, as ports, so that tests can bring their own writer, reader and
/// clock. Filled in by the engine; outlives every actor. Everything here is thread-safe.
#pragma once

#include "actors/registrar_request.h"
#include "actors/reply.h"
#include "actors/shard_map.h"
#include "schemas/outcome.h"
#include "schemas/policy_messages.h"
#include "storage/disk_level.h"
#include "storage/reads.h"
#include "storage/reads_target.h"
#include "storage/shard_writer.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace conclave::actors {

class directory;

/// The shard writer as actors see it.
class commit_port {
 public:
  virtual ~commit_port() = default;
  virtual void submit(storage::proposal p) = 0;
  virtual void claim(shard_id shard, const entity_ref& entity, std::uint64_t incarnation,
                     std::shared_ptr<storage::proposal_owner> owner) = 0;
  virtual void release(const entity_ref& entity, std::uint64_t incarnation) = 0;
  /// Nothing that was submitted for the shard is waiting to be settled.
  virtual bool all_settled(shard_id shard) const = 0;
  /// The epoch under which this node leads the shard.
  virtual shard_epoch epoch_of(shard_id shard) const = 0;
};

struct engine_ports {
  commit_port* commits = nullptr;
  directory* actors = nullptr;
  std::vector<reply_port*> loops;
  shard_map shards{1};
  std::string cluster;  ///< its name: derived ids hang on it

  /// Runs a job on the reader pool; false: the pool is full or stopped.
  std::function<bool(std::function<void()>)> on_reader;
  /// Called on the reader pool.
  std::function<outcome<storage::conversation_image>(const entity_ref&)> load_conversation;
  std::function<registrar_plan(const entity_ref&, const registrar_request&,
                               std::uint64_t new_version)>
      plan;
  /// Shard time.
  std::function<time_ms()> now;
  /// Burning messages that none of these members may open any more, limits::max_job_step at most.
  /// Called on the reader pool.
  std::function<outcome<storage::burned_out>(const entity_ref&, const std::vector<user_id>&)>
      load_burned_out =
          [](const entity_ref&, const std::vector<user_id>&) { return storage::burned_out{}; };
  /// A message whose time has come. Called on the reader pool.
  std::function<outcome<storage::target_image>(const entity_ref&, user_id asker, event_seq)>
      load_target = [](const entity_ref&, user_id, event_seq) { return storage::target_image{}; };
  /// Bodies of the conversation went: called after the commit and before anybody is told, so that
  /// no page that was read before it is served after it (gone_watch.h).
  std::function<void(tenant_id, conversation_id)> on_gone = [](tenant_id, conversation_id) {};
  /// Changes with every on_gone of the conversation, and perhaps with others. Cheap.
  std::function<std::uint64_t(tenant_id, conversation_id)> gone_count =
      [](tenant_id, conversation_id) { return std::uint64_t{0}; };
  /// A timer was committed that is due then; 0: one may have been, nobody knows for when.
  std::function<void(shard_id, time_ms)> on_timer = [](shard_id, time_ms) {};
  /// What the tenant allows, as it is in force; never null. Cheap.
  std::function<std::shared_ptr<const tenant_policy>(tenant_id)> policy_of = [](tenant_id) {
    return std::make_shared<const tenant_policy>();
  };
  /// Changes whenever some tenant's policy does.
  std::function<std::uint64_t()> policy_generation = [] { return std::uint64_t{1}; };
  /// A policy became durable: in force from now on.
  std::function<void(tenant_id, std::shared_ptr<const tenant_policy>)> policy_changed =
      [](tenant_id, std::shared_ptr<const tenant_policy>) {};

  /// How full the disk is. Cheap.
  std::function<storage::disk_level()> disk = [] { return storage::disk_level::fine; };

  /// Tests only: called before each batch of a conversation; may throw to crash the actor.
  std::function<void(const entity_ref&)> fault;
};

}  // namespace conclave::actors
