/// The two halves of an actor's work: the hop through CAF's mailbox and scheduler, one by one and
/// in tens, and the rules that judge a SEND and draft its rows.
#include "actors/conversation_state.h"
#include "actors/interfaces.h"
#include "schemas/keys.h"

#include <benchmark/benchmark.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>

namespace conclave::actors {
namespace {

struct one_worker : caf::actor_system_config {
  one_worker() { tune(*this, 1); }
};

/// Counts what arrives.
conversation_actor::behavior_type counting(conversation_actor::pointer self,
                                           std::atomic<std::uint64_t>* handled) {
  return {
      [](const conversation_work&) {},
      [](const proposals_resolved&) {},
      [](const claim_granted&) {},
      [](const conversation_loaded&) {},
      [handled](const index_learnt&) { handled->fetch_add(1, std::memory_order_release); },
      [](const inbox_learnt&) {},
      [](const doze&) {},
      [self](const stop_now&) { self->quit(); },
  };
}

/// From a thread that is no actor, as gateways and the shard writer send; `range(0)` at a time.
void actor_hop(benchmark::State& state) {
  one_worker config;
  caf::actor_system system(config);
  std::atomic<std::uint64_t> handled{0};
  const auto to = system.spawn(counting, &handled);
  const auto at_a_time = static_cast<std::uint64_t>(state.range(0));
  std::uint64_t sent = 0;
  for (auto _ : state) {
    for (std::uint64_t i = 0; i < at_a_time; ++i) tell(to, index_learnt{event_seq{1}, user_id{1}});
    sent += at_a_time;
    while (handled.load(std::memory_order_acquire) < sent) std::this_thread::yield();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(sent));
  tell(to, stop_now{});
}
BENCHMARK(actor_hop)->Arg(1)->Arg(10)->Arg(100)->UseRealTime();

/// One commit of `range(0)` messages of one sender: judged, encoded, drafted; per message.
void judge_and_draft(benchmark::State& state) {
  storage::conversation_image image;
  image.exists = true;
  image.record.title = "room";
  image.head = event_seq{1};
  for (std::uint64_t user = 1; user <= 2; ++user) {
    member_record member;
    member.joined = event_seq{1};
    member.spans = {{event_seq{1}, {}}};
    image.members.emplace_back(user_id{user}, member);
  }
  conversation_state rules(tenant_id{1}, conversation_id{9}, image);
  const tenant_policy policy;
  const std::string body(160, 'x');
  conversation_batch batch;
  batch.bytes = body;
  conversation_request request;
  request.user = user_id{1};
  request.device = device_id{1};
  request.text_size = static_cast<std::uint32_t>(body.size());
  const auto messages = static_cast<std::uint64_t>(state.range(0));
  for (auto _ : state) {
    for (std::uint64_t i = 0; i < messages; ++i) {
      ++request.key;
      benchmark::DoNotOptimize(rules.rule(request, batch, {1'000, &policy}));
    }
    benchmark::DoNotOptimize(rules.take_draft());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(judge_and_draft)->Arg(1)->Arg(10)->Arg(64);

}  // namespace
}  // namespace conclave::actors
