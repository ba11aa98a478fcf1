/// Frames between nodes. Input: a number that picks the frame, then a payload. What is accepted
/// must come back the same; a message's entries are tried with the checksums that the input gives
/// them.
#include "replication/peer_codec.h"
#include "tests/fuzz/fuzz_check.h"

namespace {

using namespace conclave;
using namespace conclave::replication;

template <class Outcome>
bool refused(const Outcome& decoded) {
  if (decoded.ok()) return false;
  fuzz::expect(decoded.error().code == errc::malformed, "the promised code");
  fuzz::expect(!decoded.error().detail.empty(), "a detail for people");
  return true;
}

template <class Frame>
void try_frame(std::string_view payload) {
  const auto decoded = decode_peer_frame<Frame>(payload);
  if (refused(decoded)) return;
  std::string frame;
  append_peer_frame(frame, *decoded);
  // A checksum covers the form that its sender chose; ours may be one byte longer.
  fuzz::expect(frame.size() <= payload.size() + frame_header_size + 4, "minimal forms");
  const auto again = decode_peer_frame<Frame>(std::string_view(frame).substr(frame_header_size));
  fuzz::expect(again.ok(), "what was encoded is decoded");
  std::string same;
  append_peer_frame(same, *again);
  fuzz::expect(same == frame, "encoding is stable");
}

void try_message(std::string_view payload) {
  const auto decoded = decode_message(payload);
  if (refused(decoded)) return;
  std::string frame;
  append_message(frame, decoded->shard, decoded->content, decoded->stored);
  const auto again = decode_message(std::string_view(frame).substr(frame_header_size));
  fuzz::expect(again.ok(), "what was encoded is decoded");
  fuzz::expect(again->stored == decoded->stored, "entries are not changed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto payload = fuzz::view_of(data + 1, size - 1);
  switch (data[0] % 15) {
    case 0:
      return try_message(payload), 0;
    case 1:
      return try_frame<peer_link>(payload), 0;
    case 2:
      return try_frame<peer_linked>(payload), 0;
    case 3:
      return try_frame<peer_ping>(payload), 0;
    case 4:
      return try_frame<peer_unlink>(payload), 0;
    case 5:
      return try_frame<peer_hello>(payload), 0;
    case 6:
      return try_frame<peer_refuse>(payload), 0;
    case 7:
      return try_frame<peer_status>(payload), 0;
    case 8:
      return try_frame<seed_begin>(payload), 0;
    case 9:
      return try_frame<seed_from>(payload), 0;
    case 10:
      return try_frame<seed_block>(payload), 0;
    case 11:
      return try_frame<seed_ack>(payload), 0;
    case 12:
      return try_frame<seed_done>(payload), 0;
    case 13:
      return try_frame<seed_result>(payload), 0;
    default:
      return try_frame<peer_yield>(payload), 0;
  }
}
