/// The reactor's receive path and its timer. Frames of the reactor's own requests (HELLO, LOGIN,
/// PING) carry correlations with the top bit set; all others belong to the handler.
#include "client/reactor.h"

#include "conf/limits.h"
#include "schemas/check.h"
#include "schemas/conversation_messages.h"

#include <algorithm>
#include <utility>

namespace conclave::client {

namespace {

constexpr std::uint64_t hello_correlation = reactor::correlation_limit | 1;
constexpr std::uint64_t login_correlation = reactor::correlation_limit | 2;
constexpr std::uint64_t ping_correlation = reactor::correlation_limit | 3;
constexpr std::chrono::milliseconds tick_every{500};

std::uint64_t now_ms() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(since).count());
}

}  // namespace

reactor::reactor(reactor_handler& handler, reactor_options options)
    : handler_(handler), options_(std::move(options)), loop_(0, *this) {
  loop_.after(tick_every, [this] { tick(); });
}

reactor::~reactor() = default;

session_ref reactor::ref_of(std::uint32_t index) const {
  const slot& at = *slots_[index];
  return {index, at.generation, at.context};
}

reactor::slot* reactor::find(session_ref s) {
  if (!s || s.slot >= slots_.size()) return nullptr;
  slot& at = *slots_[s.slot];
  return at.generation == s.generation && at.where != phase::free ? &at : nullptr;
}

net::connection* reactor::ready_connection(session_ref s) {
  slot* at = find(s);
  if (at == nullptr || at->where != phase::ready || at->connection == nullptr) return nullptr;
  return at->connection->closing() ? nullptr : at->connection;
}

session_ref reactor::open(const endpoint& server, std::shared_ptr<const net::tls_context> tls,
                          std::string token, std::uint64_t context) {
  login proof;
  proof.token = token;
  std::string frame;
  append_frame(frame, login_correlation, proof);
  return open_with(server, std::move(tls), std::move(frame), context);
}

session_ref reactor::open(const endpoint& server, std::shared_ptr<const net::tls_context> tls,
                          const login_password& proof, std::uint64_t context) {
  std::string frame;
  append_frame(frame, login_correlation, proof);
  return open_with(server, std::move(tls), std::move(frame), context);
}

session_ref reactor::open_with(const endpoint& server, std::shared_ptr<const net::tls_context> tls,
                               std::string proof, std::uint64_t context) {
  std::uint32_t index = 0;
  if (free_.empty()) {
    index = static_cast<std::uint32_t>(slots_.size());
    slots_.push_back(std::make_unique<slot>());
  } else {
    index = free_.back();
    free_.pop_back();
  }
  slot& at = *slots_[index];
  const std::uint32_t generation = at.generation + 1;
  at = slot{};
  at.generation = generation == 0 ? 1 : generation;
  at.where = phase::connecting;
  at.context = context;
  at.proof = std::move(proof);
  at.opened_ms = at.pinged_ms = now_ms();
  at.opening = true;
  ++open_sessions_;
  at.id = loop_.connect(server.address, server.port, std::move(tls), server.host, index);
  at.opening = false;
  return ref_of(index);
}

bool reactor::transmit(session_ref s, std::string_view frames) {
  net::connection* c = ready_connection(s);
  if (c == nullptr) return false;
  c->send(frames);
  return true;
}

void reactor::probe(session_ref s, std::chrono::milliseconds within) {
  net::connection* c = ready_connection(s);
  if (c == nullptr) return;
  slot& at = *find(s);
  const std::uint64_t now = now_ms();
  const auto within_ms = static_cast<std::uint64_t>(within.count());
  if (at.ping_open) {
    // One of the slow kind may have been on its way for long.
    at.pong_by_ms = std::min(at.pong_by_ms, now + within_ms);
  } else if (now - at.pinged_ms >= within_ms) {
    send_ping(at, *c, within);
  }
}

void reactor::send_ping(slot& at, net::connection& c, std::chrono::milliseconds within) {
  append_frame(c.tail(), ping_correlation, ping{});
  c.queued();
  at.ping_open = true;
  at.pinged_ms = now_ms();
  at.pong_by_ms = at.pinged_ms + static_cast<std::uint64_t>(within.count());
}

std::size_t reactor::outbox_bytes(session_ref s) {
  const slot* at = find(s);
  return at == nullptr || at->connection == nullptr ? 0 : at->connection->outbox_bytes();
}

bool reactor::above_high(session_ref s) {
  const slot* at = find(s);
  return at != nullptr && at->connection != nullptr && at->connection->above_high();
}

void reactor::close(session_ref s) {
  slot* at = find(s);
  if (at == nullptr) return;
  net::connection* c = at->connection != nullptr ? at->connection : loop_.find(at->id);
  if (c != nullptr && !c->closing()) c->close(net::close_reason::by_us, true);
}

void reactor::on_open(net::connection& c) {
  slot& at = *slots_[c.tag()];
  at.connection = &c;
  at.where = phase::greeting;
  c.set_max_frame(limits::max_answer_bytes);
  hello greeting;
  greeting.client = options_.client_name;
  append_frame(c.tail(), hello_correlation, greeting);
  // At once, as the protocol allows to who speaks one version only: it saves a round trip.
  c.tail() += at.proof;
  at.proof.clear();
  at.login_sent = true;
  c.queued();
}

void reactor::on_frames(net::connection& c, std::span<const frame_view> frames) {
  const std::uint32_t index = c.tag();
  const session_ref s = ref_of(index);
  slots_[index]->ping_open = false;
  for (const frame_view& frame : frames) {
    if (c.closing()) return;
    take_frame(s, c, frame);
  }
}

void reactor::take_frame(session_ref s, net::connection& c, const frame_view& frame) {
  slot& at = *slots_[s.slot];
  if (frame.header.correlation == 0) {
    if (frame.header.type == frame_type::event) [[likely]] {
      take_event(s, c, frame);
    } else {
      take_push(at, s, c, frame);
    }
  } else if (frame.header.correlation < correlation_limit) [[likely]] {
    handler_.on_answer(s, frame.header.correlation, frame);
  } else {
    take_own(at, s, c, frame);
  }
}

void reactor::take_event(session_ref s, net::connection& c, const frame_view& frame) {
  const auto push = split_event_payload(frame.payload);
  if (!push) return broken(*slots_[s.slot], c, "an EVENT that is none");
  const auto event = decode_event(push->event_bytes);
  if (!event) return broken(*slots_[s.slot], c, "an event that cannot be read");
  handler_.on_event(s, push->conversation, *event, push->event_bytes);
}

template <class Message, class Hand>
void reactor::hand_on(slot& at, net::connection& c, const frame_view& frame, Hand&& hand) {
  const auto push = decode<Message>(frame.payload);
  if (!push) return broken(at, c, std::string(Message::name) + " that cannot be read");
  hand(*push);
}

void reactor::take_push(slot& at, session_ref s, net::connection& c, const frame_view& frame) {
  switch (frame.header.type) {
    case frame_type::head:
      return hand_on<head_push>(at, c, frame, [&](const head_push& hint) {
        handler_.on_head(s, hint.conversation, hint.head);
      });
    case frame_type::inbox_entry:
      return hand_on<inbox_entry>(
          at, c, frame, [&](const inbox_entry& entry) { handler_.on_inbox_entry(s, entry); });
    case frame_type::inbox_head:
      return hand_on<inbox_head_push>(
          at, c, frame, [&](const inbox_head_push& hint) { handler_.on_inbox_head(s, hint.head); });
    case frame_type::typing_now:
      return hand_on<typing_push>(at, c, frame,
                                  [&](const typing_push& push) { handler_.on_typing(s, push); });
    case frame_type::read_by:
      return hand_on<read_by_push>(at, c, frame,
                                   [&](const read_by_push& push) { handler_.on_read_by(s, push); });
    case frame_type::presence:
      return hand_on<presence_push>(
          at, c, frame, [&](const presence_push& push) { handler_.on_presence(s, push); });
    case frame_type::goaway: {
      const auto word = decode<goaway>(frame.payload);
      if (!word) return broken(at, c, "a GOAWAY that cannot be read");
      at.said = word->code;
      at.said_detail = word->text;
      at.reconnect_after_ms = word->reconnect_after_ms;
      at.leader = word->leader;
      return handler_.on_goaway(s, *word);
    }
    case frame_type::error:
      // It speaks of the connection, which the node closes after it.
      return remember_error(at, frame);
    default:
      // A push of a later protocol: not asked for, not understood, passed over.
      return;
  }
}

void reactor::take_own(slot& at, session_ref s, net::connection& c, const frame_view& frame) {
  if (frame.header.type == frame_type::error) {
    remember_error(at, frame);
    if (at.where != phase::ready) c.close(net::close_reason::by_us, true);
    return;
  }
  if (frame.header.type == frame_type::welcome && at.where == phase::greeting) {
    const auto node = decode<welcome>(frame.payload);
    if (!node) return broken(at, c, "a WELCOME that cannot be read");
    at.node = *node;
    at.node.node = {};
    at.where = phase::logging_in;
    return;
  }
  if (frame.header.type == frame_type::logged_in && at.where == phase::logging_in) {
    const auto who = decode<logged_in>(frame.payload);
    if (!who) return broken(at, c, "a LOGGED_IN that cannot be read");
    at.where = phase::ready;
    at.pinged_ms = now_ms();
    const auto wanted = static_cast<std::uint32_t>(options_.ping_after.count());
    const std::uint32_t third = at.node.idle_timeout_ms / 3;
    at.ping_after_ms = third == 0 ? wanted : std::min(wanted, third);
    // The handler's view of the WELCOME names limits, which outlive the frame; the name does not.
    return handler_.on_ready(s, *who, at.node);
  }
  if (frame.header.type == frame_type::pong) return;
  broken(at, c, "an answer to nothing that was asked");
}

void reactor::remember_error(slot& at, const frame_view& frame) {
  const auto error = decode<error_answer>(frame.payload);
  if (!error) {
    at.said = errc::malformed;
    at.said_detail = "the node sent an ERROR that cannot be read";
    return;
  }
  at.said = error->code;
  at.said_detail = error->text;
  at.reconnect_after_ms = error->retry_after_ms;
  at.leader = error->leader;
}

void reactor::broken(slot& at, net::connection& c, std::string_view what) {
  at.said = errc::malformed;
  at.said_detail = "the node sent " + std::string(what);
  c.close(net::close_reason::malformed, false);
}

void reactor::on_close(net::connection& c, net::close_reason reason, const std::string& detail) {
  const std::uint32_t index = c.tag();
  slot& at = *slots_[index];
  at.connection = nullptr;
  if (at.opening) {
    // The caller of open() does not know the session yet.
    loop_.post([this, index, reason, detail] { finish(index, reason, detail); });
    return;
  }
  finish(index, reason, detail);
}

void reactor::finish(std::uint32_t index, net::close_reason reason, const std::string& detail) {
  slot& at = *slots_[index];
  CONCLAVE_CHECK(at.where != phase::free, "a session ends once");
  end_of_session end;
  end.reason = reason;
  end.code = at.said;
  end.detail = at.said_detail.empty() ? detail : std::move(at.said_detail);
  end.reconnect_after_ms = at.reconnect_after_ms;
  end.leader = std::move(at.leader);
  end.was_ready = at.where == phase::ready;
  end.login_sent = at.login_sent;
  const session_ref s = ref_of(index);
  at.where = phase::free;
  at.proof.clear();
  --open_sessions_;
  free_.push_back(index);
  handler_.on_closed(s, end);
}

void reactor::tick() {
  const std::uint64_t now = now_ms();
  const auto login_deadline = static_cast<std::uint64_t>(options_.login_deadline.count());
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    slot& at = *slots_[i];
    if (at.where == phase::free) continue;
    net::connection* c = at.connection != nullptr ? at.connection : loop_.find(at.id);
    if (c == nullptr || c->closing()) continue;
    if (at.where != phase::ready) {
      if (now - at.opened_ms < login_deadline) continue;
      at.said_detail = "no login within " + std::to_string(login_deadline) + " ms";
      c->close(net::close_reason::handshake_timeout, false);
    } else if (at.ping_open) {
      if (now < at.pong_by_ms) continue;
      at.said_detail = "no sign of life from the node";
      c->close(net::close_reason::idle_timeout, false);
    } else if (now - at.pinged_ms >= at.ping_after_ms) {
      send_ping(at, *c, options_.pong_within);
    }
  }
  loop_.after(tick_every, [this] { tick(); });
}

}  // namespace conclave::client
