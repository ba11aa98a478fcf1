/// The friendly face of the client library: one user's device, connected for as long as the object
/// lives. Calls block until the node has answered; events come by callback, in order, without gaps
/// or duplicates; a lost connection is made anew and unanswered requests are resent with the same
/// keys, so that they are done once.
///
/// Thread: the session has a thread of its own. All functions are thread-safe; callbacks come on
/// the session's thread and must not make blocking calls (that is checked), send_async is welcome
/// there. Every call ends: with the node's answer, or at `request_timeout` with what is then known:
/// `outcome_unknown` when the request may have been done (promise P9), `unreachable` (see
/// client/failures.h) or the node's own `retry` code when it certainly was not.
#pragma once

#include "client/follower.h"
#include "client/results.h"
#include "client/state_file.h"
#include "schemas/conversation_messages.h"
#include "schemas/event.h"
#include "schemas/outcome.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace conclave::client {

struct session_options {
  std::vector<std::string> servers;  ///< HOST:PORT, tried in turn
  std::string ca_file;               ///< PEM; the only roots trusted
  std::string token;
  /// Where the device remembers cursors and client_seqs; empty: nowhere.
  std::string state_file;
  /// Where to begin without a state file; used when that is empty or absent.
  session_state state;
  start_at start = start_at::now;
  /// False: no listing, no catching up, no events: for one request and for operators.
  bool follow = true;
  std::chrono::milliseconds request_timeout{30'000};
  std::chrono::milliseconds connect_timeout{10'000};
  std::string client_name = "conclave-client/" CONCLAVE_VERSION;
};

enum class link_state : std::uint8_t { connected, lost, ended };

/// Callbacks on the session's thread; each may be empty.
struct session_events {
  /// `event` borrows; own texts come too (their `ordinal` is 0 when they come by OK).
  std::function<void(conversation_id, const event_view& event)> on_event;
  /// connected: logged in, also after a loss. ended: for good, `why` says it.
  std::function<void(link_state, const failure& why)> on_link;
};

class session {
 public:
  using answered = std::function<void(outcome<receipt>)>;

  /// Blocks until logged in. Failures: unreachable, invalid_token, and what else the node says.
  static outcome<std::unique_ptr<session>> connect(const session_options& options,
                                                   session_events events = {});
  /// Ends the session and saves its state.
  ~session();
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  const identity& who() const;

  // -- acting ------------------------------------------------------------------------------------

  outcome<founded> create_conversation(std::string_view title, const std::vector<user_id>& members,
                                       history_visibility visibility);
  outcome<receipt> send(conversation_id c, std::string_view text);
  /// The callback comes on the session's thread; texts of one conversation are sent in call order.
  void send_async(conversation_id c, std::string text, answered then);
  outcome<receipt> add_members(conversation_id c, const std::vector<user_id>& users);
  outcome<receipt> remove_member(conversation_id c, user_id user);

  // -- reading (whole lists, page by page)
  // -----------------------------------------------------------

  outcome<event_page> history(conversation_id c, event_seq from, history_direction direction,
                              std::uint32_t limit);
  outcome<std::vector<conversation_info>> list_conversations();
  outcome<std::vector<member_info>> list_members(conversation_id c);
  /// Names and ids that do not exist are left out.
  outcome<std::vector<user_info>> resolve(const std::vector<std::string>& names,
                                          const std::vector<user_id>& users = {});

  // -- operators
  // -------------------------------------------------------------------------------------

  struct tenant_info {
    tenant_id tenant{};
    std::string tenant_name;
  };
  struct new_user {
    user_id user{};
    device_id device{};
    std::string user_name;
    std::string token;
  };
  outcome<tenant_id> create_tenant(std::string_view name);
  outcome<std::vector<tenant_info>> list_tenants();
  outcome<std::vector<new_user>> provision_users(std::string_view tenant_name,
                                                 std::string_view device_name,
                                                 const std::vector<std::string>& names);
  outcome<std::vector<user_info>> list_users(std::string_view tenant_name);

  // -- state
  // -----------------------------------------------------------------------------------------

  /// Blocks until everything that was missed before the login has been handed out; false: timeout.
  bool wait_until_caught_up(std::chrono::milliseconds timeout);
  session_state export_state();
  /// Also done once a second when something changed, and at the end.
  status save_state();

 private:
  struct impl;
  explicit session(std::unique_ptr<impl> i);
  std::unique_ptr<impl> impl_;
};

}  // namespace conclave::client
