/// What is done to a message: editing, taking back, reacting, pinning; see conversation_state.h.
///
/// The message's row was read by the reader pool before the request came here, so it may be older
/// than what this actor has proposed since. The state remembers which targets it rewrote, and what
/// was read before that is answered `conflict`: the client sends it again, and it is read anew.
#include "actors/conversation_state.h"
#include "conf/limits.h"
#include "schemas/keys.h"
#include "schemas/utf8.h"

#include <algorithm>

namespace conclave::actors {

bool conversation_state::outdated(event_seq target, const storage::target_image& image) const {
  if (image.applied < loaded_at_ || image.as_of < rewrites_floor_ || !image.found) return true;
  const auto last = rewrites_.find(target);
  return last != rewrites_.end() && last->second > image.as_of;
}

void conversation_state::rewritten(event_seq target, event_seq by) {
  rewrites_[target] = by;
  forget_old_rewrites();
}

void conversation_state::forget_old_rewrites() {
  if (remembered() <= forget_beyond_) return;
  std::vector<event_seq> by;
  for (const auto& [target, last] : rewrites_) by.push_back(last);
  for (const auto& [key, last] : reacted_) by.push_back(last);
  for (const auto& [key, opened] : openings_) by.push_back(opened.by);
  const auto middle = by.begin() + static_cast<std::ptrdiff_t>(by.size() / 2);
  std::nth_element(by.begin(), middle, by.end());
  // Whatever was read before the last that is forgotten is read again. What comes after the head,
  // as after an opening, may never come.
  rewrites_floor_ = std::max(rewrites_floor_, std::min(*middle, head_));
  const auto is_old = [this](const auto& entry) { return entry.second <= rewrites_floor_; };
  std::erase_if(rewrites_, is_old);
  std::erase_if(reacted_, is_old);
  std::erase_if(openings_,
                [this](const auto& entry) { return entry.second.by <= rewrites_floor_; });
  forget_beyond_ = std::max(limits::max_remembered_rewrites, 2 * remembered());
}

std::size_t conversation_state::remembered() const {
  return rewrites_.size() + reacted_.size() + openings_.size();
}

bool conversation_state::remembers_too_much() const {
  return remembered() > 8 * limits::max_remembered_rewrites;
}

std::optional<ruling> conversation_state::check_target(const request_details& more,
                                                       const member_record& asker,
                                                       context_ref context,
                                                       event_view& target) const {
  if (more.target > head_ || !visible(asker, more.target)) return rejected(errc::not_found);
  if (outdated(more.target, more.image)) return rejected(errc::conflict);
  const auto event = decode_event(more.image.event);
  if (!event.ok()) return rejected(errc::corrupt);
  if (!is_message(event->kind)) return rejected(errc::invalid_argument, "target is no message");
  if (event->is_gone() || (event->expires != 0 && event->expires <= context.now))
    return rejected(errc::gone);
  target = *event;
  return std::nullopt;
}

ruling conversation_state::edit(request_ref request, batch_ref batch, context_ref context) {
  const request_details& more = *request.more;
  const member_record& asker = *member(request.user);
  event_view target;
  if (const auto refused = check_target(more, asker, context, target)) return *refused;
  if (target.sender != request.user) return rejected(errc::forbidden, "not your message");
  if ((target.flags & event_flags::burning) != 0)
    return rejected(errc::invalid_argument, "a burning message is not edited");
  if (more.image.edits.size() >= limits::max_edits)
    return rejected(errc::limit_reached, "the message was edited too often");
  const auto body = batch.text_of(request);
  const ruling allowed = may_say(asker, target.kind, body, context);
  if (allowed.code != errc::ok) return allowed;

  const event_seq at{head_.value + 1};
  open_.redo.put(keys::version(tenant_, id_, more.target, at), more.image.event);
  target.body = body;
  target.flags |= event_flags::edited;
  target.changed = at;
  std::string row;
  append_event(row, target);
  open_.redo.put(keys::event(tenant_, id_, more.target), row);
  rewritten(more.target, at);

  event_view event;
  event.kind = event_kind::edited;
  event.target = more.target;
  event.body = body;
  event.expires = target.expires;  // what repeats the body goes with it
  return sequence(&request, event, context.now, members_now_);
}

ruling conversation_state::recall(request_ref request, context_ref context) {
  const request_details& more = *request.more;
  const member_record& asker = *member(request.user);
  event_view target;
  if (const auto refused = check_target(more, asker, context, target)) return *refused;
  const bool own = target.sender == request.user;
  const bool in_time =
      context.now - std::min(context.now, target.time) <= context.policy->recall_window_ms;
  const bool admin = managed() && is_admin(asker);
  if (!admin && !own) return rejected(errc::forbidden, "not your message");
  if (!admin && !in_time) return rejected(errc::window_over);
  // He became an admin since the message was read.
  if (more.image.edits_left_out) return rejected(errc::conflict);

  const event_seq at{head_.value + 1};
  empty(target, more.image, event_flags::recalled, request.user, at, time_for(context.now));
  event_view event;
  event.kind = event_kind::recalled;
  event.target = more.target;
  return sequence(&request, event, context.now, members_now_);
}

void conversation_state::empty(const event_view& target, const storage::target_image& image,
                               std::uint32_t why, user_id who, event_seq by, time_ms at) {
  const auto emptied = [&](event_view event) {
    event.body = {};
    event.mentions.clear();
    event.flags |= why;
    event.flags &= ~event_flags::mentions_all;
    event.gone_by = who;
    event.gone_at = at;
    event.changed = by;
    std::string row;
    append_event(row, event);
    open_.redo.put(keys::event(tenant_, id_, event.seq), row);
    rewritten(event.seq, by);
  };
  for (const user_id user : target.mentions)
    open_.redo.erase(keys::mention(tenant_, id_, user, target.seq));
  if ((target.flags & event_flags::mentions_all) != 0)
    open_.redo.erase(keys::mention(tenant_, id_, user_id{}, target.seq));
  emptied(target);
  for (const auto& [edit, bytes] : image.edits) {
    open_.redo.erase(keys::version(tenant_, id_, target.seq, edit));
    const auto event = decode_event(bytes);
    if (event.ok()) emptied(*event);
  }
  open_.redo.put(keys::gone(tenant_, id_, by, target.seq), {});
  if (target.expires != 0)
    open_.redo.erase(keys::timer({target.expires, tenant_, id_, target.seq, {}}));
  if (pins_.erase(target.seq) != 0) open_.redo.erase(keys::pin(tenant_, id_, target.seq));
  if ((target.flags & event_flags::burning) != 0) {
    if (const auto burn = burning(target.seq, image)) {
      for (const burn_reader& reader : burn->readers)
        if (reader.first_read != 0 && !reader.burned)
          open_.redo.erase(keys::timer(
              {reader.first_read + burn->burn_ms, tenant_, id_, target.seq, reader.user}));
    }
    const auto first = openings_.lower_bound({target.seq, user_id{}});
    openings_.erase(first, openings_.lower_bound({event_seq{target.seq.value + 1}, user_id{}}));
    open_.redo.erase(keys::burn(tenant_, id_, target.seq));
    open_.redo.erase(keys::burn_body(tenant_, id_, target.seq));
  }
  open_.empties_bodies = true;
}

ruling conversation_state::react(request_ref request, batch_ref batch, context_ref context) {
  const request_details& more = *request.more;
  const member_record& asker = *member(request.user);
  event_view target;
  if (const auto refused = check_target(more, asker, context, target)) return *refused;
  const std::pair key{more.target, request.user};
  const auto last = reacted_.find(key);
  if (last != reacted_.end() && last->second > more.image.as_of) return rejected(errc::conflict);
  if (asker.muted_until > context.now) return rejected(errc::muted);

  const std::string reaction(batch.text_of(request));
  std::vector<std::string> mine = more.image.reactions;
  const auto at = std::find(mine.begin(), mine.end(), reaction);
  if (more.removed && at == mine.end())
    return rejected(errc::not_found, "no such reaction of yours");
  if (!more.removed && at != mine.end()) return rejected(errc::already_exists);
  if (!more.removed && mine.size() >= limits::max_reactions)
    return rejected(errc::limit_reached, "too many reactions to one message");
  if (more.removed)
    mine.erase(at);
  else
    mine.push_back(reaction);
  const std::string row = keys::reaction(tenant_, id_, more.target, request.user);
  if (mine.empty())
    open_.redo.erase(row);
  else
    open_.redo.put(row, encode(reactions_record{mine}));

  event_view event;
  event.kind = event_kind::reaction;
  event.target = more.target;
  const std::string body = encode_body(reaction_body{reaction, more.removed});
  event.body = body;
  const ruling r = sequence(&request, event, context.now, members_now_);
  reacted_[key] = r.seq;
  forget_old_rewrites();
  return r;
}

ruling conversation_state::pin(request_ref request, context_ref context) {
  const request_details& more = *request.more;
  const member_record& asker = *member(request.user);
  if (record_.kind == conversation_kind::system || (managed() && !is_admin(asker)))
    return rejected(errc::forbidden, "only owner and admins pin");
  event_view target;
  const auto refused = check_target(more, asker, context, target);
  const bool pinned = pins_.contains(more.target);
  if (refused && !(more.removed && pinned)) return *refused;
  if (more.removed != pinned)
    return rejected(more.removed ? errc::not_found : errc::already_exists,
                    more.removed ? "it is not pinned" : "it is pinned already");
  if (!more.removed && pins_.size() >= limits::max_pins)
    return rejected(errc::limit_reached, "too many pins");
  if (more.removed) {
    pins_.erase(more.target);
    open_.redo.erase(keys::pin(tenant_, id_, more.target));
  } else {
    const pin_record pin{request.user, time_for(context.now)};
    pins_[more.target] = pin;
    open_.redo.put(keys::pin(tenant_, id_, more.target), encode(pin));
  }
  event_view event;
  event.kind = event_kind::pinned;
  event.target = more.target;
  const std::string body = encode_body(pin_body{more.removed});
  event.body = body;
  return sequence(&request, event, context.now, members_now_);
}

}  // namespace conclave::actors
