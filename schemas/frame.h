/// The frame: the only unit on every connection, client and (later) peer.
///
///   u32 length | u8 version | u8 type | u16 flags | u64 correlation | payload
///
/// All integers big endian. `length` counts the bytes after itself: 12 + payload. The payload is
/// one msgpack array. Correlation 0 marks a push; a request's correlation is chosen by the client
/// and repeated by its one answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "schemas/outcome.h"

namespace conclave {

enum class frame_type : std::uint8_t {
  // requests, client to node
  hello = 0x01,
  login = 0x02,
  ping = 0x03,
  create_conversation = 0x10,
  send = 0x11,
  add_members = 0x12,
  remove_member = 0x13,
  history = 0x18,
  list_conversations = 0x19,
  list_members = 0x1a,
  resolve_users = 0x1b,
  create_tenant = 0x30,
  list_tenants = 0x31,
  provision_users = 0x32,
  list_users = 0x33,

  // answers, node to client
  error = 0x40,
  welcome = 0x41,
  logged_in = 0x42,
  pong = 0x43,
  ok = 0x44,
  conversation_created = 0x50,
  history_page = 0x58,
  conversations_page = 0x59,
  members_page = 0x5a,
  users_resolved = 0x5b,
  tenant_created = 0x70,
  tenants_page = 0x71,
  users_provisioned = 0x72,
  users_page = 0x73,

  // pushes, node to client, correlation 0
  event = 0x80,
  head = 0x81,
  goaway = 0x82,
};

inline constexpr std::uint8_t protocol_version = 1;
inline constexpr std::size_t frame_header_size = 16;
inline constexpr std::size_t frame_length_size = 4;

struct frame_header {
  std::uint32_t length = 0;  ///< bytes after the length field
  std::uint8_t version = protocol_version;
  frame_type type{};
  std::uint16_t flags = 0;  ///< none defined yet: senders write 0, receivers ignore
  std::uint64_t correlation = 0;
};

/// A received frame. The payload borrows the reader's buffer.
struct frame_view {
  frame_header header;
  std::string_view payload;
};

/// Writes exactly frame_header_size bytes to `to`.
void write_frame_header(const frame_header& header, char* to);

/// Reads exactly frame_header_size bytes. Judges nothing: bounds are the frame reader's business.
frame_header read_frame_header(const char* from);

/// Reserves a header at the end of `out`; close_frame fills in the length once the payload follows.
/// Returns the frame's offset in `out`.
std::size_t open_frame(std::string& out, frame_type type, std::uint64_t correlation);
void close_frame(std::string& out, std::size_t frame_offset);

}  // namespace conclave
