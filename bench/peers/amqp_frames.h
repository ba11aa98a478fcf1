/// The frames of AMQP 0-9-1 as far as this generator speaks it. Written out here because the
/// library for C (librabbitmq) blocks while it waits, and there is only one thread. Pure; any
/// thread.
#pragma once

#include "bench/peers/big_endian.h"

#include <optional>

namespace conclave::bench::peers::amqp {

enum frame_type : std::uint8_t { method_frame = 1, header_frame = 2, body_frame = 3 };

/// Class in the upper half, method in the lower.
enum method : std::uint32_t {
  connection_start = 10U << 16 | 10,
  connection_start_ok = 10U << 16 | 11,
  connection_tune = 10U << 16 | 30,
  connection_tune_ok = 10U << 16 | 31,
  connection_open = 10U << 16 | 40,
  connection_open_ok = 10U << 16 | 41,
  connection_close = 10U << 16 | 50,
  channel_open = 20U << 16 | 10,
  channel_open_ok = 20U << 16 | 11,
  channel_close = 20U << 16 | 40,
  queue_declare = 50U << 16 | 10,
  queue_declare_ok = 50U << 16 | 11,
  queue_bind = 50U << 16 | 20,
  queue_bind_ok = 50U << 16 | 21,
  basic_qos = 60U << 16 | 10,
  basic_qos_ok = 60U << 16 | 11,
  basic_consume = 60U << 16 | 20,
  basic_consume_ok = 60U << 16 | 21,
  basic_publish = 60U << 16 | 40,
  basic_deliver = 60U << 16 | 60,
  basic_ack = 60U << 16 | 80,
  basic_nack = 60U << 16 | 120,
  confirm_select = 85U << 16 | 10,
  confirm_select_ok = 85U << 16 | 11,
};

inline constexpr char frame_end = '\xce';
inline constexpr std::size_t frame_overhead = 8;

inline void put_short_text(std::string& out, std::string_view text) {
  put(out, static_cast<std::uint8_t>(text.size()));
  out += text;
}
inline void put_long_text(std::string& out, std::string_view text) {
  put(out, static_cast<std::uint32_t>(text.size()));
  out += text;
}

/// Appends a frame whose payload is written between the constructor and done().
class frame_writer {
 public:
  frame_writer(std::string& out, std::uint8_t type, std::uint16_t channel) : out_(out) {
    put(out, type);
    put(out, channel);
    size_at_ = out.size();
    put(out, std::uint32_t{0});
  }
  frame_writer(std::string& out, method m, std::uint16_t channel)
      : frame_writer(out, method_frame, channel) {
    put(out, static_cast<std::uint32_t>(m));
  }
  void done() {
    std::string size;
    put(size, static_cast<std::uint32_t>(out_.size() - size_at_ - 4));
    out_.replace(size_at_, 4, size);
    out_ += frame_end;
  }

 private:
  std::string& out_;
  std::size_t size_at_;
};

struct frame {
  std::uint8_t type = 0;
  std::string_view payload;
  std::size_t size = 0;
  bool broken = false;

  std::uint32_t method_id() const {
    return payload.size() < 4 ? 0 : get<std::uint32_t>(payload, 0);
  }
};

inline std::optional<frame> next_frame(std::string_view in) {
  if (in.size() < frame_overhead) return std::nullopt;
  const std::size_t length = get<std::uint32_t>(in, 3);
  if (in.size() < frame_overhead + length) return std::nullopt;
  return frame{get<std::uint8_t>(in, 0), in.substr(7, length), frame_overhead + length,
               in[7 + length] != frame_end};
}

}  // namespace conclave::bench::peers::amqp
