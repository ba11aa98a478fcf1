/// Burn after reading: who may still open a message, and when its body goes; see
/// conversation_state.h.
///
/// Opening makes no event, so a view of the reader pool does not show by its head whether it is
/// older than the last opening: burning_ holds every record that this actor has touched since it
/// loaded, and goes before what the views say.
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
  burning_[event.seq] = std::move(record);
  may_burn_ = true;
}

burn_record* conversation_state::burning(event_seq seq, const storage::target_image& image) {
  const auto at = burning_.find(seq);
  if (at != burning_.end()) return at->second.readers.empty() ? nullptr : &at->second;
  if (image.applied < loaded_at_ || !image.burn) return nullptr;
  return &burning_.emplace(seq, *image.burn).first->second;
}

ruling conversation_state::open(request_ref request, context_ref context) {
  const request_details& more = *request.more;
  event_view target;
  if (const auto refused = check_target(more, *member(request.user), context, target))
    return *refused;
  if ((target.flags & event_flags::burning) == 0)
    return rejected(errc::invalid_argument, "not a burning message");
  burn_record* burn = burning(more.target, more.image);
  if (burn == nullptr) return rejected(errc::gone);
  const auto reader = std::find_if(burn->readers.begin(), burn->readers.end(),
                                   [&](const burn_reader& r) { return r.user == request.user; });
  if (reader == burn->readers.end()) return rejected(errc::not_found, "not one of its readers");
  const time_ms now = time_for(context.now);
  if (reader->burned || (reader->first_read != 0 && reader->first_read + burn->burn_ms <= now))
    return rejected(errc::gone);
  if (reader->first_read == 0) {
    if (refused_by_disk(request.verb, context.disk)) return rejected(errc::storage_full);
    reader->first_read = now;
    open_.redo.put(keys::burn(tenant_, id_, more.target), encode(*burn));
    put_timer({now + burn->burn_ms, tenant_, id_, more.target, request.user});
  }
  ruling r = changed(reply_kind::opened);
  r.seq = more.target;
  r.time = reader->first_read + burn->burn_ms;
  r.body = more.image.burn_body;
  return r;
}

void conversation_state::burn_for(const due_timer& timer, std::vector<event_seq>& burned,
                                  time_ms now) {
  burn_record* burn = burning(timer.key.seq, timer.target);
  if (burn == nullptr) {
    const bool known = burning_.contains(timer.key.seq) || timer.target.applied >= loaded_at_;
    if (known) open_.redo.erase(keys::timer(timer.key));  // it went by another way
    return;
  }
  open_.redo.erase(keys::timer(timer.key));
  const auto reader =
      std::find_if(burn->readers.begin(), burn->readers.end(),
                   [&](const burn_reader& r) { return r.user == timer.key.reader; });
  if (reader == burn->readers.end() || reader->burned) return;
  reader->burned = true;
  open_.redo.put(keys::burn(tenant_, id_, timer.key.seq), encode(*burn));
  owe_inbox({reader->user, inbox_kind::burned, timer.key.seq.value, timer.key.seq, {}});
  finish_burning(timer.key.seq, timer.target, burned, now);
}

void conversation_state::finish_burning(event_seq seq, const storage::target_image& image,
                                        std::vector<event_seq>& burned, time_ms now) {
  const burn_record* burn = burning(seq, image);
  if (burn == nullptr || outdated(seq, image)) return;
  // Who left can read nothing any more.
  const bool over = std::all_of(burn->readers.begin(), burn->readers.end(), [&](const auto& r) {
    return r.burned || member(r.user) == nullptr;
  });
  const auto event = decode_event(image.event);
  if (!over || !event.ok() || event->is_gone()) return;
  empty(*event, image, event_flags::burned, {}, event_seq{head_.value + 1}, time_for(now));
  burned.push_back(seq);
}

ruling conversation_state::review(request_ref request, context_ref context) {
  if (!exists_) return rejected(errc::not_found);
  std::vector<event_seq> burned;
  bool all = true;
  for (const burning_message& message : request.more->burning) {
    all = burned.size() < limits::max_job_step;
    if (!all) break;
    finish_burning(message.seq, message.target, burned, context.now);
  }
  if (job_) {
    job_->emptied = all;
    job_->asked_burning = false;
  } else if (!all) {
    review_later_ = true;
  }
  if (burned.empty()) return rejected(errc::ok);
  return tell_gone(gone_reason::burned, std::move(burned), context.now);
}

}  // namespace conclave::actors
