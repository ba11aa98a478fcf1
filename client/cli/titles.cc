/// Listing titles.
#include "client/cli/titles.h"

namespace conclave::client::cli {

std::string title_of(const conversation_info& info, const names& who) {
  if (info.kind == conversation_kind::system) return "the node";
  if (info.kind != conversation_kind::direct) return info.title;
  return info.peer ? "@" + who.of(info.peer) : "myself";
}

std::string external_label(const conversation_info& info) {
  if (!info.host.empty()) return "[external: " + info.host + "]";
  return info.external ? "[external]" : "";
}

bool titles::learn() {
  const auto all = session_.list_conversations();
  if (!all) {
    why_ = all.error();
    return false;
  }
  std::vector<user_id> peers;
  for (const conversation_info& c : *all) {
    if (c.peer) peers.push_back(c.peer);
  }
  names_.learn(peers);
  for (const conversation_info& c : *all) known_[c.conversation] = title_of(c, names_);
  return true;
}

std::string titles::of(conversation_id c) {
  if (!known_.contains(c) && c) learn();
  // Not listed: asked once.
  return known_.try_emplace(c, "conversation " + std::to_string(c.value)).first->second;
}

}  // namespace conclave::client::cli
