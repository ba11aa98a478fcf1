/// The rules of one conversation: who may do what, which request is new, which seq comes next, who
/// receives what. Plain C++ without CAF, clock or disk: the shell (conversation.h) hands in time
/// and takes out drafts of proposals. Used by one thread at a time.
///
/// It runs ahead of the log: rule() changes the state at once, and nobody is told before the shard
/// writer has committed the draft. When the writer refuses one, this object is thrown away and
/// built again from the store. Memory: one record per member and per sending device.
#pragma once

#include "actors/conversation_request.h"
#include "actors/delivery.h"
#include "schemas/log_entry.h"
#include "schemas/records.h"
#include "schemas/sender_record.h"
#include "storage/reads.h"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace conclave::actors {

struct ruling {
  enum class kind : std::uint8_t {
    sequenced,  ///< an event was appended to the draft under `seq`
    repeated,   ///< done before under `seq`: answer when that is committed
    rejected,
  };
  kind what = kind::rejected;
  event_seq seq{};
  time_ms time = 0;
  errc code = errc::internal;
  std::string_view detail;  ///< static text
};

/// A membership change that a user's index has yet to learn.
struct membership_change {
  event_seq seq{};
  user_id user{};
  bool member = true;
};

/// What one run of rule() calls makes: the proposal's content and what to tell after the commit.
struct draft {
  std::uint64_t expected_version = 0;
  std::uint64_t new_version = 0;
  time_ms time = 0;
  redo_writer redo;
  delivery_part part;  ///< events without their origins; the shell knows the tickets
  std::vector<membership_change> changes;
};

class conversation_state {
 public:
  conversation_state(tenant_id tenant, conversation_id id,
                     const storage::conversation_image& image);

  /// Judges one request at shard time `now` and, when it is accepted, sequences its event.
  ruling rule(const conversation_request& request, const conversation_batch& batch, time_ms now);

  /// The user's index has learnt of (seq, user): its intent row goes with the next draft.
  void index_learnt(event_seq seq, user_id user);

  bool has_draft() const { return !open_.redo.empty() || !dirty_senders_.empty(); }
  /// Ends the current draft; the caller proposes it.
  draft take_draft();

  bool exists() const { return exists_; }
  event_seq head() const { return head_; }
  const member_list_ref& members() const { return members_now_; }
  /// Changes that were unfinished when the state was loaded.
  const std::vector<membership_change>& unfinished() const { return unfinished_; }
  std::size_t draft_bytes() const { return open_frames_.size(); }

 private:
  struct sender_key {
    user_id user;
    device_id device;
    friend auto operator<=>(const sender_key&, const sender_key&) = default;
  };
  struct sender_state {
    sender_record record;
    bool dirty = false;
  };

  ruling found(const conversation_request& request, const conversation_batch& batch, time_ms now);
  ruling say(const conversation_request& request, const conversation_batch& batch, time_ms now);
  ruling add(const conversation_request& request, const conversation_batch& batch, time_ms now);
  ruling remove(const conversation_request& request, const conversation_batch& batch, time_ms now);

  const member_record* member(user_id user) const;
  sender_state& sender_of(const conversation_request& request);
  /// Appends an event by this request to the draft; recipients are the members as of now.
  ruling sequence(const conversation_request& request, event_kind kind, std::string_view body,
                  time_ms now, const member_list_ref& recipients);
  void join(user_id user, member_role role, event_seq at);
  void leave(user_id user, event_seq at);
  void put_member(user_id user);
  void owe_index(event_seq seq, user_id user, bool member);
  void renew_member_list();

  tenant_id tenant_;
  conversation_id id_;
  bool exists_;
  conversation_record record_;
  event_seq head_;
  std::uint64_t ordinal_;
  time_ms last_time_;
  std::unordered_map<user_id, member_record> members_;
  member_list_ref members_now_;
  std::map<sender_key, sender_state> senders_;
  std::vector<sender_key> dirty_senders_;
  std::vector<membership_change> unfinished_;

  draft open_;
  std::string open_frames_;
};

}  // namespace conclave::actors
