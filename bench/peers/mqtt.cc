/// MQTT 3.1.1 with QoS 1: PUBLISH and PUBACK, in both directions. Whoever speaks or listens has a
/// session that the broker keeps (clean session 0); logins have none. Pure; the generator's thread.
#include "bench/peers/big_endian.h"
#include "bench/peers/dialect.h"

#include <optional>

namespace conclave::bench::peers {

namespace {

constexpr unsigned char connect = 0x10, connack = 0x20, publish_qos1 = 0x32, puback = 0x40,
                        subscribe = 0x82, suback = 0x90, disconnect = 0xe0;
constexpr std::uint64_t packet_ids = 65'535;

void put_text(std::string& out, std::string_view text) {
  put(out, static_cast<std::uint16_t>(text.size()));
  out += text;
}

void put_header(std::string& out, unsigned char type, std::size_t length) {
  out += static_cast<char>(type);
  do {
    const auto digit = static_cast<unsigned char>(length % 128);
    length /= 128;
    out += static_cast<char>(length > 0 ? digit | 0x80 : digit);
  } while (length > 0);
}

struct packet {
  unsigned char type = 0;
  std::string_view rest;
  std::size_t size = 0;  ///< header included
};

std::optional<packet> next_packet(std::string_view in) {
  std::size_t length = 0;
  for (std::size_t at = 1; at < in.size() && at < 5; ++at) {
    const auto digit = static_cast<unsigned char>(in[at]);
    length |= std::size_t{digit & 0x7fU} << (7 * (at - 1));
    if (digit & 0x80) continue;
    if (in.size() < at + 1 + length) return std::nullopt;
    return packet{static_cast<unsigned char>(in[0]), in.substr(at + 1, length), at + 1 + length};
  }
  return std::nullopt;
}

class mqtt final : public dialect {
 public:
  mqtt(role who, events& to)
      : who_(std::move(who)),
        to_(to),
        topic_("bench/" + who_.run + "/" + std::to_string(who_.room)) {}

  void open(std::string& out) override {
    const std::string name = who_.name();
    const bool kept = who_.speaks || who_.listens;
    put_header(out, connect, 10 + 2 + name.size());
    put_text(out, "MQTT");
    out += '\x04';
    out += kept ? '\x00' : '\x02';
    put(out, std::uint16_t{0});  // no keep-alive
    put_text(out, name);
  }

  std::size_t feed(std::string_view in, std::string& out) override {
    std::size_t used = 0;
    while (!over_) {
      const auto p = next_packet(in.substr(used));
      if (!p) break;
      used += p->size;
      take(*p, out);
    }
    return used;
  }

  void publish(std::string_view body, std::string& out) override {
    put_header(out, publish_qos1, 2 + topic_.size() + 2 + body.size());
    put_text(out, topic_);
    put(out, static_cast<std::uint16_t>(published_ % packet_ids + 1));
    out += body;
    ++published_;
  }

  void leave(std::string& out) override {
    over_ = true;
    put_header(out, disconnect, 0);
  }

 private:
  void take(const packet& p, std::string& out) {
    if (p.rest.size() < 2) {
      if (p.type == 0xd0) return;
      return to_.on_refused("a packet that is too short");
    }
    if (p.type == connack) {
      if (p.rest[1] != 0) return to_.on_refused("CONNACK " + std::to_string(p.rest[1]));
      if (!who_.listens) return to_.on_ready();
      put_header(out, subscribe, 2 + 2 + topic_.size() + 1);
      put(out, std::uint16_t{1});
      put_text(out, topic_);
      out += '\x01';
    } else if (p.type == suback) {
      if (p.rest.size() != 3 || p.rest[2] != 1) return to_.on_refused("no QoS 1");
      to_.on_ready();
    } else if (p.type == puback) {
      to_.on_acked(number_of(get<std::uint16_t>(p.rest, 0)));
    } else if ((p.type & 0xf0) == 0x30) {
      take_delivery(p, out);
    }
  }

  void take_delivery(const packet& p, std::string& out) {
    const std::size_t topic = 2 + get<std::uint16_t>(p.rest, 0);
    if ((p.type & 0x06) != 0x02 || p.rest.size() < topic + 2) {
      return to_.on_refused("a delivery without QoS 1");
    }
    put_header(out, puback, 2);
    out += p.rest.substr(topic, 2);
    to_.on_delivered(p.rest.substr(topic + 2));
  }

  /// The newest message with this packet id; far fewer are under way than there are ids.
  std::uint64_t number_of(std::uint16_t id) const {
    const std::uint64_t newest = published_ - 1;
    return newest - (newest % packet_ids + packet_ids - (id - 1U)) % packet_ids;
  }

  role who_;
  events& to_;
  std::string topic_;
  std::uint64_t published_ = 0;
  bool over_ = false;
};

}  // namespace

std::unique_ptr<dialect> make_mqtt(role who, dialect::events& to) {
  return std::make_unique<mqtt>(std::move(who), to);
}

}  // namespace conclave::bench::peers
