/// The loop behind the door; see door.h.
#include "actors/door.h"

#include "actors/reply.h"
#include "conf/limits.h"
#include "conf/log.h"
#include "net/event_loop.h"
#include "schemas/codec.h"
#include "schemas/session_messages.h"

#include <atomic>
#include <chrono>
#include <span>
#include <thread>
#include <utility>

namespace conclave::actors {

namespace {

using clock = std::chrono::steady_clock;

/// There is a leader: it takes a moment until this node is worth asking again. Nobody leads: an
/// election takes longer.
constexpr std::uint32_t retry_with_leader_ms = 200;
constexpr std::uint32_t retry_without_leader_ms = 1000;

constexpr std::chrono::milliseconds tick_every{500};

/// As for the gateway: HELLO and LOGIN have one handshake_timeout each.
constexpr auto visit_patience = 2 * limits::handshake_timeout;

struct visitor final : net::connection_user {
  clock::time_point leave_by;
};

void say(net::connection& c, std::uint64_t correlation, errc code, std::string_view text = {},
         std::string_view leader = {}, std::uint32_t retry_after_ms = 0) {
  c.tail() += error_frame(correlation, code, text, retry_after_ms, leader);
  c.queued();
}

net::loop_options loop_options_of(const door_options& options) {
  net::loop_options of_loop;
  of_loop.max_connections = options.max_connections;
  return of_loop;
}

}  // namespace

struct door::impl final : net::loop_handler {
  explicit impl(door_options o) : options(std::move(o)), loop(0, *this, loop_options_of(options)) {}

  void on_open(net::connection& c) override {
    auto v = std::make_unique<visitor>();
    v->leave_by = clock::now() + visit_patience;
    c.user = std::move(v);
    c.set_max_frame(limits::max_frame_bytes_before_login);
    c.set_idle_timeout(static_cast<std::uint32_t>(limits::handshake_timeout.count()));
  }

  void on_frames(net::connection& c, std::span<const frame_view> frames) override {
    // The first frame settles it, whatever it is.
    if (!frames.empty() && !c.closing()) answer(c, frames.front());
  }

  void on_drained(net::connection&) override {}

  void on_close(net::connection& c, net::close_reason reason, const std::string& detail) override {
    log::debug("door", "connection closed",
               {{"peer", c.peer()}, {"reason", net::name_of(reason)}, {"detail", detail}});
  }

  void answer(net::connection& c, const frame_view& frame) {
    if (frame.header.type != frame_type::hello) {
      say(c, 0, errc::unexpected_frame, "HELLO comes first");
      return c.close(net::close_reason::malformed, true);
    }
    const auto message = decode<hello>(frame.payload);
    if (!message.ok()) {
      say(c, 0, message.error().code, message.error().detail);
      return c.close(net::close_reason::malformed, true);
    }
    if (message->min_version > protocol_version || message->max_version < protocol_version) {
      say(c, 0, errc::unsupported_version, "this node speaks version 1");
      return c.close(net::close_reason::malformed, true);
    }
    const std::string leader = options.leader ? options.leader() : std::string();
    auto& counter = leader.empty() ? sent_away : sent_on;
    counter.fetch_add(1, std::memory_order_relaxed);
    // Operators are served elsewhere than clients, at an address that only they know.
    const std::string_view to = c.tag() == client_listener ? leader : std::string_view();
    say(c, frame.header.correlation, errc::not_leading, {}, to,
        leader.empty() ? retry_without_leader_ms : retry_with_leader_ms);
    c.close(net::close_reason::by_us, true);
  }

  void tick() {
    const auto now = clock::now();
    loop.for_each([&](net::connection& c) {
      if (c.user == nullptr || c.closing()) return;
      if (now < static_cast<visitor&>(*c.user).leave_by) return;
      send_off(c, errc::handshake_timeout, {});
    });
    loop.after(tick_every, [this] { tick(); });
  }

  static void send_off(net::connection& c, errc code, std::string_view leader) {
    const error_info& info = describe(code);
    goaway word;
    word.code = info.code;
    word.text = info.text;
    word.leader = leader;
    append_frame(c.tail(), 0, word);
    c.queued();
    c.close(code == errc::handshake_timeout ? net::close_reason::handshake_timeout
                                            : net::close_reason::by_us,
            true);
  }

  void send_everybody_off() {
    const std::string leader = options.leader ? options.leader() : std::string();
    loop.for_each([&](net::connection& c) {
      if (c.user == nullptr || c.closing()) return;
      send_off(c, errc::not_leading, c.tag() == client_listener ? leader : std::string());
    });
  }

  door_options options;
  std::atomic<std::uint64_t> sent_on{0};
  std::atomic<std::uint64_t> sent_away{0};
  net::event_loop loop;  // its end closes what uses the members above
  std::thread thread;
};

door::door(door_options options) : impl_(std::make_unique<impl>(std::move(options))) {}

door::~door() {
  stop(0);
}

outcome<bound_ports> door::start() {
  const door_options& o = impl_->options;
  if (!o.engine_is_open) {
    for (const listen_address* a : {&o.client, &o.admin}) {
      if (a->port == 0) continue;
      auto free = net::event_loop::check_port_is_free(a->address, a->port);
      if (!free.ok()) return std::move(free).error();
    }
  }
  const auto client = impl_->loop.listen(o.client.address, o.client.port, o.tls, client_listener);
  if (!client.ok()) return client.error();
  const auto admin = impl_->loop.listen(o.admin.address, o.admin.port, o.tls, admin_listener);
  if (!admin.ok()) return admin.error();
  impl_->loop.after(tick_every, [this] { impl_->tick(); });
  impl_->thread = std::thread([i = impl_.get()] { i->loop.run(); });
  log::info("door", "open: another node leads",
            {{"node", o.node_name}, {"client_port", *client}, {"admin_port", *admin}});
  return bound_ports{*client, *admin};
}

void door::replace_tls(std::shared_ptr<const net::tls_context> tls) {
  impl_->loop.post([i = impl_.get(), tls = std::move(tls)] {
    i->loop.replace_tls(client_listener, tls);
    i->loop.replace_tls(admin_listener, tls);
  });
}

void door::stop(std::uint32_t patience_ms) {
  if (!impl_->thread.joinable()) return;
  std::atomic<bool> closed{false};
  impl_->loop.post([&closed, i = impl_.get()] {
    i->loop.close_listeners();
    closed = true;
  });
  // Polling is enough here: a door closes a few times in a node's life.
  const auto until = clock::now() + std::chrono::milliseconds(patience_ms);
  const auto pause = [] { std::this_thread::sleep_for(std::chrono::milliseconds(5)); };
  while (!closed) pause();
  while (impl_->loop.counters().connections > 0 && clock::now() < until) pause();
  impl_->loop.post([i = impl_.get()] { i->send_everybody_off(); });
  impl_->loop.stop();
  impl_->thread.join();
  log::info("door", "closed", {{"node", impl_->options.node_name}});
}

door_counters door::counters() const {
  const net::loop_counters wire = impl_->loop.counters();
  return {impl_->sent_on.load(std::memory_order_relaxed),
          impl_->sent_away.load(std::memory_order_relaxed), wire.connections, wire.refused};
}

}  // namespace conclave::actors
