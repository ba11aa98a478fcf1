/// A link's life: who is at the other end, the first words, what is handed on, the end.
#include "replication/mesh_state.h"

#include "conf/log.h"
#include "replication/peer_codec.h"
#include "replication/peer_identity.h"

#include <utility>

namespace conclave::replication {

namespace {

using phase = mesh_connection::phase;

mesh_connection* mesh_part_of(net::connection& c) {
  return static_cast<mesh_connection*>(c.user.get());
}

bool is_up(net::connection& c) {
  const mesh_connection* const m = mesh_part_of(c);
  return m != nullptr && m->at == phase::up;
}

template <class Frame>
void say(net::connection& c, const Frame& frame) {
  append_peer_frame(c.tail(), frame);
  c.queued();
}

const char* name_of(link_kind kind) {
  return kind == link_kind::live ? "live" : "seed";
}

}  // namespace

// -- the beginning
// -----------------------------------------------------------------------------------

void mesh_state::on_open(net::connection& c) {
  c.set_max_frame(limits::max_peer_frame_bytes);
  c.set_idle_timeout(static_cast<std::uint32_t>(options_.silence.count()));
  if (c.user == nullptr) c.user = std::make_unique<mesh_connection>();
  mesh_connection& m = *mesh_part_of(c);
  m.link.id = {c.id().value};
  m.link.address = c.peer();
  if (status good = judge(c, m); !good) return refuse(c, m, good.error().detail);
  m.at = phase::judged;
  if (m.link.dialled) say(c, peer_link{m.link.kind});
}

/// Fails with what is wrong with the other side. It speaks for whom its certificate names.
status mesh_state::judge(net::connection& c, mesh_connection& m) {
  auto who = identity_of(c.peer_uris());
  if (!who) return std::move(who).error();
  const auto wrong = [](std::string what) { return failure{errc::internal, std::move(what)}; };
  const std::string number = std::to_string(who->node.value);
  if (who->cluster != options_.cluster) {
    return wrong("belongs to cluster \"" + who->cluster + "\", not \"" + options_.cluster + "\"");
  }
  if (who->node == options_.self) return wrong("has the certificate of this node, " + number);
  if (!peers_.contains(who->node)) return wrong("is node " + number + ", which is not configured");
  if (m.link.dialled && who->node != m.link.peer) {
    return wrong("is node " + number + ", not node " + std::to_string(m.link.peer.value));
  }
  m.link.peer = who->node;
  return done{};
}

/// `what` goes on after "the peer" and, for the other side, after "it".
void mesh_state::refuse(net::connection& c, mesh_connection& m, const std::string& what) {
  const std::string sentence = "the peer at " + c.peer() + " " + what;
  go_down(m, sentence);
  say(c, peer_unlink{"it " + what});
  c.close(net::close_reason::by_us, true);
  m.farewell = sentence;
  tell_refused(c, sentence);
}

/// An accepted connection comes from another port each time: to the log it is the same complaint.
void mesh_state::tell_refused(const net::connection& c, const std::string& sentence) {
  refused_.fetch_add(1, std::memory_order_relaxed);
  std::string kind = sentence;
  if (const std::size_t place = kind.find(c.peer()); place != std::string::npos) {
    kind.replace(place, c.peer().size(), c.peer().substr(0, c.peer().rfind(':')));
  }
  if (worth_a_line(kind)) log::warn("mesh", "a link was refused: " + sentence, {});
  handler_.on_refused(sentence);
}

void mesh_state::come_up(net::connection& c, mesh_connection& m) {
  peer_record& peer = peers_.at(m.link.peer);
  if (m.link.kind == link_kind::live) {
    // The other node has begun anew, and its last connection just does not know yet.
    if (net::connection* old = loop_.find(peer.live); old != nullptr) {
      go_down(*mesh_part_of(*old), "a newer link has taken its place");
      old->close(net::close_reason::by_us, false);
    }
    peer.live = c.id();
    peer.up_since = clock::now();
    live_links_up_.fetch_add(1, std::memory_order_relaxed);
  }
  m.at = phase::up;
  m.came_up = true;
  links_up_.fetch_add(1, std::memory_order_relaxed);
  log::info("mesh", "link up",
            {{"node", m.link.peer.value}, {"kind", name_of(m.link.kind)}, {"at", c.peer()}});
  handler_.on_link_up(m.link);
}

// -- frames
// ------------------------------------------------------------------------------------------

void mesh_state::on_frames(net::connection& c, std::span<const frame_view> frames) {
  mesh_connection& m = *mesh_part_of(c);
  for (const frame_view& frame : frames) {
    if (m.at == phase::over || c.closing()) return;
    hear(c, m, frame);
  }
}

void mesh_state::hear(net::connection& c, mesh_connection& m, const frame_view& frame) {
  if (frame.header.type == frame_type::error || frame.header.type == frame_type::goaway) {
    m.farewell = frame.header.type == frame_type::error
                     ? "the peer could not read what this side sent"
                     : "the peer heard nothing from this side";
    return;
  }
  switch (type_of(frame)) {
    case peer_frame::ping:
      return;
    case peer_frame::unlink:
      return hear_unlink(c, m, frame);
    case peer_frame::link:
    case peer_frame::linked:
      if (m.at == phase::up) return refuse(c, m, "introduces a link that is up");
      return hear_first(c, m, frame);
    default:
      if (m.at != phase::up) return refuse(c, m, "says something before its link is up");
      handler_.on_frame(m.link, frame);
  }
}

void mesh_state::hear_first(net::connection& c, mesh_connection& m, const frame_view& frame) {
  if (m.link.dialled) {
    if (type_of(frame) != peer_frame::linked) return refuse(c, m, "dials where it was dialled");
    return come_up(c, m);
  }
  const auto said = decode_peer_frame<peer_link>(frame.payload);
  if (type_of(frame) != peer_frame::link || !said) {
    return refuse(c, m, "does not say what its link is for");
  }
  if (said->kind == link_kind::live && m.link.peer > options_.self) {
    return refuse(c, m, "dials a live link, which the lower number does");
  }
  m.link.kind = said->kind;
  say(c, peer_linked{});
  come_up(c, m);
}

void mesh_state::hear_unlink(net::connection& c, mesh_connection& m, const frame_view& frame) {
  const auto said = decode_peer_frame<peer_unlink>(frame.payload);
  const std::string text = said ? said->text : "no reason was given";
  m.farewell = "the peer at " + c.peer() + " refuses this node: " + text;
  go_down(m, m.farewell);
  c.close(net::close_reason::by_us, false);
  tell_refused(c, m.farewell);
}

// -- the end
// -----------------------------------------------------------------------------------------

void mesh_state::go_down(mesh_connection& m, const std::string& why) {
  if (std::exchange(m.at, phase::over) != phase::up) return;
  links_up_.fetch_sub(1, std::memory_order_relaxed);
  if (m.link.kind == link_kind::live) {
    live_links_up_.fetch_sub(1, std::memory_order_relaxed);
    peers_.at(m.link.peer).live = {};
  }
  log::info("mesh", "link down",
            {{"node", m.link.peer.value},
             {"kind", name_of(m.link.kind)},
             {"at", m.link.address},
             {"why", why}});
  handler_.on_link_down(m.link, why);
}

void mesh_state::on_close(net::connection& c, net::close_reason reason, const std::string& detail) {
  mesh_connection* const m = mesh_part_of(c);
  if (m == nullptr) {
    if (reason == net::close_reason::handshake_failed) {
      tell_refused(c, "the peer at " + c.peer() + " was turned away: " + detail);
    }
    return;
  }
  const std::string why = m->farewell.empty() ? detail : m->farewell;
  go_down(*m, why);
  if (!m->link.dialled) return;
  if (m->came_up) {
    if (m->link.kind == link_kind::live) dial_later(peers_.at(m->link.peer));
    return;
  }
  const bool reached =
      reason == net::close_reason::handshake_failed || reason == net::close_reason::by_peer;
  if (reached && m->farewell.empty()) {
    tell_refused(c, "no link to the peer at " + c.peer() + ": " + detail);
  }
  not_linked(m->link, why, reached || !m->farewell.empty());
}

void mesh_state::on_drained(net::connection& c) {
  if (is_up(c)) handler_.on_drained(mesh_part_of(c)->link);
}

// -- what is to be sent
// -------------------------------------------------------------------------------

void mesh_state::drain_queue() {
  std::unordered_map<std::uint64_t, queued_frames> taken;
  {
    const std::lock_guard lock(queue_mutex_);
    drain_posted_ = false;
    taken.swap(queue_);
  }
  // Small frames are copied next to each other, large ones are lent.
  constexpr std::size_t worth_lending = 8 * 1024;
  for (auto& [id, frames] : taken) {
    net::connection* const c = loop_.find({id});
    if (c == nullptr || c->closing() || !is_up(*c)) {
      lost_frames_.fetch_add(frames.sends, std::memory_order_relaxed);
    } else if (c->outbox_bytes() > options_.outbox_bound) {
      dropped_frames_.fetch_add(frames.sends, std::memory_order_relaxed);
      dropped_bytes_.fetch_add(frames.bytes.size(), std::memory_order_relaxed);
    } else if (frames.bytes.size() < worth_lending) {
      c->send(frames.bytes);
    } else {
      const std::size_t size = frames.bytes.size();
      c->send(net::loop_buffer_ref(std::move(frames.bytes)), 0, size);
    }
  }
}

void mesh_state::ping_all() {
  loop_.for_each([this](net::connection& c) {
    if (is_up(c) && !c.closing()) c.send(ping_);
  });
  loop_.after(options_.ping_period, [this] { ping_all(); });
}

}  // namespace conclave::replication
