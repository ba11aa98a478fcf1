/// The directory: from an entity to its actor. Spawns on demand, puts to sleep by an exact
/// handshake, starts again after a crash.
///
/// The problem it solves: a plain send to a dead actor is lost in CAF. So nobody keeps handles;
/// every message goes through deliver(), which counts it under the entry's lock. An idle actor
/// retires by naming the count it has seen: when the directory counted one more, the message is on
/// its way and the actor stays. A crashed or refused actor is forgotten at once; what was in its
/// mailbox dies with it and answers `outcome_unknown` through its tickets.
///
/// Thread-safe: sharded by entity, one mutex each, held for a look-up, a spawn and a send. Owned by
/// the engine. Memory: one entry per actor awake.
#pragma once

#include "actors/caf_scheduler.h"
#include "actors/interfaces.h"
#include "schemas/keys.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace conclave::actors {

struct entity_hash {
  std::size_t operator()(const entity_ref& e) const noexcept {
    const std::uint64_t mixed =
        (e.id ^ (std::uint64_t{e.tenant.value} << 40)) * 0x9E3779B97F4A7C15ull;
    return static_cast<std::size_t>(mixed ^ (mixed >> 29) ^ static_cast<std::uint64_t>(e.kind));
  }
};

struct directory_counters {
  std::uint64_t awake = 0;
  std::uint64_t postponed = 0;  ///< to be started by later sweeps
  std::uint64_t spawned = 0;
  std::uint64_t retired = 0;
  std::uint64_t crashed = 0;
};

class directory {
 public:
  /// How to bring an entity to life. Called under a lock: must not call the directory back.
  struct spawner {
    std::function<conversation_actor(const entity_ref&, std::uint64_t incarnation, bool recovered)>
        conversation;
    std::function<registrar_actor(const entity_ref&, std::uint64_t incarnation)> registrar;
  };

  explicit directory(spawner spawn) : spawn_(std::move(spawn)) {}

  /// False when the node is stopping: the message was not taken and its tickets answer for it.
  template <class Message>
  bool deliver_to_conversation(const entity_ref& entity, Message message) {
    return with_entry(entity, [&](entry& e) { tell(e.conversation, std::move(message)); });
  }
  /// The same, and the conversation runs at once, on this thread, unless it runs already.
  template <class Message>
  bool deliver_and_run(const entity_ref& entity, Message message, inline_runner& here) {
    const bool taken =
        with_entry(entity, [&](entry& e) { here.tell(e.conversation, std::move(message)); });
    here.run();
    return taken;
  }
  template <class Message>
  bool deliver_to_registrar(const entity_ref& entity, Message message) {
    return with_entry(entity, [&](entry& e) { tell(e.registrar, std::move(message)); });
  }

  /// Brings an entity to life without work for it.
  void wake(const entity_ref& entity) {
    with_entry(entity, [](entry& e) {
      --e.delivered;
      e.woken = true;
    });
  }

  /// An actor asks to sleep after having handled `seen` delivered messages. True: it is forgotten
  /// and must quit; false: more is coming.
  bool retire(const entity_ref& entity, std::uint64_t incarnation, std::uint64_t seen);

  /// An actor is broken, or the writer refused it: forget it. With `respawn` the next incarnation
  /// starts at once and tells the members what they may have missed. Without, when that was still
  /// to be told, whoever is started next tells it.
  void crashed(const entity_ref& entity, std::uint64_t incarnation, bool respawn);

  /// An actor cannot load now, since too much else is to be read: forget it. One that was woken, or
  /// has to tell what members may have missed, is started again by a later sweep.
  void postponed(const entity_ref& entity, std::uint64_t incarnation);

  /// An actor found no room for its work: it gets its doze by the next sweep.
  void rouse(const entity_ref& entity, std::uint64_t incarnation);

  /// Starts what was postponed, a part of it. Sends doze to everything without a delivery for
  /// `idle_ms`. Called about once a second.
  void sweep(std::uint64_t now_ms, std::uint64_t idle_ms);

  /// Refuses deliveries from now on and tells every actor to stop.
  void stop();

  directory_counters counters() const;

 private:
  struct entry {
    std::uint64_t incarnation = 0;
    std::uint64_t delivered = 0;
    std::uint64_t last_ms = 0;
    bool recovered = false;
    bool woken = false;   ///< it has something to do without a request
    bool roused = false;  ///< its next doze comes with the next sweep
    conversation_actor conversation;
    registrar_actor registrar;
  };
  struct part {
    mutable std::mutex mutex;
    std::unordered_map<entity_ref, entry, entity_hash> entries;
    /// Recovered ones that ended before they could tell. Grows by one per entity at most, and only
    /// where a crash was followed by a failure to load.
    std::unordered_set<entity_ref, entity_hash> untold;
    /// Woken ones for which the reader pool had no room. Grows by one per entity at most, and only
    /// by what a start finds unfinished or a crash leaves so.
    std::unordered_set<entity_ref, entity_hash> postponed;
  };

  part& part_of(const entity_ref& entity) {
    return parts_[(entity_hash{}(entity) >> 7) % parts_.size()];
  }
  void start_postponed(part& p);
  entry& find_or_spawn(part& p, const entity_ref& entity, bool recovered);

  template <class Use>
  bool with_entry(const entity_ref& entity, Use use) {
    part& p = part_of(entity);
    std::lock_guard lock(p.mutex);
    if (stopping_.load(std::memory_order_relaxed)) return false;
    entry& e = find_or_spawn(p, entity, false);
    ++e.delivered;
    e.last_ms = now_ms_.load(std::memory_order_relaxed);
    use(e);
    return true;
  }

  spawner spawn_;
  std::array<part, 16> parts_;
  std::atomic<std::uint64_t> next_incarnation_{1};
  std::atomic<std::uint64_t> now_ms_{0};
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> spawned_{0}, retired_{0}, crashed_{0};
};

}  // namespace conclave::actors
