/// Names of users by id, asked for once and remembered. The names of a batch of events are fetched
/// in one request. Main thread only (it makes blocking calls); grows by one entry per user met.
///
/// An id means somebody only in his tenant. The book itself has the names of the own tenant, guests
/// in it included (`carol@globex`). A conversation of another tenant has a scope of its own, in(),
/// with that tenant's ids; there names are shown as they are called at home (shown_name()).
#pragma once

#include "client/cli/event_lines.h"
#include "client/cli/names.h"
#include "client/session.h"

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace conclave::client::cli {

/// A name in a conversation of `host`, for people of `own`: the host's `alice` is `alice@acme`,
/// `carol@globex` is `carol` in globex. With an empty host the name as it is.
std::string shown_name(const std::string& name, const std::string& host, const std::string& own);
/// What the host may call somebody whom people of `own` call so, best first. Names without a tenant
/// are the own people's, and else the host's.
std::vector<std::string> host_names(const std::string& shown, const std::string& host,
                                    const std::string& own);

/// The names that hold in one place.
class name_scope : public names {
 public:
  /// `within` zero: the own tenant.
  name_scope(session& s, conversation_id within, const conversation_place& place);

  /// Fetches those that are not known yet. A failure leaves them unknown: ids are shown instead.
  void learn(const std::vector<user_id>& users);
  void learn(const std::vector<event_view>& events);
  /// `name` as the node tells it.
  void know(user_id user, const std::string& name);

  std::string of(user_id user) const override;
  /// Who is called that, of those met so far; zero: nobody.
  user_id find(const std::string& shown) const;
  /// Who I am here.
  user_id me() const { return place_.self; }
  bool foreign() const { return !place_.host.empty(); }

 private:
  session& session_;
  conversation_id within_;
  conversation_place place_;
  std::unordered_map<user_id, std::string> names_;
};

class name_book : public name_scope {
 public:
  explicit name_book(session& s);

  /// The names that hold in a conversation: the book's own, or those of its host. Asks the node
  /// once whose it is; what cannot be told is taken for the own tenant's.
  name_scope& in(conversation_id c);

 private:
  session& session_;
  std::unordered_map<conversation_id, std::unique_ptr<name_scope>>
      scopes_;  // null: the book itself
};

}  // namespace conclave::client::cli
