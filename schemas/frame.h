/// The frame: the only unit on every connection, client and (later) peer.
///
///   u32 length | u8 version | u8 type | u16 flags | u64 correlation | payload
///
/// All integers big endian. `length` counts the bytes after itself: 12 + payload. The payload is
/// one msgpack array. Correlation 0 marks a push; a request's correlation is chosen by the client
/// and repeated by its one answer.
#pragma once

#include "schemas/outcome.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace conclave {

enum class frame_type : std::uint8_t {
  // requests, client to node
  hello = 0x01,
  login = 0x02,
  ping = 0x03,
  login_password = 0x04,
  renew_token = 0x05,
  logout = 0x06,
  list_devices = 0x07,
  end_device = 0x08,
  change_password = 0x09,
  add_external = 0x0a,
  new_join_code = 0x0b,
  create_conversation = 0x10,
  send = 0x11,
  add_members = 0x12,
  remove_member = 0x13,
  edit = 0x14,
  recall = 0x15,
  react = 0x16,
  pin = 0x17,
  history = 0x18,
  list_conversations = 0x19,
  list_members = 0x1a,
  resolve_users = 0x1b,
  inbox = 0x1c,
  list_gone = 0x1d,
  list_readers = 0x1e,
  list_versions = 0x1f,
  forward = 0x20,
  set_role = 0x21,
  mute_member = 0x22,
  change_settings = 0x23,
  dissolve = 0x24,
  join = 0x25,
  answer_join = 0x26,
  list_join_requests = 0x27,
  mark_read = 0x28,
  open_burning = 0x29,
  typing = 0x2a,
  watch = 0x2b,
  watch_presence = 0x2c,
  set_conversation = 0x2d,
  list_pins = 0x2e,
  create_tenant = 0x30,
  list_tenants = 0x31,
  provision_users = 0x32,
  list_users = 0x33,
  set_password = 0x34,
  set_policy = 0x35,
  get_policy = 0x36,
  send_notice = 0x37,

  // answers, node to client
  error = 0x40,
  welcome = 0x41,
  logged_in = 0x42,
  pong = 0x43,
  ok = 0x44,
  token_renewed = 0x45,
  done = 0x46,
  devices_page = 0x47,
  join_code = 0x4b,
  conversation_created = 0x50,
  history_page = 0x58,
  conversations_page = 0x59,
  members_page = 0x5a,
  users_resolved = 0x5b,
  inbox_page = 0x5c,
  gone_page = 0x5d,
  readers_page = 0x5e,
  versions_page = 0x5f,
  join_answered = 0x65,
  join_requests_page = 0x67,
  opened = 0x69,
  presence_page = 0x6c,
  pins_page = 0x6e,
  tenant_created = 0x70,
  tenants_page = 0x71,
  users_provisioned = 0x72,
  users_page = 0x73,
  policy = 0x76,

  // pushes, node to client, correlation 0
  event = 0x80,
  head = 0x81,
  goaway = 0x82,
  inbox_entry = 0x83,
  inbox_head = 0x84,
  read_by = 0x85,
  typing_now = 0x86,
  presence = 0x87,
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
