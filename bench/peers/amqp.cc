/// AMQP 0-9-1 with what RabbitMQ adds: quorum queues and publisher confirms. A room of two is a
/// queue of its own behind the default exchange; a room of many is `amq.fanout` with a queue for
/// each member, so that each has its own copy and acknowledges it. Pure; the generator's thread.
#include "bench/peers/amqp_frames.h"
#include "bench/peers/dialect.h"

#include <vector>

namespace conclave::bench::peers {

namespace {

using namespace amqp;

constexpr std::uint16_t channel = 1;
constexpr std::uint16_t prefetch = 1000;
constexpr std::uint32_t largest_frame = 131'072;

class rabbit final : public dialect {
 public:
  rabbit(role who, events& to) : who_(std::move(who)), to_(to) {
    const std::string base = "bench." + who_.run + ".";
    queue_ = base + (who_.fan_out ? "member." + std::to_string(who_.member)
                                  : "room." + std::to_string(who_.room));
    exchange_ = who_.fan_out ? "amq.fanout" : "";
    plan();
    prepare_publish();
  }

  void open(std::string& out) override { out.append("AMQP\0\0\x09\x01", 8); }

  std::size_t feed(std::string_view in, std::string& out) override {
    std::size_t used = 0;
    while (!over_) {
      const auto f = next_frame(in.substr(used));
      if (!f) break;
      used += f->size;
      if (f->broken) {
        to_.on_refused("a frame without its end");
        break;
      }
      take(*f, out);
    }
    if (!over_ && delivered_tag_ != acked_tag_) {
      // All of this wake-up with one frame, as the protocol invites to.
      frame_writer f(out, basic_ack, channel);
      put(out, delivered_tag_);
      put(out, std::uint8_t{1});
      f.done();
      acked_tag_ = delivered_tag_;
    }
    return used;
  }

  void publish(std::string_view body, std::string& out) override {
    out += publish_method_;
    frame_writer header(out, header_frame, channel);
    put(out, std::uint16_t{60});
    put(out, std::uint16_t{0});
    put(out, static_cast<std::uint64_t>(body.size()));
    put(out, std::uint16_t{0x1000});  // one property:
    put(out, std::uint8_t{2});        // delivery mode persistent
    header.done();
    frame_writer content(out, body_frame, channel);
    out += body;
    content.done();
  }

  void leave(std::string& out) override {
    over_ = true;
    frame_writer f(out, connection_close, 0);
    put(out, std::uint16_t{200});
    put_short_text(out, "bye");
    put(out, std::uint32_t{0});
    f.done();
  }

 private:
  /// A request of the set-up and the method that answers it.
  struct step {
    std::string bytes;
    std::uint32_t answer;
  };

  template <typename fields>
  void add(method m, std::uint32_t answer, fields&& put_fields) {
    std::string bytes;
    frame_writer f(bytes, m, channel);
    put_fields(bytes);
    f.done();
    steps_.push_back({std::move(bytes), answer});
  }

  void plan() {
    if (!who_.speaks && !who_.listens) return;
    add(channel_open, channel_open_ok, [](std::string& b) { put_short_text(b, ""); });
    if (who_.speaks) {
      add(confirm_select, confirm_select_ok, [](std::string& b) { put(b, std::uint8_t{0}); });
    }
    if (!who_.listens) return;
    add(basic_qos, basic_qos_ok, [](std::string& b) {
      put(b, std::uint32_t{0});
      put(b, prefetch);
      put(b, std::uint8_t{0});
    });
    add(queue_declare, queue_declare_ok, [this](std::string& b) {
      put(b, std::uint16_t{0});
      put_short_text(b, queue_);
      put(b, std::uint8_t{2});  // durable
      std::string table;
      put_short_text(table, "x-queue-type");
      table += 'S';
      put_long_text(table, "quorum");
      put_long_text(b, table);
    });
    if (who_.fan_out) {
      add(queue_bind, queue_bind_ok, [this](std::string& b) {
        put(b, std::uint16_t{0});
        put_short_text(b, queue_);
        put_short_text(b, exchange_);
        put_short_text(b, "");
        put(b, std::uint8_t{0});
        put(b, std::uint32_t{0});
      });
    }
    add(basic_consume, basic_consume_ok, [this](std::string& b) {
      put(b, std::uint16_t{0});
      put_short_text(b, queue_);
      put_short_text(b, "");
      put(b, std::uint8_t{0});
      put(b, std::uint32_t{0});
    });
  }

  void prepare_publish() {
    frame_writer f(publish_method_, basic_publish, channel);
    put(publish_method_, std::uint16_t{0});
    put_short_text(publish_method_, exchange_);
    put_short_text(publish_method_, who_.fan_out ? "" : queue_);
    put(publish_method_, std::uint8_t{0});
    f.done();
  }

  void go_on(std::string& out) {
    if (next_step_ == steps_.size()) return to_.on_ready();
    out += steps_[next_step_].bytes;
  }

  void take(const frame& f, std::string& out) {
    if (f.type == header_frame && f.payload.size() >= 12) {
      body_.clear();
      body_size_ = get<std::uint64_t>(f.payload, 4);
    } else if (f.type == body_frame) {
      body_ += f.payload;
      if (body_.size() < body_size_) return;
      delivered_tag_ = coming_tag_;
      to_.on_delivered(body_);
    } else if (f.type == method_frame) {
      take_method(f.method_id(), f.payload, out);
    }
  }

  void take_method(std::uint32_t id, std::string_view payload, std::string& out) {
    switch (id) {
      case connection_start:
        return start_ok(out);
      case connection_tune:
        return tune_ok(payload, out);
      case connection_open_ok:
        return go_on(out);
      case basic_ack:
      case basic_nack:
        return take_confirm(id, payload);
      case basic_deliver: {
        const std::size_t tag = 4;
        coming_tag_ = get<std::uint64_t>(payload, tag + 1 + get<std::uint8_t>(payload, tag));
        return;
      }
      case connection_close:
      case channel_close:
        return to_.on_refused("closed: " + std::string(payload.substr(7)));
      default:
        if (next_step_ < steps_.size() && id == steps_[next_step_].answer) {
          ++next_step_;
          go_on(out);
        }
    }
  }

  static void start_ok(std::string& out) {
    frame_writer f(out, connection_start_ok, 0);
    put(out, std::uint32_t{0});
    put_short_text(out, "PLAIN");
    put_long_text(out, std::string_view("\0guest\0guest", 12));
    put_short_text(out, "en_US");
    f.done();
  }

  static void tune_ok(std::string_view payload, std::string& out) {
    frame_writer f(out, connection_tune_ok, 0);
    put(out, get<std::uint16_t>(payload, 4));
    put(out, largest_frame);
    put(out, std::uint16_t{0});  // no heartbeat
    f.done();
    frame_writer open(out, connection_open, 0);
    put_short_text(out, "/");
    put_short_text(out, "");
    put(out, std::uint8_t{0});
    open.done();
  }

  void take_confirm(std::uint32_t id, std::string_view payload) {
    // Tags count from 1.
    const std::uint64_t number = get<std::uint64_t>(payload, 4) - 1;
    const bool multiple = (payload[12] & 1) != 0;
    if (id == basic_nack) return to_.on_refused("a message was not taken");
    if (multiple) return to_.on_acked_up_to(number);
    to_.on_acked(number);
  }

  role who_;
  events& to_;
  std::string queue_;
  std::string exchange_;
  std::string publish_method_;
  std::vector<step> steps_;
  std::size_t next_step_ = 0;
  std::string body_;
  std::uint64_t body_size_ = 0;
  std::uint64_t coming_tag_ = 0;
  std::uint64_t delivered_tag_ = 0;
  std::uint64_t acked_tag_ = 0;
  bool over_ = false;
};

}  // namespace

std::unique_ptr<dialect> make_amqp(role who, dialect::events& to) {
  return std::make_unique<rabbit>(std::move(who), to);
}

}  // namespace conclave::bench::peers
