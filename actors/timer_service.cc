/// See timer_service.h.
#include "actors/timer_service.h"

#include "actors/own_request.h"
#include "conf/limits.h"
#include "conf/log.h"
#include "storage/reads_target.h"
#include "storage/store.h"

#include <algorithm>
#include <pthread.h>
#include <utility>

namespace conclave::actors {

namespace {

/// What was given out and is still there after so long was lost on the way: an actor that crashed,
/// was still loading (what was read for it is older than what it loaded then), or had too much to
/// do. So short that one that was lost once is still told within a second of its due.
constexpr time_ms again_after_ms = 3 * static_cast<time_ms>(timer_service::tick_every.count());

void deliver(const engine_ports& ports, tenant_id tenant, conversation_id conversation,
             std::vector<due_timer> due) {
  request_details details;
  details.due = std::move(due);
  deliver_own_request(ports, {entity_kind::conversation, tenant, conversation.value},
                      conversation_verb::due, std::move(details));
}

}  // namespace

timer_service::timer_service(const storage::store& store, const engine_ports& ports, due_scan scan)
    : store_(store), ports_(ports), scan_(std::move(scan)), shards_(store.shard_count()) {}

void timer_service::start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "timers");
    std::unique_lock lock(mutex_);
    while (!stop_) {
      lock.unlock();
      const bool more = tick(ports_.now());
      lock.lock();
      if (!more) wake_.wait_for(lock, tick_every, [this] { return stop_; });
    }
  });
}

void timer_service::stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void timer_service::on_timer(shard_id shard, time_ms due) {
  const std::lock_guard lock(mutex_);
  time_ms& from = shards_.at(shard.value).seek_from;
  from = std::min(from, due);
}

bool timer_service::tick(time_ms now) {
  bool more = false;
  for (std::uint16_t shard = 0; shard < shards_.size(); ++shard)
    more = tick_shard(shard_id{shard}, now) || more;
  return more;
}

bool timer_service::tick_shard(shard_id shard, time_ms now) {
  shard_state& state = shards_[shard.value];
  time_ms from = 0;
  {
    // What is committed from here on with an earlier due pulls this back again.
    const std::lock_guard lock(mutex_);
    from = std::exchange(state.seek_from, now + 1);
  }
  if (from > now) return false;
  std::map<keys::timer_key, time_ms> on_their_way;
  std::map<std::pair<tenant_id, conversation_id>, std::size_t> of_conversation;
  std::vector<keys::timer_key> due;
  std::size_t seen = 0, passed_over = 0;
  time_ms first = now + 1;
  {
    const auto view = store_.view(shard);
    const status scanned =
        scan_(view, keys::timers_between(from, now), [&](std::string_view key, std::string_view) {
          const auto timer = keys::parse_timer(key);
          if (!timer) return true;  // the digest of the shard will speak of it
          if (seen + passed_over == 0) first = timer->due;
          std::size_t& of_this = of_conversation[{timer->tenant, timer->conversation}];
          // Its turn comes when those before it have gone; others do not wait for that.
          if (of_this == limits::max_timers_on_their_way) return ++passed_over < max_passed_over;
          ++of_this;
          const bool more = ++seen < max_per_tick;
          const auto given = state.in_flight.find(*timer);
          const bool on_its_way =
              given != state.in_flight.end() && now - given->second < again_after_ms;
          on_their_way.emplace_hint(on_their_way.end(), *timer, on_its_way ? given->second : now);
          if (!on_its_way) due.push_back(*timer);
          return more;
        });
    if (!scanned) {
      log::error("timers", "cannot read timers",
                 {{"shard", shard.value}, {"why", scanned.error().detail}});
      on_timer(shard, from);  // the next tick looks again from where this one began
      return false;
    }
  }
  state.in_flight = std::move(on_their_way);
  if (seen + passed_over > 0) on_timer(shard, first);
  give_out(shard, due);
  // A full look whose timers are all on their way waits for the next tick like any other.
  return seen == max_per_tick && !due.empty();
}

void timer_service::give_out(shard_id shard, const std::vector<keys::timer_key>& due) {
  std::map<std::pair<tenant_id, conversation_id>, std::vector<keys::timer_key>> by_conversation;
  for (const auto& key : due) by_conversation[{key.tenant, key.conversation}].push_back(key);
  for (const auto& [where, timers] : by_conversation) {
    const auto view = store_.view(shard);
    const auto place = storage::target_place_of(view, where.first, where.second);
    if (!place.ok()) {
      log::error("timers", "cannot read a conversation with something due",
                 {{"tenant", where.first.value}, {"why", place.error().detail}});
      continue;
    }
    std::vector<due_timer> batch;
    std::size_t bytes = 0;
    for (const keys::timer_key& key : timers) {
      auto image = storage::load_target(view, *place, key.tenant, key.conversation, key.reader,
                                        key.seq, {.edits = true, .burn_body = false});
      if (!image.ok()) {
        log::error("timers", "cannot read a message that is due",
                   {{"tenant", key.tenant.value}, {"why", image.error().detail}});
        continue;
      }
      bytes += image->bytes();
      batch.push_back({key, std::move(*image)});
      if (batch.size() < max_per_batch && bytes < max_batch_bytes) continue;
      deliver(ports_, where.first, where.second, std::exchange(batch, {}));
      bytes = 0;
    }
    if (!batch.empty()) deliver(ports_, where.first, where.second, std::move(batch));
  }
}

}  // namespace conclave::actors
