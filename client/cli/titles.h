/// What conversations are called: by their title, a direct one by the other person's name. Listed
/// once, and again when one is asked for that was not there. Main thread only (it makes blocking
/// calls); one entry per conversation of the user.
#pragma once

#include "client/cli/name_book.h"
#include "client/session.h"

#include <string>
#include <unordered_map>

namespace conclave::client::cli {

/// "lobby", "@bob", "the node", "myself"; given that the peer's name is known.
std::string title_of(const conversation_info& info, const names& who);

/// "[external: acme]" for a guest of acme, "[external]" for acme's own people among guests, else
/// empty.
std::string external_label(const conversation_info& info);

class titles {
 public:
  titles(session& s, name_book& names) : session_(s), names_(names) {}

  /// "conversation 17" when it cannot be told.
  std::string of(conversation_id c);
  /// It was renamed.
  void forget(conversation_id c) { known_.erase(c); }
  /// False: they cannot be listed; why() says it.
  bool learn();
  const failure& why() const { return why_; }

 private:
  session& session_;
  name_book& names_;
  std::unordered_map<conversation_id, std::string> known_;
  failure why_{errc::ok, {}};
};

}  // namespace conclave::client::cli
