/// From a node's number to a connection, and again when that comes to nothing.
#include "conf/log.h"
#include "replication/mesh_state.h"

#include <algorithm>
#include <utility>

namespace conclave::replication {

namespace {

/// The same complaint is written again after this long.
constexpr std::chrono::seconds complaint_period{60};

/// Complaints remembered; a storm of different ones is for the log's own limit.
constexpr std::size_t max_told = 256;

/// "10.0.0.3" of "10.0.0.3:7445", "::1" of "[::1]:7445".
std::string host_of(const net::socket_address& address) {
  const std::string text = address.text();
  const std::string host = text.substr(0, text.rfind(':'));
  return host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
}

}  // namespace

std::string text_of(const mesh_node& where) {
  return where.host + ":" + std::to_string(where.port);
}

void mesh_state::dial_live(peer_record& peer) {
  mesh_link link;
  link.peer = peer.where.node;
  link.dialled = true;
  link.address = text_of(peer.where);
  dial(link, peer.where, peer.attempts++);
}

/// Never at once, and never in step with the other nodes: half of the pause is left to chance.
void mesh_state::dial_later(peer_record& peer) {
  if (ending_) return;
  const bool proven = peer.up_since != clock::time_point() &&
                      clock::now() - peer.up_since >= limits::peer_link_proven;
  if (proven) peer.pause = limits::peer_redial_first;
  peer.up_since = {};
  std::uniform_int_distribution<std::int64_t> half(0, peer.pause.count() / 2);
  const std::chrono::milliseconds pause(peer.pause.count() / 2 + half(jitter_));
  peer.pause = std::min(2 * peer.pause, limits::peer_redial_most);
  loop_.after(pause, [this, &peer] {
    if (!ending_) dial_live(peer);
  });
}

void mesh_state::dial_seed(node_id to, std::uint64_t context) {
  mesh_link link;
  link.peer = to;
  link.kind = link_kind::seed;
  link.dialled = true;
  link.context = context;
  const auto found = peers_.find(to);
  if (found == peers_.end()) {
    return not_linked(link, "node " + std::to_string(to.value) + " is not configured", false);
  }
  link.address = text_of(found->second.where);
  dial(link, found->second.where, found->second.attempts++);
}

void mesh_state::dial(const mesh_link& link, const mesh_node& where, std::size_t attempt) {
  if (net::is_ip_address(where.host)) return dial_address(link, where.host, where.port);
  if (link.kind == link_kind::seed) looked_up_.push_back(link);
  resolver_.ask(where.host, where.port, [=, this](const outcome<addresses>& found) {
    loop_.post([=, this] { dial_found(link, where, attempt, found); });
  });
}

void mesh_state::dial_found(const mesh_link& link, const mesh_node& where, std::size_t attempt,
                            const outcome<addresses>& found) {
  if (ending_) return;
  if (link.kind == link_kind::seed) {
    const auto it = std::find_if(looked_up_.begin(), looked_up_.end(), [&](const mesh_link& l) {
      return l.peer == link.peer && l.context == link.context;
    });
    looked_up_.erase(it);
  }
  if (!found) return not_linked(link, found.error().detail, false);
  // A name with several addresses: each attempt takes the next one.
  const addresses& all = found.value();
  if (all.empty()) return not_linked(link, "no address for " + where.host, false);
  dial_address(link, host_of(all[attempt % all.size()]), where.port);
}

void mesh_state::dial_address(mesh_link link, const std::string& address, std::uint16_t port) {
  dials_.fetch_add(1, std::memory_order_relaxed);
  const net::connection_id id = loop_.connect(address, port, tls_, "", 0);
  if (!id) return not_linked(link, "this side is shutting down", true);
  link.id = {id.value};
  auto part = std::make_unique<mesh_connection>();
  part->link = std::move(link);
  loop_.find(id)->user = std::move(part);
}

/// `told`: the log knows why.
void mesh_state::not_linked(const mesh_link& link, const std::string& why, bool told) {
  if (link.kind == link_kind::seed) return handler_.on_link_down(link, why);
  peer_record& peer = peers_.at(link.peer);
  const std::string number = std::to_string(link.peer.value);
  if (!ending_ && !told && worth_a_line(number + " " + why)) {
    log::warn("mesh", "no link to a node",
              {{"node", number}, {"at", text_of(peer.where)}, {"why", why}});
  }
  dial_later(peer);
}

void mesh_state::give_up_seeds() {
  const std::vector<mesh_link> given_up = std::exchange(looked_up_, {});
  for (const mesh_link& link : given_up) {
    handler_.on_link_down(link, "this side is shutting down");
  }
}

/// A node may be away for days: what is tried every two seconds is not told every two seconds.
bool mesh_state::worth_a_line(const std::string& kind) {
  const auto now = clock::now();
  if (told_.size() >= max_told) {
    std::erase_if(told_, [&](const auto& t) { return now - t.second >= complaint_period; });
    if (told_.size() >= max_told) told_.clear();
  }
  const auto [it, is_new] = told_.try_emplace(kind, now);
  if (!is_new && now - it->second < complaint_period) return false;
  it->second = now;
  return true;
}

}  // namespace conclave::replication
