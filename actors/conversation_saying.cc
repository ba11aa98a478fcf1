/// Saying something: text, structured and opaque bodies with their extras, forwards, what expires
/// and what burns; see conversation_state.h.
#include "actors/conversation_state.h"
#include "conf/limits.h"
#include "schemas/keys.h"
#include "schemas/shown.h"
#include "schemas/utf8.h"

#include <algorithm>

namespace conclave::actors {

ruling conversation_state::may_say(const member_record& asker, event_kind kind,
                                   std::string_view body, context_ref context) const {
  if (record_.kind == conversation_kind::system)
    return rejected(errc::forbidden, "only the node says something here");
  if (asker.muted_until > context.now) return rejected(errc::muted);
  const bool plain = managed() && !is_admin(asker);
  if (plain && (record_.all_muted || record_.kind == conversation_kind::announcement))
    return rejected(errc::muted, "only owner and admins say something here");
  if (body.size() > context.policy->max_body_bytes)
    return rejected(errc::invalid_argument, "body is larger than the tenant allows");
  if (kind != event_kind::opaque && !valid_utf8(body))
    return rejected(errc::invalid_argument, "a text is UTF-8");
  return accepted();
}

ruling conversation_state::with_extras(event_view& event, request_ref request,
                                       context_ref context) const {
  const request_details& more = *request.more;
  const member_record& asker = *member(request.user);
  for (const event_seq earlier : {more.reply_to, more.thread})
    if (earlier && (earlier > head_ || !visible(asker, earlier)))
      return rejected(errc::not_found, "reply_to or thread is no event that you see");
  for (const user_id user : more.mentions) {
    if (member(user) == nullptr)
      return rejected(errc::invalid_argument, "mentions names somebody who is no member");
    if (std::find(event.mentions.begin(), event.mentions.end(), user) == event.mentions.end())
      event.mentions.push_back(user);
  }
  if (more.mentions_all) {
    if (members_now_->users.size() > limits::max_members_to_name_all && !is_admin(asker))
      return rejected(errc::forbidden, "only owner and admins name everybody here");
    event.flags |= event_flags::mentions_all;
  }
  const time_ms time = time_for(context.now);
  if (more.expires_at != 0 && more.expires_after_ms != 0)
    return rejected(errc::invalid_argument, "expires_at and expires_after_ms exclude each other");
  if (more.expires_at != 0 && more.expires_at <= time)
    return rejected(errc::invalid_argument, "expires_at is not in the future");
  event.expires = more.expires_at != 0         ? more.expires_at
                  : more.expires_after_ms != 0 ? time + more.expires_after_ms
                                               : 0;
  event.reply_to = more.reply_to;
  event.thread = more.thread;
  if (more.burn_ms != 0) {
    if (more.reply_to || more.thread)
      return rejected(errc::invalid_argument, "a burning message is no reply");
    const std::size_t readers = members_now_->users.size() - 1;
    if (readers == 0) return rejected(errc::invalid_argument, "nobody could read it");
    if (readers > limits::max_burn_readers)
      return rejected(errc::limit_reached, "too many members for a burning message");
    event.burn_ms = more.burn_ms;
    event.flags |= event_flags::burning;
  }
  event.origin_conversation = more.origin_conversation;
  event.origin_seq = more.origin_seq;
  event.origin_sender = more.origin_sender;
  event.origin_time = more.origin_time;
  return accepted();
}

ruling conversation_state::say(request_ref request, batch_ref batch, context_ref context) {
  const auto body = batch.text_of(request);
  event_view event;
  event.kind = request.kind;
  event.body = body;
  if (request.more != nullptr && request.more->origin_refused != errc::ok)
    return rejected(request.more->origin_refused);
  if (request.more != nullptr && is_due(request.more->origin_due, context.now))
    return rejected(errc::gone);
  // Bodies went where it comes from since it was read, perhaps its own: it is read once more.
  if (context.origin_changed) return rejected(errc::conflict);
  // From here: it may be taken back by what is on its way to the disk.
  if (request.more != nullptr && request.more->origin_conversation == id_ &&
      outdated(request.more->origin_seq, request.more->image))
    return rejected(errc::conflict);
  const ruling allowed = may_say(*member(request.user), request.kind, body, context);
  if (allowed.code != errc::ok) return allowed;
  if (request.more == nullptr) return sequence(&request, event, context.now, members_now_);

  const ruling extras = with_extras(event, request, context);
  if (extras.code != errc::ok) return extras;
  event.seq = event_seq{head_.value + 1};
  event.sender = request.user;
  if (event.burn_ms != 0) {
    start_burning(event, body);
    event.body = {};
  }
  for (const user_id user : event.mentions)
    open_.redo.put(keys::mention(tenant_, id_, user, event.seq), {});
  if ((event.flags & event_flags::mentions_all) != 0)
    open_.redo.put(keys::mention(tenant_, id_, user_id{}, event.seq), {});
  if (event.expires != 0) put_timer({event.expires, tenant_, id_, event.seq, {}});
  return sequence(&request, event, context.now, members_now_);
}

}  // namespace conclave::actors
