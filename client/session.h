/// The friendly face of the client library: one user's device, connected for as long as the object
/// lives. Calls block until the node has answered; events come by callback, in order, without gaps
/// or duplicates; a lost connection is made anew and unanswered requests are resent with the same
/// keys, so that they are done once.
///
/// Thread: the session has a thread of its own. All functions are thread-safe; callbacks come on
/// the session's thread and must not make blocking calls (that is checked); what ends in _async,
/// and typing(), is welcome there. Every call ends: with the node's answer, or at `request_timeout`
/// with what is then known: `outcome_unknown` when the request may have been done (promise P9),
/// `unreachable` (see client/failures.h) or the node's own `retry` code when it certainly was not.
#pragma once

#include "client/results.h"
#include "client/session_options.h"
#include "client/state_file.h"
#include "schemas/event.h"
#include "schemas/history_messages.h"
#include "schemas/outcome.h"
#include "schemas/policy_messages.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace conclave::client {

/// What a message may have besides its body. Not all go together; the node says which do not.
struct message_extras {
  event_kind kind = event_kind::text;  ///< text, structured or opaque
  event_seq reply_to{};
  event_seq thread{};
  std::vector<user_id> mentions;
  bool mentions_all = false;
  time_ms expires_at = 0;              ///< node time
  std::uint64_t expires_after_ms = 0;  ///< or from the moment of sequencing
  std::uint32_t burn_ms = 0;           ///< burn after reading: how long a reader may look
};

struct new_conversation {
  conversation_kind kind = conversation_kind::group;
  std::string_view title;  ///< direct: empty
  std::string_view topic;
  std::vector<user_id> members;  ///< besides the caller; direct: one, or none for oneself
  history_visibility visibility = history_visibility::since_joining;
};

/// What is set is changed, the rest stays.
struct settings_change {
  std::optional<std::string> title;
  std::optional<std::string> topic;
  std::optional<join_policy> join;
  std::optional<invite_policy> invite;
  std::optional<history_visibility> visibility;
  std::optional<bool> all_muted;
};

/// The caller's own view of a conversation, on all his devices.
struct own_settings {
  time_ms muted_until = 0;
  bool pinned = false;
  bool hidden = false;
};

inline constexpr time_ms for_ever = id_limit - 1;

class session {
 public:
  using answered = std::function<void(outcome<receipt>)>;

  /// Blocks until logged in. Failures: unreachable, invalid_token, wrong_credentials, and what else
  /// the node says; outcome_unknown when a login by password may have made a device.
  static outcome<std::unique_ptr<session>> connect(const session_options& options,
                                                   session_events events = {});
  /// Ends the session and saves its state. The device stays logged in: see logout().
  ~session();
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  /// In his own tenant. In a conversation of another tenant he has another id: see place().
  const identity& who() const;
  /// The node's clock as far as this client can tell: for what expires.
  time_ms node_time() const;

  // -- messages (session_messages.cc)
  // --------------------------------------------------------------

  outcome<receipt> send(conversation_id c, std::string_view body,
                        const message_extras& extras = {});
  /// The callback comes on the session's thread; texts of one conversation are sent in call order.
  void send_async(conversation_id c, std::string text, answered then);
  void send_async(conversation_id c, std::string body, message_extras extras, answered then);
  outcome<receipt> edit(conversation_id c, event_seq target, std::string_view body);
  outcome<receipt> recall(conversation_id c, event_seq target);
  outcome<receipt> react(conversation_id c, event_seq target, std::string_view reaction,
                         bool removed = false);
  outcome<receipt> pin(conversation_id c, event_seq target, bool removed = false);
  outcome<receipt> forward(conversation_id to, conversation_id from, event_seq seq);
  /// Reads a burning message; its time runs from the first call on any device.
  outcome<opened_message> open(conversation_id c, event_seq seq);

  status mark_read(conversation_id c, event_seq seq);
  /// At most one request per conversation is under way; only the highest seq counts.
  void mark_read_async(conversation_id c, event_seq seq);
  /// Soft: sent if there is a connection just now, never resent, not answered.
  void typing(conversation_id c, bool stopped = false);
  /// TYPING_NOW and READ_BY for this conversation, until it is called with false; at most 32.
  status watch(conversation_id c, bool on = true);
  /// Who of them is online now; changes come by on_presence, until it is called with nobody.
  outcome<std::vector<user_id>> watch_presence(const std::vector<user_id>& users);

  // -- conversations (session_moderation.cc)
  // -------------------------------------------------------

  outcome<founded> create(const new_conversation& wanted);
  outcome<founded> create_conversation(std::string_view title, const std::vector<user_id>& members,
                                       history_visibility visibility);
  /// The one with this user (himself: a conversation with oneself), founded if need be.
  outcome<founded> create_direct(user_id other);
  outcome<receipt> add_members(conversation_id c, const std::vector<user_id>& users);
  /// People of another tenant, by name, at most 100; owner and admins of a group or announcement.
  /// forbidden: the caller may not, or his tenant does not let others in. not_found: no such tenant
  /// or name, or that tenant keeps its people at home; which of them is not told.
  outcome<receipt> add_external(conversation_id c, std::string_view tenant_name,
                                const std::vector<std::string>& names);
  outcome<receipt> remove_member(conversation_id c, user_id user);
  outcome<receipt> set_role(conversation_id c, user_id user, member_role role);
  /// `until` in node time; 0: may speak again; for_ever.
  outcome<receipt> mute_member(conversation_id c, user_id user, time_ms until);
  outcome<receipt> change_settings(conversation_id c, const settings_change& change);
  outcome<receipt> dissolve(conversation_id c);
  outcome<std::string> new_join_code(conversation_id c);
  outcome<joined> join(std::string_view code, std::string_view text = {});
  outcome<joined> answer_join(conversation_id c, user_id user, bool accept);
  outcome<std::vector<join_request_info>> list_join_requests(conversation_id c);
  status set_conversation(conversation_id c, const own_settings& settings);

  // -- reading: whole lists, page by page (session_reads.cc)
  // ---------------------------------------

  outcome<event_page> history(conversation_id c, event_seq from, history_direction direction,
                              std::uint32_t limit);
  outcome<std::vector<conversation_info>> list_conversations();
  /// Only those that changed since the `time` of an earlier list; 0: all.
  outcome<conversation_list> list_conversations_since(time_ms changed_after);
  outcome<std::vector<member_info>> list_members(conversation_id c);
  /// `most` names at most; the counts are of all.
  outcome<readers_info> list_readers(conversation_id c, event_seq seq, std::size_t most = 10'000);
  /// What an edited message was before, oldest first.
  outcome<event_list> list_versions(conversation_id c, event_seq target);
  outcome<std::vector<pin_info>> list_pins(conversation_id c);
  /// Entries after a seq, at most `limit`; following them is on_inbox's business.
  outcome<inbox_list> inbox(std::uint64_t after, std::uint32_t limit);
  /// Names and ids that do not exist are left out. With a conversation only people who are or were
  /// in it, by the ids and names of its host; without one those of the caller's tenant.
  outcome<std::vector<user_info>> resolve(const std::vector<std::string>& names,
                                          const std::vector<user_id>& users = {},
                                          conversation_id within = {});
  /// Who the caller is in a conversation: who().user in his own tenant's, `self` in another's,
  /// where all user ids are the host's. Remembered from every list of conversations; one that no
  /// list has told is asked for. It never changes. not_found: none of the caller's.
  outcome<conversation_place> place(conversation_id c);

  // -- the account (session_account.cc)
  // ------------------------------------------------------------

  /// Also done by itself in time. Given to on_token first; used only after that returned done.
  outcome<renewed_token> renew_token();
  /// Ends this device; the session ends with `logged_out`. Forget the token after it.
  status logout();
  outcome<std::vector<device_info>> list_devices();
  status end_device(device_id device);
  status change_password(std::string_view old_password, std::string_view new_password,
                         bool end_others = false);

  // -- operators (session_operator.cc)
  // -------------------------------------------------------------

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
  /// By several requests when there are many. `made` gets those whom a request has made, also when
  /// a later one fails: their tokens are told once.
  status provision_users(std::string_view tenant_name, std::string_view device_name,
                         const std::vector<std::string>& names, std::vector<new_user>& made);
  outcome<std::vector<user_info>> list_users(std::string_view tenant_name);
  status set_password(std::string_view tenant_name, std::string_view user_name,
                      std::string_view password, bool end_devices = false);
  outcome<tenant_policy> get_policy(std::string_view tenant_name);
  /// As a whole: get it, change it, set it.
  status set_policy(std::string_view tenant_name, const tenant_policy& policy);
  /// The same number is said once: after a failure call again with the same one.
  status send_notice(std::string_view tenant_name, std::string_view text,
                     const std::vector<std::string>& names, std::uint64_t number);
  /// A number for a new notice.
  std::uint64_t next_notice_number();

  // -- state (session.cc)
  // --------------------------------------------------------------------------

  /// Blocks until everything that was missed before the login has been handed out; false: timeout.
  /// Several threads may wait at once.
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
