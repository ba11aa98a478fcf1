/// The sixteen bytes in front of every payload.
#include "schemas/frame.h"

#include "schemas/bytes.h"
#include "schemas/check.h"

#include <limits>

namespace conclave {

void write_frame_header(const frame_header& header, char* to) {
  to = store_big_endian(to, header.length);
  to = store_big_endian(to, header.version);
  to = store_big_endian(to, static_cast<std::uint8_t>(header.type));
  to = store_big_endian(to, header.flags);
  store_big_endian(to, header.correlation);
}

frame_header read_frame_header(const char* from) {
  frame_header header;
  header.length = load_big_endian<std::uint32_t>(from);
  header.version = load_big_endian<std::uint8_t>(from + 4);
  header.type = frame_type(load_big_endian<std::uint8_t>(from + 5));
  header.flags = load_big_endian<std::uint16_t>(from + 6);
  header.correlation = load_big_endian<std::uint64_t>(from + 8);
  return header;
}

std::size_t open_frame(std::string& out, frame_type type, std::uint64_t correlation) {
  const std::size_t offset = out.size();
  frame_header header;
  header.type = type;
  header.correlation = correlation;
  char bytes[frame_header_size];
  write_frame_header(header, bytes);
  out.append(bytes, sizeof bytes);
  return offset;
}

void close_frame(std::string& out, std::size_t frame_offset) {
  CONCLAVE_CHECK(out.size() >= frame_offset + frame_header_size, "the frame was opened here");
  const std::size_t length = out.size() - frame_offset - frame_length_size;
  CONCLAVE_CHECK(length <= std::numeric_limits<std::uint32_t>::max(), "a frame below 4 GiB");
  store_big_endian(out.data() + frame_offset, static_cast<std::uint32_t>(length));
}

}  // namespace conclave
