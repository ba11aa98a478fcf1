/// What queueing costs: one event of a shared buffer for one member, and the gathering of many
/// small ones into a TLS record.
#include "net/outbox.h"

#include <benchmark/benchmark.h>

#include <memory>
#include <string>

namespace conclave::net {
namespace {

constexpr std::size_t frame_bytes = 230;
constexpr std::size_t record_bytes = 16 * 1024;

/// A group's event goes to one more member and is written at once.
void push_one_range(benchmark::State& state) {
  const loop_buffer_ref buffer(std::string(frame_bytes, 'x'));
  outbox_pool pool;
  outbox out(pool);
  std::string staging(record_bytes, 0);
  for (auto _ : state) {
    out.push(buffer, 0, frame_bytes);
    const auto front = out.front(staging.data(), staging.size());
    out.consume(front.size());
  }
}
BENCHMARK(push_one_range);

/// 64 events of different commits, gathered into one record; per event.
void gather_64_ranges(benchmark::State& state) {
  std::vector<loop_buffer_ref> buffers;
  for (int i = 0; i < 64; ++i) buffers.emplace_back(std::string(frame_bytes, 'x'));
  outbox_pool pool;
  outbox out(pool);
  std::string staging(record_bytes, 0);
  for (auto _ : state) {
    for (const loop_buffer_ref& buffer : buffers) out.push(buffer, 0, frame_bytes);
    while (out.bytes() > 0) out.consume(out.front(staging.data(), staging.size()).size());
  }
  state.SetItemsProcessed(state.iterations() * 64);
}
BENCHMARK(gather_64_ranges);

}  // namespace
}  // namespace conclave::net
