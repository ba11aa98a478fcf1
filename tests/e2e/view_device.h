/// One device of viewcheck: a session of the client library and the views that it builds from what
/// it is handed. It can go away and come back with all it had, with an older memory of its cursors,
/// or with nothing. Whatever comes with a body that was told to be gone is written down.
///
/// connect(), disconnect() and session() belong to the one thread that plays with the device; the
/// callbacks come on the session's thread; the rest is guarded.
#pragma once

#include "client/conversation_view.h"
#include "client/session.h"
#include "tests/e2e/view_ledger.h"
#include "tests/support/node_process.h"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace conclave::viewcheck {

/// A view's dump, taken apart.
struct shown_view {
  std::string about;                       ///< the first line and the members
  std::map<number, std::string> messages;  ///< by seq
};
shown_view taken_apart(const std::string& dump);

/// The event of kind 36 as a plain record.
node_event node_event_of(const event_view& event);
/// Somebody came in by himself or was let in: told by an event without a client_seq.
std::optional<operation> let_in_of(number conversation, const event_view& event);

class view_device {
 public:
  enum class memory { whole, older, none };

  view_device(client::session_options options, number user, std::string name, ledger& book);
  ~view_device();

  number user() const { return user_; }
  const std::string& name() const { return name_; }

  /// False: not within the deadline.
  bool connect(memory with, std::chrono::milliseconds deadline);
  void disconnect();
  bool connected() const { return session_ != nullptr; }
  client::session& session() { return *session_; }
  /// What comes back with memory::older.
  void remember();

  /// The newest seq that the view of the conversation has been told.
  number last(number conversation) const;
  shown_view shown(number conversation, time_ms now);
  std::vector<std::string> resurrected() const;
  /// Bodies that are gone must not come; also used for what is read by request.
  void look_at(number conversation, const event_view& event);
  /// A request has given a body that must be gone.
  void resurrect(number conversation, number seq, std::string_view why);

 private:
  void take(number conversation, const event_view& event);

  client::session_options options_;
  number user_;
  std::string name_;
  ledger& book_;
  client::session_state older_;
  client::session_state state_;
  mutable std::mutex mutex_;
  std::map<number, client::conversation_view> views_;
  std::map<number, std::set<number>> gone_;  ///< told to this device
  std::map<number, number> time_;            ///< the newest shard time that it has seen
  std::vector<std::string> resurrected_;
  std::unique_ptr<client::session> session_;  // last: it calls back into the members above
};

}  // namespace conclave::viewcheck
