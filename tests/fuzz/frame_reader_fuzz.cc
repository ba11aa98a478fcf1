/// Any bytes in any chunks: the frame reader must not crash, must keep its bounds, and must give
/// the same frames and verdict as when it gets all bytes at once.
#include "net/frame_reader.h"
#include "schemas/check.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using conclave::errc;
using conclave::frame_view;
using conclave::net::frame_reader;

constexpr std::uint32_t max_length = 300;

struct reading {
  std::vector<std::pair<std::uint64_t, std::string>> frames;
  errc verdict = errc::ok;
};

void feed(frame_reader& reader, std::string_view bytes, reading& result) {
  const std::string own(bytes);  // of its exact size, so that a read beyond it is noticed
  std::vector<frame_view> batch;
  result.verdict = reader.feed(own, batch);
  for (const frame_view& f : batch) {
    CONCLAVE_CHECK(f.payload.size() + 12 == f.header.length, "the payload is what length counts");
    CONCLAVE_CHECK(f.header.length <= max_length, "no frame is above the bound");
    result.frames.emplace_back(f.header.correlation, f.payload);
  }
  CONCLAVE_CHECK(reader.held_bytes() < max_length + 4, "less than one frame is held");
  reader.release();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::size_t chunk = 1 + data[0] % 64;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);

  reading whole;
  frame_reader at_once(max_length);
  feed(at_once, bytes, whole);

  reading chunked;
  frame_reader in_chunks(max_length);
  for (std::size_t at = 0; at < bytes.size() && chunked.verdict == errc::ok; at += chunk) {
    feed(in_chunks, bytes.substr(at, chunk), chunked);
  }
  CONCLAVE_CHECK(whole.frames == chunked.frames, "chunks do not change the frames");
  CONCLAVE_CHECK(whole.verdict == chunked.verdict, "chunks do not change the verdict");
  return 0;
}
