/// The sender row: as stored bytes, and as a sequence of requests. Input: a row.
#include "schemas/sender_record.h"
#include "tests/fuzz/fuzz_check.h"

using namespace conclave;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto decoded = sender_record::decode(fuzz::view_of(data, size));
  if (decoded.ok()) {
    fuzz::expect(decoded->size() <= sender_record::window, "the window is bounded");
    const auto again = sender_record::decode(decoded->encode());
    fuzz::expect(again.ok() && *again == *decoded, "a row comes back");
  }
  // The same bytes as requests: each step leaps up, or back inside the window.
  sender_record record = decoded.ok() ? *decoded : sender_record();
  std::uint64_t seq = 0;
  constexpr std::size_t max_requests = 64;  // enough to push a full window on, and quick
  for (std::size_t i = 0; i < size && i < max_requests; ++i) {
    const std::uint64_t base = record.highest() < id_limit ? record.highest() : 1;
    const std::uint64_t back = data[i] & 0x80 ? data[i] & 0x7fu : 0;
    const std::uint64_t client_seq =
        data[i] & 0x80 ? base - (back < base ? back : 0) : base + data[i];
    const auto judged = record.judge(client_seq);
    if (judged.kind != sender_record::verdict::fresh) continue;
    const auto floor = record.floor();
    record.accept({client_seq, event_seq(++seq), i});
    fuzz::expect(record.size() <= sender_record::window, "the window is bounded");
    fuzz::expect(record.floor() >= floor, "the floor never sinks");
    fuzz::expect(record.judge(client_seq).kind != sender_record::verdict::fresh,
                 "what was accepted is not fresh again");
  }
  return 0;
}
