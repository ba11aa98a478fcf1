/// Burn after reading: who may still open a message, and when its body goes; see
/// conversation_state.h.
///
/// Opening makes no event, so a view of the reader pool does not show by its head whether it is
/// older than the last opening: openings_ holds what readers have done since this actor loaded, and
/// goes before what the views say.
///
/// When somebody leaves, what he was the last to wait for is over, and no timer tells it: the
/// records of all that burns are read and judged (review), a step after the other. Every look that
/// is wanted has a number; only the newest can tell that nothing is left to do.
#include "actors/conversation_state.h"
#include "actors/disk_full.h"
#include "conf/limits.h"
#include "schemas/keys.h"

#include <algorithm>

namespace conclave::actors {

void conversation_state::start_burning(const event_view& event, std::string_view body) {
  burn_record record;
  record.burn_ms = event.burn_ms;
  for (const user_id user : members_now_->users)
    if (user != event.sender) record.readers.push_back({user, 0, false});
  open_.redo.put(keys::burn(tenant_, id_, event.seq), encode(record));
  open_.redo.put(keys::burn_body(tenant_, id_, event.seq), body);
  may_burn_ = true;
}

/// As it is now, by an image that is not outdated; nothing: it burns no more.
std::optional<burn_record> conversation_state::burning(event_seq seq,
                                                       const storage::target_image& image) const {
  std::optional<burn_record> burn = image.burn;
  if (!burn) return burn;
  for (auto at = openings_.lower_bound({seq, user_id{}});
       at != openings_.end() && at->first.first == seq; ++at) {
    for (burn_reader& reader : burn->readers) {
      if (reader.user != at->first.second) continue;
      reader.first_read = at->second.first_read;
      reader.burned = at->second.burned;
    }
  }
  return burn;
}

void conversation_state::note_opening(event_seq seq, const burn_reader& reader) {
  openings_[{seq, reader.user}] = {reader.first_read, reader.burned, event_seq{head_.value + 1}};
  forget_old_rewrites();
}

ruling conversation_state::open(request_ref request, context_ref context) {
  const request_details& more = *request.more;
  event_view target;
  if (const auto refused = check_target(more, *member(request.user), context, target))
    return *refused;
  if ((target.flags & event_flags::burning) == 0)
    return rejected(errc::invalid_argument, "not a burning message");
  std::optional<burn_record> burn = burning(more.target, more.image);
  if (!burn) return rejected(errc::gone);
  const auto reader = std::find_if(burn->readers.begin(), burn->readers.end(),
                                   [&](const burn_reader& r) { return r.user == request.user; });
  if (reader == burn->readers.end()) return rejected(errc::not_found, "not one of its readers");
  const time_ms now = time_for(context.now);
  if (reader->burned || (reader->first_read != 0 && reader->first_read + burn->burn_ms <= now))
    return rejected(errc::gone);
  if (reader->first_read == 0) {
    if (refused_by_disk(request.verb, context.disk)) return rejected(errc::storage_full);
    reader->first_read = now;
    note_opening(more.target, *reader);
    open_.redo.put(keys::burn(tenant_, id_, more.target), encode(*burn));
    put_timer({now + burn->burn_ms, tenant_, id_, more.target, request.user});
  }
  ruling r = changed(reply_kind::opened);
  r.seq = more.target;
  r.time = reader->first_read + burn->burn_ms;
  r.body = more.image.burn_body;
  r.due = target.expires != 0 ? std::min(target.expires, r.time) : r.time;
  return r;
}

void conversation_state::burn_for(const due_timer& timer, std::vector<event_seq>& burned,
                                  time_ms now) {
  // It comes again. Without the message as it is now its body could not go.
  if (timer.target.applied < loaded_at_) return;
  if (timer.target.found && outdated(timer.key.seq, timer.target)) return;
  open_.redo.erase(keys::timer(timer.key));
  std::optional<burn_record> burn = burning(timer.key.seq, timer.target);
  if (!burn) return;  // it went by another way
  const auto reader =
      std::find_if(burn->readers.begin(), burn->readers.end(),
                   [&](const burn_reader& r) { return r.user == timer.key.reader; });
  if (reader == burn->readers.end() || reader->burned) return;
  reader->burned = true;
  note_opening(timer.key.seq, *reader);
  open_.redo.put(keys::burn(tenant_, id_, timer.key.seq), encode(*burn));
  owe_inbox({reader->user, inbox_kind::burned, timer.key.seq.value, timer.key.seq, {}});
  // What was remembered meanwhile may have made the image too old.
  if (!finish_burning(timer.key.seq, timer.target, burned, now)) want_review();
}

/// False: the image is too old to tell.
bool conversation_state::finish_burning(event_seq seq, const storage::target_image& image,
                                        std::vector<event_seq>& burned, time_ms now) {
  if (!image.found) return true;
  if (outdated(seq, image)) return false;
  const std::optional<burn_record> burn = burning(seq, image);
  if (!burn) return true;
  // Who left can read nothing any more.
  const bool over = std::all_of(burn->readers.begin(), burn->readers.end(), [&](const auto& r) {
    return r.burned || member(r.user) == nullptr;
  });
  const auto event = decode_event(image.event);
  if (!over || !event.ok() || event->is_gone()) return true;
  empty(*event, image, event_flags::burned, {}, event_seq{head_.value + 1}, time_for(now));
  burned.push_back(seq);
  return true;
}

void conversation_state::want_review() {
  ++reviews_wanted_;
  review_due_ = true;
  if (!job_) reviewing_ = true;
}

ruling conversation_state::review(request_ref request, context_ref context) {
  if (!exists_) return rejected(errc::not_found);
  std::vector<event_seq> burned;
  bool all = !request.more->burned_out.more;
  for (const auto& [seq, image] : request.more->burned_out.messages)
    all = finish_burning(seq, image, burned, context.now) && all;
  if (request.more->review == reviews_wanted_) review_ended(all);
  if (burned.empty()) return rejected(errc::ok);
  return tell_gone(gone_reason::burned, std::move(burned), context.now);
}

void conversation_state::review_ended(bool nothing_left) {
  if (job_) {
    if (!job_->asked_burning) return;  // from before the operation: it asks once all is committed
    job_->asked_burning = false;
  }
  if (!nothing_left) {
    if (!job_) want_review();  // an operation asks by itself
    return;
  }
  if (job_) job_->emptied = true;
  reviewing_ = false;
  for (const auto& [seq, user] : std::exchange(learnt_meanwhile_, {})) index_learnt(seq, user);
}

}  // namespace conclave::actors
