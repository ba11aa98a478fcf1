/// Keys and rows of the store: made for each row written, taken apart for each row read.
#include "schemas/keys.h"
#include "schemas/records.h"
#include "schemas/sender_record.h"

#include <benchmark/benchmark.h>

namespace conclave {
namespace {

void make_event_key(benchmark::State& state) {
  std::uint64_t seq = 0;
  for (auto _ : state)
    benchmark::DoNotOptimize(keys::event(tenant_id{1}, conversation_id{99}, event_seq{++seq}));
}
BENCHMARK(make_event_key);

void parse_event_key(benchmark::State& state) {
  const std::string key = keys::event(tenant_id{1}, conversation_id{99}, event_seq{7});
  for (auto _ : state) benchmark::DoNotOptimize(keys::parse(table::event, key));
}
BENCHMARK(parse_event_key);

void decode_member_row(benchmark::State& state) {
  member_record record;
  record.joined = event_seq{12};
  record.spans = {{event_seq{12}, {}}};
  record.read = event_seq{999};
  const std::string row = encode(record);
  for (auto _ : state) benchmark::DoNotOptimize(decode_record<member_record>(row));
}
BENCHMARK(decode_member_row);

/// The row of a device that has sent a window full of messages.
void encode_sender_row(benchmark::State& state) {
  sender_record sender;
  for (std::uint64_t i = 1; i <= 256; ++i) sender.accept({i * 3, event_seq{i}, 1'000 + i});
  for (auto _ : state) benchmark::DoNotOptimize(sender.encode());
}
BENCHMARK(encode_sender_row);

}  // namespace
}  // namespace conclave
