/// Spawning, sleeping and forgetting; see directory.h.
#include "actors/directory.h"

namespace conclave::actors {

namespace {

/// Of each of the 16 parts, per sweep: a fraction of what the reader pool has room for.
constexpr std::size_t postponed_at_once = 32;

}  // namespace

directory::entry& directory::find_or_spawn(part& p, const entity_ref& entity, bool recovered) {
  auto [at, fresh] = p.entries.try_emplace(entity);
  entry& e = at->second;
  if (fresh) {
    e.recovered = p.untold.erase(entity) > 0 || recovered;
    e.woken = p.postponed.erase(entity) > 0;
    e.incarnation = next_incarnation_.fetch_add(1, std::memory_order_relaxed);
    e.last_ms = now_ms_.load(std::memory_order_relaxed);
    if (entity.kind == entity_kind::conversation)
      e.conversation = spawn_.conversation(entity, e.incarnation, e.recovered);
    else
      e.registrar = spawn_.registrar(entity, e.incarnation);
    spawned_.fetch_add(1, std::memory_order_relaxed);
  }
  return e;
}

bool directory::retire(const entity_ref& entity, std::uint64_t incarnation, std::uint64_t seen) {
  part& p = part_of(entity);
  std::lock_guard lock(p.mutex);
  auto at = p.entries.find(entity);
  if (at == p.entries.end() || at->second.incarnation != incarnation) return true;
  if (at->second.delivered != seen) return false;
  p.entries.erase(at);
  retired_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

void directory::crashed(const entity_ref& entity, std::uint64_t incarnation, bool respawn) {
  part& p = part_of(entity);
  std::lock_guard lock(p.mutex);
  auto at = p.entries.find(entity);
  if (at == p.entries.end() || at->second.incarnation != incarnation) return;
  if (at->second.recovered && !respawn) p.untold.insert(entity);
  p.entries.erase(at);
  crashed_.fetch_add(1, std::memory_order_relaxed);
  if (respawn && !stopping_.load(std::memory_order_relaxed)) find_or_spawn(p, entity, true);
}

void directory::postponed(const entity_ref& entity, std::uint64_t incarnation) {
  part& p = part_of(entity);
  std::lock_guard lock(p.mutex);
  auto at = p.entries.find(entity);
  if (at == p.entries.end() || at->second.incarnation != incarnation) return;
  if (at->second.recovered) p.untold.insert(entity);
  if (at->second.woken || at->second.recovered) p.postponed.insert(entity);
  p.entries.erase(at);
}

void directory::rouse(const entity_ref& entity, std::uint64_t incarnation) {
  part& p = part_of(entity);
  std::lock_guard lock(p.mutex);
  const auto at = p.entries.find(entity);
  if (at != p.entries.end() && at->second.incarnation == incarnation) at->second.roused = true;
}

void directory::start_postponed(part& p) {
  for (std::size_t i = 0; i < postponed_at_once && !p.postponed.empty(); ++i) {
    const entity_ref entity = p.postponed.extract(p.postponed.begin()).value();
    find_or_spawn(p, entity, false).woken = true;
  }
}

void directory::sweep(std::uint64_t now_ms, std::uint64_t idle_ms) {
  now_ms_.store(now_ms, std::memory_order_relaxed);
  for (part& p : parts_) {
    std::lock_guard lock(p.mutex);
    if (!stopping_.load(std::memory_order_relaxed)) start_postponed(p);
    for (auto& [entity, e] : p.entries) {
      if (!std::exchange(e.roused, false) && e.last_ms + idle_ms > now_ms) continue;
      e.last_ms = now_ms;  // asked once per idle period
      if (e.conversation)
        tell(e.conversation, doze{});
      else
        tell(e.registrar, doze{});
    }
  }
}

void directory::stop() {
  stopping_.store(true, std::memory_order_relaxed);
  for (part& p : parts_) {
    std::lock_guard lock(p.mutex);
    for (auto& [entity, e] : p.entries) {
      if (e.conversation)
        tell(e.conversation, stop_now{});
      else
        tell(e.registrar, stop_now{});
    }
    p.entries.clear();
  }
}

directory_counters directory::counters() const {
  directory_counters c;
  for (const part& p : parts_) {
    std::lock_guard lock(p.mutex);
    c.awake += p.entries.size();
    c.postponed += p.postponed.size();
  }
  c.spawned = spawned_.load(std::memory_order_relaxed);
  c.retired = retired_.load(std::memory_order_relaxed);
  c.crashed = crashed_.load(std::memory_order_relaxed);
  return c;
}

}  // namespace conclave::actors
