/// The rules of one conversation: who may do what, which request is new, which seq comes next, who
/// receives what, what becomes of bodies. Plain C++ without CAF, clock or disk: the shell
/// (conversation.h) hands in time and takes out drafts of proposals. Used by one thread at a time.
///
/// It runs ahead of the log: rule() changes the state at once, and nobody is told before the shard
/// writer has committed the draft. When the writer refuses one, this object is thrown away and
/// built again from the store. Memory: one record per member and per sending device, up to
/// limits::max_remembered_rewrites targets and openings.
///
/// One file per subject: conversation_founding.cc, _saying.cc, _targets.cc, _roles.cc, _joining.cc,
/// _reading.cc, _burning.cc; what they share is in conversation_state.cc.
#pragma once

#include "actors/conversation_request.h"
#include "actors/delivery.h"
#include "actors/request_details.h"
#include "conf/limits.h"
#include "schemas/log_entry.h"
#include "schemas/policy_messages.h"
#include "schemas/records.h"
#include "schemas/sender_record.h"
#include "storage/disk_level.h"
#include "storage/reads.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace conclave::actors {

/// What a request is judged by.
struct rule_context {
  time_ms now = 0;  ///< shard time
  const tenant_policy* policy = nullptr;
  storage::disk_level disk = storage::disk_level::fine;
  bool origin_changed = false;  ///< forward: what it brings may be gone since it was read
};

/// Which frame tells the asker that it was done.
enum class reply_kind : std::uint8_t {
  ok,
  created,
  done,
  joined,
  awaiting_join,
  declined,
  awaiting_approval,  ///< an error, but a recorded one
  join_code,
  opened,
};

struct ruling {
  enum class kind : std::uint8_t {
    sequenced,  ///< an event was appended to the draft under `seq`; OK takes its place
    announced,  ///< the same, but the asker gets the event too, and `reply` after the commit
    changed,    ///< no event; `reply` once everything so far is committed
    repeated,   ///< done before under `seq`: answer when that is committed
    signalled,  ///< nothing is kept; DONE at once
    rejected,
  };
  kind what = kind::rejected;
  reply_kind reply = reply_kind::ok;
  event_seq seq{};
  time_ms time = 0;
  errc code = errc::internal;
  std::string_view detail;  ///< static text
  std::string body;         ///< opened: the body; join_code: the code
  time_ms due = 0;          ///< opened: from then on the body is given to nobody
};

/// A membership change that a user's index has yet to learn.
struct membership_change {
  event_seq seq{};
  user_id user{};
  bool member = true;
};

/// Something that a user's inbox has yet to learn. `slot` is the place of its owed row.
struct owed_entry {
  user_id user{};
  inbox_kind kind{};
  std::uint64_t slot = 0;
  event_seq at{};
  user_id about{};
};

/// What one run of rule() calls makes: the proposal's content and what to tell after the commit.
struct draft {
  std::uint64_t expected_version = 0;
  std::uint64_t new_version = 0;
  time_ms time = 0;
  redo_writer redo;
  delivery_part part;  ///< events without their origins; the shell knows the tickets
  std::vector<membership_change> changes;
  std::vector<owed_entry> owed;
  std::vector<signal> signals;
  time_ms earliest_due = 0;     ///< of the timers in it; 0: none
  bool empties_bodies = false;  ///< readers of older views must look again

  bool owes_inbox(user_id user, inbox_kind kind, std::uint64_t slot) const;
};

class conversation_state {
 public:
  conversation_state(tenant_id tenant, conversation_id id,
                     const storage::conversation_image& image);

  /// Judges one request and, when it is accepted, puts what it does into the draft.
  ruling rule(const conversation_request& request, const conversation_batch& batch,
              const rule_context& context);

  /// The user's index has learnt of (seq, user): its intent row goes with the next draft.
  void index_learnt(event_seq seq, user_id user);
  /// The user's inbox has what it was owed.
  void inbox_learnt(user_id user, inbox_kind kind, std::uint64_t slot);

  bool has_draft() const { return !open_.redo.empty() || !dirty_senders_.empty(); }
  /// Ends the current draft; the caller proposes it.
  draft take_draft();

  /// A large operation is under way; job_step() does the next part of it into the draft.
  bool has_job() const { return job_.has_value(); }
  void job_step();
  /// What was being read, for the operation or of what burns, may have got lost on the way.
  void stalled();

  bool exists() const { return exists_; }
  event_seq head() const { return head_; }
  const member_list_ref& members() const { return members_now_; }
  /// Where a member, or former one, of another tenant is at home; nothing for the others.
  std::optional<external_person> external(user_id user) const;
  /// Changes and entries that were unfinished when the state was loaded.
  const std::vector<membership_change>& unfinished() const { return unfinished_; }
  const std::vector<owed_entry>& unfinished_owed() const { return unfinished_owed_; }
  /// Of a state just loaded: who left by which event, as far as he may not have been told of it,
  /// because the actor that was here ended between the commit and telling.
  std::map<event_seq, member_list_ref> departures() const;
  std::size_t draft_bytes() const { return open_frames_.size(); }
  /// What the log entry of the current draft takes at most.
  std::size_t draft_redo_bytes() const {
    return open_.redo.bytes().size() + dirty_senders_.size() * limits::max_sender_record_bytes;
  }
  /// How far a user has read; what the inbox is told when a read mark is (re)ordered.
  event_seq read_mark(user_id user) const;
  /// Somebody left while messages may be burning, and what nobody may open any more has not gone
  /// yet. Until it has, the rows that tell of the leaving stay, so that a restart looks too.
  bool reviewing() const { return reviewing_; }
  /// A look at what burns is due, once everything so far is committed.
  bool take_review() { return std::exchange(review_due_, false); }
  /// Names the look that was wanted last; see request_details::review. Only what is begun once all
  /// is committed that the want was about may bear it.
  std::uint64_t wanted_review() const { return reviews_wanted_; }
  /// Looks that an earlier incarnation began must not pass for one of this.
  void number_reviews_from(std::uint64_t number) { reviews_wanted_ = number; }
  /// The look could not begin, or may have got lost on its way.
  void want_review();
  /// More than is remembered of rewriting and opening: whoever asks next may read it from the
  /// store.
  bool remembers_too_much() const;
  std::size_t remembered() const;
  /// What is not proposed yet owes the user an entry in that place.
  bool owes_inbox(user_id user, inbox_kind kind, std::uint64_t slot) const {
    return open_.owes_inbox(user, kind, slot);
  }
  /// Timers whose messages were looked at before this state was loaded: to be looked at again.
  std::vector<keys::timer_key> take_stale_timers() { return std::exchange(stale_timers_, {}); }

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
  struct job {
    event_seq seq{};
    std::vector<user_id> left;   ///< members still to do, descending
    bool asked_burning = false;  ///< what still burns is being read
    bool emptied = false;        ///< nothing burns any more
  };
  using request_ref = const conversation_request&;
  using batch_ref = const conversation_batch&;
  using context_ref = const rule_context&;

  // conversation_founding.cc
  ruling found(request_ref request, batch_ref batch, context_ref context);
  ruling notify(request_ref request, batch_ref batch, context_ref context);
  void establish(conversation_record record, std::vector<user_id> members, request_ref request,
                 time_ms now);
  // conversation_saying.cc
  ruling say(request_ref request, batch_ref batch, context_ref context);
  ruling may_say(const member_record& member, event_kind kind, std::string_view body,
                 context_ref context) const;
  ruling with_extras(event_view& event, request_ref request, context_ref context) const;
  // conversation_targets.cc
  ruling edit(request_ref request, batch_ref batch, context_ref context);
  ruling recall(request_ref request, context_ref context);
  ruling react(request_ref request, batch_ref batch, context_ref context);
  ruling pin(request_ref request, context_ref context);
  /// The target's event when the image is still true and something can be done to it.
  std::optional<ruling> check_target(const request_details& more, const member_record& asker,
                                     context_ref context, event_view& target) const;
  bool outdated(event_seq target, const storage::target_image& image) const;
  void rewritten(event_seq target, event_seq by);
  void forget_old_rewrites();
  /// Empties a message and everything that repeats its body; `by` is the event that says so.
  void empty(const event_view& target, const storage::target_image& image, std::uint32_t why,
             user_id who, event_seq by, time_ms at);
  // conversation_roles.cc
  ruling add(request_ref request, batch_ref batch, context_ref context);
  ruling may_add_external(request_ref request, const member_record& asker) const;
  ruling propose_members(request_ref request, std::vector<user_id> users, context_ref context);
  ruling remove(request_ref request, batch_ref batch, context_ref context);
  ruling set_role(request_ref request, batch_ref batch, context_ref context);
  ruling mute(request_ref request, batch_ref batch, context_ref context);
  ruling change_settings(request_ref request, context_ref context);
  ruling dissolve(request_ref request, context_ref context);
  // conversation_joining.cc
  ruling new_join_code(request_ref request);
  ruling join_by_code(request_ref request, batch_ref batch, context_ref context);
  ruling answer_join(request_ref request, batch_ref batch, context_ref context);
  ruling let_in(user_id user, user_id by, device_id device, context_ref context);
  /// Nobody is left to answer them.
  void decline_waiting(std::size_t most);
  void await_approval(user_id user, user_id invited_by, std::string_view text, time_ms now,
                      const std::vector<user_id>& to_tell);
  // conversation_reading.cc
  ruling mark_read(request_ref request, context_ref context);
  ruling type(request_ref request, context_ref context);
  ruling fire(request_ref request, context_ref context);
  // conversation_burning.cc
  ruling open(request_ref request, context_ref context);
  ruling review(request_ref request, context_ref context);
  void start_burning(const event_view& event, std::string_view body);
  void burn_for(const due_timer& timer, std::vector<event_seq>& burned, time_ms now);
  bool finish_burning(event_seq seq, const storage::target_image& image,
                      std::vector<event_seq>& burned, time_ms now);
  void note_opening(event_seq seq, const burn_reader& reader);
  void review_ended(bool nothing_left);
  std::optional<burn_record> burning(event_seq seq, const storage::target_image& image) const;
  /// The event that tells which bodies went by themselves; its seq is head + 1 until then.
  ruling tell_gone(gone_reason why, std::vector<event_seq> seqs, time_ms now);

  // shared
  const member_record* member(user_id user) const;
  bool is_admin(const member_record& m) const { return m.role >= member_role::admin; }
  bool managed() const {
    return record_.kind == conversation_kind::group ||
           record_.kind == conversation_kind::announcement;
  }
  sender_state& sender_of(user_id user, device_id device);
  /// Appends an event to the draft; recipients are the members as of now. `request` is null for
  /// what the node does by itself.
  ruling sequence(const conversation_request* request, event_view event, time_ms now,
                  const member_list_ref& recipients);
  time_ms time_for(time_ms now) const { return std::max(now, last_time_); }
  void join(user_id user, member_role role, event_seq at);
  void leave(user_id user, event_seq at);
  void put_member(user_id user);
  void count_external(const member_record& row, int change);
  void put_record();
  void put_timer(const keys::timer_key& key);
  void owe_index(event_seq seq, user_id user, bool member);
  void owe_inbox(const owed_entry& entry);
  /// Walks all members: once for a request, however many it brings.
  /// Who is told that somebody waits: the owner, then admins, limits::max_admins_told in all.
  std::vector<user_id> who_decide() const;
  void renew_member_list();
  /// The list with `came`, who are not in it, merged in and `gone` left out: a copy of the old one,
  /// where renewing walks and sorts all members, 10 ms for 100 000.
  void change_member_list(std::vector<user_id> came, user_id gone);

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
  std::vector<owed_entry> unfinished_owed_;
  std::map<event_seq, pin_record> pins_;
  std::map<user_id, join_request_record> waiting_;
  std::optional<job> job_;

  // What views of the reader pool may not know yet.
  log_index loaded_at_;                      ///< images from before this are too old for anything
  std::map<event_seq, event_seq> rewrites_;  ///< target -> by
  std::map<std::pair<event_seq, user_id>, event_seq> reacted_;  ///< (target, user) -> by
  event_seq rewrites_floor_{};  ///< images from before this seq are too old
  /// What a reader has of a burning message: truer than images. Opening makes no event: images from
  /// `by` on, which comes later, hold it.
  struct opening {
    time_ms first_read = 0;
    bool burned = false;
    event_seq by{};
  };
  std::map<std::pair<event_seq, user_id>, opening> openings_;
  std::size_t forget_beyond_ = limits::max_remembered_rewrites;
  bool may_burn_ = false;
  bool reviewing_ = false;
  bool review_due_ = false;
  std::uint64_t reviews_wanted_ = 0;
  std::vector<std::pair<event_seq, user_id>> learnt_meanwhile_;  ///< leavings, while reviewing_
  std::vector<keys::timer_key> stale_timers_;

  std::uint16_t print_ = 0;  ///< of the request that is being judged, for its sender row

  draft open_;
  std::string open_frames_;
};

/// Rulings of the same shape everywhere.
inline ruling rejected(errc code, std::string_view detail = {}) {
  ruling r;
  r.code = code;
  r.detail = detail;
  return r;
}
inline ruling changed(reply_kind reply) {
  ruling r;
  r.what = ruling::kind::changed;
  r.reply = reply;
  return r;
}
inline ruling accepted() {
  ruling r;
  r.code = errc::ok;
  return r;
}

}  // namespace conclave::actors
