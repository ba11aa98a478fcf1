/// What a program shows of one conversation, built from its events: messages with all that has been
/// done to them, members with their roles, title and settings. Whoever has applied the same events
/// shows the same, whatever way they came: live, by pages whose rows have been rewritten already,
/// or twice. Two views can be compared (dump), which is what tests judge devices by.
///
/// Every piece remembers the seq that last decided it, and an earlier seq never undoes a later one:
/// so older pages may be applied after newer events, too. Bodies that went never come back.
///
/// Pure: no clock, no thread of its own; owned by whoever shows it. Grows with the messages; bound
/// it with forget_below(). Malformed bodies change nothing but the place of their event.
#pragma once

#include "client/results.h"
#include "schemas/event.h"
#include "schemas/ids.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace conclave::client {

class conversation_view {
 public:
  /// unknown: LIST_GONE told it; the event that says why is still to come.
  enum class why_gone : std::uint8_t { unknown, recalled, expired, burned };

  struct gone_note {
    why_gone why = why_gone::unknown;
    user_id by{};    ///< who took it back; 0: the node
    time_ms at = 0;  ///< expired: when its time was over; 0: not known
  };

  struct pin_note {
    user_id by{};
    time_ms at = 0;
  };

  struct message {
    event_seq seq{};
    event_kind kind{};
    user_id sender{};
    time_ms time = 0;
    time_ms expires = 0;
    std::string body;  ///< empty when it is gone or burning
    bool edited = false;
    bool mentions_all = false;  ///< nobody is named any more when it is gone
    bool burning = false;
    std::uint32_t burn_ms = 0;
    event_seq reply_to{};
    event_seq thread{};
    std::vector<user_id> mentions;
    conversation_id origin_conversation{};
    event_seq origin_seq{};
    user_id origin_sender{};
    time_ms origin_time = 0;
    std::optional<gone_note> gone;
    std::map<std::string, std::set<user_id>> reactions;  ///< none when it is gone
    std::optional<pin_note> pinned;                      ///< nor this
  };

  struct member {
    member_role role = member_role::member;
    event_seq joined{};
    time_ms muted_until = 0;
  };

  struct settings {
    conversation_kind kind = conversation_kind::group;
    std::string title;
    std::string topic;
    join_policy join = join_policy::closed;
    invite_policy invite = invite_policy::admins;
    history_visibility visibility = history_visibility::since_joining;
    bool all_muted = false;
  };

  void apply(const event_view& event);
  /// Bodies that went while this device was away; the events that say why come later.
  void on_gone(const std::vector<event_seq>& seqs);
  /// Drops the bodies whose time is over at `now` (node time): what the node does too, but without
  /// waiting for its word. Returns the messages that went just now.
  std::vector<event_seq> expire(time_ms now);

  /// What members who joined later do not learn from events: how things stood at `as_of`.
  void seed(const conversation_info& info);
  void seed(const std::vector<member_info>& members, event_seq as_of);

  /// Drops messages before `seq` and what is known about them.
  void forget_below(event_seq seq);

  /// The highest seq that was applied.
  event_seq last() const { return event_seq{last_}; }
  const settings& about() const { return settings_; }
  bool dissolved() const { return dissolved_; }
  /// Present members; none when it is dissolved.
  std::map<user_id, member> members() const;
  /// By ascending seq.
  std::vector<message> messages() const;
  std::optional<message> find(event_seq seq) const;

  /// Everything that is shown, as text in a canonical order.
  std::string dump() const;
  friend bool operator==(const conversation_view& a, const conversation_view& b) {
    return a.dump() == b.dump();
  }

 private:
  struct record {
    bool known = false;         // its own row was seen, not only what was done to it
    bool has_body = false;      // some row or edit has told the body
    std::uint64_t version = 0;  // seq of the event that last rewrote it; 0: none
    message shown;
  };
  /// Something that is set and unset: the latest event decides.
  struct mark {
    std::uint64_t decided = 0;
    bool on = false;
    user_id by{};
    time_ms at = 0;
  };
  struct membership {
    std::uint64_t decided = 0;
    bool present = false;
    event_seq joined{};
    std::uint64_t role_decided = 0;
    member_role role = member_role::member;
    std::uint64_t muted_decided = 0;
    time_ms muted_until = 0;
  };

  void apply_created(const event_view& event);
  void apply_settings(const event_view& event);
  void apply_row(const event_view& event);
  void apply_edit(const event_view& event);
  void go(event_seq target, std::uint64_t version, const gone_note& note);
  void join_in(user_id user, std::uint64_t seq, event_seq joined);
  void leave(user_id user, std::uint64_t seq);
  void set_role(user_id user, std::uint64_t seq, member_role role);
  void hand_over(const event_view& event, user_id to);
  void set_muted(user_id user, std::uint64_t seq, time_ms until);
  static void decide(mark& at, const event_view& event, bool on);
  message shown(const record& r) const;

  std::uint64_t last_ = 0;
  settings settings_;
  std::uint64_t settings_decided_ = 0;
  bool dissolved_ = false;
  std::map<user_id, membership> members_;
  std::map<event_seq, record> records_;
  std::map<event_seq, std::map<std::pair<std::string, user_id>, mark>> reactions_;
  std::map<event_seq, mark> pins_;
  std::set<std::pair<time_ms, event_seq>> expiring_;  // known messages that are not gone
};

}  // namespace conclave::client
