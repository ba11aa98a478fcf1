/// Frames from the layouts: every field is listed there, here is what surrounds them.
#include "replication/peer_codec.h"

#include "conf/limits.h"
#include "replication/peer_layouts.h"
#include "replication/sealing.h"

#include <utility>
#include <variant>

namespace conclave::replication {

namespace {

const char* name_of(peer_frame type) {
  switch (type) {
    case peer_frame::link:
      return "LINK";
    case peer_frame::linked:
      return "LINKED";
    case peer_frame::ping:
      return "PING";
    case peer_frame::unlink:
      return "UNLINK";
    case peer_frame::hello:
      return "HELLO";
    case peer_frame::refuse:
      return "REFUSE";
    case peer_frame::message:
      return "MESSAGE";
    case peer_frame::status:
      return "STATUS";
    case peer_frame::yield:
      return "YIELD";
    case peer_frame::seed_begin:
      return "SEED_BEGIN";
    case peer_frame::seed_from:
      return "SEED_FROM";
    case peer_frame::seed_block:
      return "SEED_BLOCK";
    case peer_frame::seed_ack:
      return "SEED_ACK";
    case peer_frame::seed_done:
      return "SEED_DONE";
    case peer_frame::seed_result:
      return "SEED_RESULT";
  }
  return "unknown";
}

failure malformed(peer_frame type, const std::string& why) {
  return {errc::malformed, std::string("a malformed ") + name_of(type) + " frame: " + why};
}

std::size_t open_peer_frame(std::string& out, peer_frame type) {
  return open_frame(out, frame_type(static_cast<std::uint8_t>(type)), 0);
}

/// Number of a body on the wire: its place in message_body, from 1.
constexpr std::uint8_t body_kinds = std::variant_size_v<message_body>;

/// Makes `to` the alternative of this number.
template <std::uint8_t N = 0>
void choose_body(std::uint8_t kind, message_body& to) {
  if constexpr (N < body_kinds) {
    if (kind == N + 1) {
      to.emplace<N>();
    } else {
      choose_body<N + 1>(kind, to);
    }
  }
}

template <class V>
void message_head(V& v, seen_by<V, shard_id>& shard, seen_by<V, message>& m) {
  v.number(shard.value), fields(v, m.from), fields(v, m.to), v.number(m.epoch.value);
  v.number(m.config_version), v.number(m.lineage);
}

constexpr std::uint32_t message_fields = 10;

std::vector<entry>* entries_of(message_body& body) {
  if (auto* a = std::get_if<append>(&body)) return &a->entries;
  if (auto* f = std::get_if<fetched>(&body)) return &f->entries;
  return nullptr;
}

}  // namespace

template <class Frame>
void append_peer_frame(std::string& out, const Frame& frame) {
  const std::size_t at = open_peer_frame(out, Frame::type);
  peer_writer writer(out);
  layout(writer, frame);
  close_frame(out, at);
}

template <class Frame>
outcome<Frame> decode_peer_frame(std::string_view payload) {
  Frame frame;
  peer_reader reader(payload);
  layout(reader, frame);
  reader.expect_end();
  if (!reader.ok()) return malformed(Frame::type, reader.wrong());
  return frame;
}

#define CONCLAVE_PEER_FRAME(frame)                                    \
  template void append_peer_frame<frame>(std::string&, const frame&); \
  template outcome<frame> decode_peer_frame<frame>(std::string_view)

CONCLAVE_PEER_FRAME(peer_link);
CONCLAVE_PEER_FRAME(peer_linked);
CONCLAVE_PEER_FRAME(peer_ping);
CONCLAVE_PEER_FRAME(peer_unlink);
CONCLAVE_PEER_FRAME(peer_hello);
CONCLAVE_PEER_FRAME(peer_refuse);
CONCLAVE_PEER_FRAME(peer_status);
CONCLAVE_PEER_FRAME(peer_yield);
CONCLAVE_PEER_FRAME(seed_begin);
CONCLAVE_PEER_FRAME(seed_from);
CONCLAVE_PEER_FRAME(seed_block);
CONCLAVE_PEER_FRAME(seed_ack);
CONCLAVE_PEER_FRAME(seed_done);
CONCLAVE_PEER_FRAME(seed_result);

void append_message(std::string& out, shard_id shard, const message& content,
                    std::span<const std::string_view> stored) {
  std::size_t fitting = 0;
  for (std::size_t bytes = 0; fitting < stored.size() && bytes < limits::peer_batch_bytes;
       ++fitting) {
    bytes += stored[fitting].size();
  }
  stored = stored.first(fitting);
  const std::size_t at = open_peer_frame(out, peer_frame::message);
  peer_writer writer(out);
  writer.record(message_fields, [&] {
    message_head(writer, shard, content);
    writer.number(static_cast<std::uint8_t>(content.body.index() + 1));
    std::visit([&](const auto& b) { body(writer, b, stored); }, content.body);
  });
  close_frame(out, at);
}

outcome<decoded_message> decode_message(std::string_view payload) {
  decoded_message m;
  peer_reader reader(payload);
  reader.record(message_fields, [&] {
    std::uint8_t kind = 0;
    message_head(reader, m.shard, m.content);
    reader.number(kind);
    if (!reader.ok()) return;
    if (kind == 0 || kind > body_kinds) return reader.fail("an unknown body");
    choose_body(kind, m.content.body);
    std::visit([&](auto& b) { body(reader, b, m.stored); }, m.content.body);
  });
  reader.expect_end();
  if (!reader.ok()) return malformed(peer_frame::message, reader.wrong());
  std::vector<entry>* const entries = entries_of(m.content.body);
  if (entries == nullptr) return m;
  entries->reserve(m.stored.size());
  for (const std::string_view bytes : m.stored) {
    auto opened = open_entry(m.shard, bytes);
    if (!opened) return malformed(peer_frame::message, opened.error().detail);
    entries->push_back(std::move(opened).value());
  }
  return m;
}

}  // namespace conclave::replication
