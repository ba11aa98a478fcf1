/// Read marks, typing, and messages whose time is over; see conversation_state.h.
#include "actors/conversation_state.h"
#include "conf/limits.h"
#include "schemas/keys.h"

namespace conclave::actors {

ruling conversation_state::mark_read(request_ref request, context_ref context) {
  const event_seq seq = request.more->seq;
  member_record& row = members_[request.user];
  if (seq > visible_head(row, head_))
    return rejected(errc::invalid_argument, "seq is above the newest event that you see");
  if (seq <= row.read) return changed(reply_kind::done);
  row.read = seq;
  row.read_time = time_for(context.now);
  put_member(request.user);
  owe_inbox({request.user, inbox_kind::read, 0, seq, {}});
  if (members_now_->users.size() <= limits::max_members_for_read_by)
    open_.signals.push_back({signal::kind::read_by, tenant_, id_, request.user, seq, false, {}});
  return changed(reply_kind::done);
}

ruling conversation_state::type(request_ref request, context_ref context) {
  const member_record& asker = *member(request.user);
  if (record_.kind == conversation_kind::system || asker.muted_until > context.now)
    return rejected(errc::muted);
  ruling r;
  r.what = ruling::kind::signalled;
  r.reply = reply_kind::done;
  return r;
}

ruling conversation_state::fire(request_ref request, context_ref context) {
  if (!exists_) return rejected(errc::not_found);
  std::vector<event_seq> went;
  for (const due_timer& timer : request.more->due) {
    if (timer.target.applied < loaded_at_) stale_timers_.push_back(timer.key);
    if (timer.key.reader || timer.key.due > context.now) continue;  // never early, whoever says so
    if (outdated(timer.key.seq, timer.target)) continue;  // it comes again, or went already
    const auto event = decode_event(timer.target.event);
    if (!event.ok() || event->is_gone() || event->expires != timer.key.due) {
      open_.redo.erase(keys::timer(timer.key));
      continue;
    }
    empty(*event, timer.target, event_flags::expired, {}, event_seq{head_.value + 1},
          time_for(context.now));
    went.push_back(event->seq);
  }
  ruling r = rejected(errc::ok);
  if (!went.empty()) r = tell_gone(gone_reason::expired, std::exchange(went, {}), context.now);
  for (const due_timer& timer : request.more->due)
    if (timer.key.reader && timer.key.due <= context.now) burn_for(timer, went, context.now);
  if (!went.empty()) r = tell_gone(gone_reason::burned, std::move(went), context.now);
  return r;
}

ruling conversation_state::tell_gone(gone_reason why, std::vector<event_seq> seqs, time_ms now) {
  event_view event;
  event.kind = event_kind::gone;
  const std::string bytes = encode_body(gone_body{why, std::move(seqs)});
  event.body = bytes;
  ruling r = sequence(nullptr, event, now, members_now_);
  r.what = ruling::kind::announced;
  return r;
}

}  // namespace conclave::actors
