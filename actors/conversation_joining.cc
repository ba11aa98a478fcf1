/// Coming in by oneself, and waiting for approval; see conversation_state.h.
#include "actors/conversation_state.h"
#include "actors/disk_full.h"
#include "conf/limits.h"
#include "crypto/digest.h"
#include "crypto/token.h"
#include "schemas/keys.h"

#include <algorithm>

namespace conclave::actors {

ruling conversation_state::new_join_code(request_ref request) {
  if (!managed()) return rejected(errc::forbidden, "not in this kind of conversation");
  if (!is_admin(*member(request.user)))
    return rejected(errc::forbidden, "only owner and admins may do that");
  record_.join_hash = crypto::token_hash(request.more->join_secret);
  put_record();
  ruling r = changed(reply_kind::join_code);
  r.body = request.more->join_code;
  return r;
}

ruling conversation_state::join_by_code(request_ref request, batch_ref batch, context_ref context) {
  const std::string shown = crypto::token_hash(request.more->join_secret);
  const bool known = exists_ && !record_.join_hash.empty() &&
                     crypto::equal_constant_time(shown, record_.join_hash);
  if (!known) return rejected(errc::not_found);
  if (record_.dissolved) return rejected(errc::dissolved);
  if (member(request.user) != nullptr) return changed(reply_kind::joined);
  const bool approved = record_.join == join_policy::approval && !members_now_->users.empty();
  if (record_.join != join_policy::open && !approved) return rejected(errc::not_found);
  if (members_now_->users.size() >= context.policy->max_members)
    return rejected(errc::too_many_members);
  if (refused_by_disk(request.verb, context.disk)) return rejected(errc::storage_full);
  if (record_.join == join_policy::open)
    return let_in(request.user, request.user, request.device, context);
  if (!waiting_.contains(request.user) && waiting_.size() >= limits::max_join_requests)
    return rejected(errc::limit_reached, "too many people are waiting");
  await_approval(request.user, {}, batch.text_of(request), context.now, who_decide());
  return changed(reply_kind::awaiting_join);
}

ruling conversation_state::propose_members(request_ref request, std::vector<user_id> users,
                                           context_ref context) {
  const auto fresh = std::count_if(users.begin(), users.end(),
                                   [&](user_id user) { return !waiting_.contains(user); });
  if (waiting_.size() + static_cast<std::size_t>(fresh) > limits::max_join_requests)
    return rejected(errc::limit_reached, "too many people are waiting");
  const auto to_tell = who_decide();
  for (const user_id user : users) await_approval(user, request.user, {}, context.now, to_tell);
  return changed(reply_kind::awaiting_approval);
}

void conversation_state::await_approval(user_id user, user_id invited_by, std::string_view text,
                                        time_ms now, const std::vector<user_id>& to_tell) {
  if (waiting_.contains(user)) return;  // the admins know
  const join_request_record record{invited_by, time_for(now), std::string(text)};
  waiting_[user] = record;
  open_.redo.put(keys::join_request(tenant_, id_, user), encode(record));
  for (const user_id admin : to_tell)
    owe_inbox({admin, inbox_kind::join_requested, user.value, {}, user});
}

ruling conversation_state::answer_join(request_ref request, batch_ref batch, context_ref context) {
  if (!managed()) return rejected(errc::forbidden, "not in this kind of conversation");
  if (!is_admin(*member(request.user)))
    return rejected(errc::forbidden, "only owner and admins may do that");
  const user_id user = batch.users_of(request).front();
  if (request.more->accept && external(user))
    return rejected(errc::forbidden, "people of other tenants are added");
  if (request.more->accept && member(user) != nullptr) return changed(reply_kind::joined);
  const auto waits = waiting_.find(user);
  if (waits == waiting_.end()) return rejected(errc::not_found, "he does not wait");
  if (request.more->accept) {
    if (members_now_->users.size() >= context.policy->max_members)
      return rejected(errc::too_many_members);
    return let_in(user, request.user, request.device, context);
  }
  waiting_.erase(waits);
  open_.redo.erase(keys::join_request(tenant_, id_, user));
  owe_inbox({user, inbox_kind::join_declined, request.user.value, {}, {}});
  return changed(reply_kind::declined);
}

void conversation_state::decline_waiting(std::size_t most) {
  for (; most > 0 && !waiting_.empty(); --most) {
    const user_id user = waiting_.begin()->first;
    waiting_.erase(waiting_.begin());
    open_.redo.erase(keys::join_request(tenant_, id_, user));
    owe_inbox({user, inbox_kind::join_declined, 0, {}, {}});
  }
}

ruling conversation_state::let_in(user_id user, user_id by, device_id device, context_ref context) {
  if (waiting_.erase(user) != 0) open_.redo.erase(keys::join_request(tenant_, id_, user));
  join(user, member_role::member, event_seq{head_.value + 1});
  change_member_list({user}, {});
  event_view event;
  event.kind = event_kind::members_added;
  const std::string bytes = encode_body(members_body{{user}});
  event.body = bytes;
  event.sender = by;
  event.device = device;
  ruling r = sequence(nullptr, event, context.now, members_now_);
  r.what = ruling::kind::announced;
  r.reply = reply_kind::joined;
  return r;
}

}  // namespace conclave::actors
