/// How a conversation begins: founded by a user, or by the node that has something to tell him;
/// see conversation_state.h.
#include "actors/conversation_state.h"
#include "schemas/keys.h"

#include <algorithm>

namespace conclave::actors {

ruling conversation_state::found(request_ref request, batch_ref batch, context_ref context) {
  const bool direct = request.founded == conversation_kind::direct;
  if (exists_) {
    // The id is derived, from (user, op_id) or from the pair: the same founder, or the other one of
    // the two, asks again; or two keys collided.
    const bool same =
        direct ? record_.kind == conversation_kind::direct && members_.contains(request.user)
               : record_.kind != conversation_kind::direct && record_.creator == request.user &&
                     record_.op_id == request.key;
    if (!same) return rejected(errc::already_exists, "choose another op_id");
    ruling r;
    r.what = ruling::kind::repeated;
    r.reply = reply_kind::created;
    r.seq = event_seq{1};
    r.time = record_.created;
    return r;
  }
  if (request.more != nullptr && !request.more->external.empty())
    return rejected(errc::invalid_argument, "people of other tenants are added after the founding");
  const auto title = batch.text_of(request);
  std::vector<user_id> members{request.user};
  for (const user_id user : batch.users_of(request))
    if (std::find(members.begin(), members.end(), user) == members.end()) members.push_back(user);
  if (direct && (members.size() > 2 || !title.empty()))
    return rejected(errc::invalid_argument, "a direct conversation has one peer and no title");
  if (!direct && title.empty()) return rejected(errc::invalid_argument, "title is empty");
  if (members.size() > context.policy->max_members) return rejected(errc::too_many_members);

  conversation_record record;
  record.kind = request.founded;
  record.visibility = direct ? history_visibility::all : request.visibility;
  record.title = title;
  record.creator = request.user;
  record.op_id = request.key;
  record.join = join_policy::closed;
  record.invite = invite_policy::admins;
  if (!direct && request.more != nullptr) record.topic = request.more->topic;
  establish(std::move(record), std::move(members), request, context.now);

  event_view event;
  event.kind = event_kind::conversation_created;
  // The body names the creator first; the list is sorted.
  created_body told{record_.kind, record_.visibility, record_.title, {request.user}, record_.topic};
  for (const user_id user : members_now_->users)
    if (user != request.user) told.members.push_back(user);
  const std::string bytes = encode_body(told);
  event.body = bytes;
  return sequence(&request, event, context.now, members_now_);
}

void conversation_state::establish(conversation_record record, std::vector<user_id> members,
                                   request_ref request, time_ms now) {
  exists_ = true;
  record_ = std::move(record);
  record_.created = time_for(now);
  put_record();
  const bool managed_kind = managed();
  for (const user_id user : members)
    join(user, managed_kind && user == request.user ? member_role::owner : member_role::member,
         event_seq{1});
  renew_member_list();
}

ruling conversation_state::notify(request_ref request, batch_ref batch, context_ref context) {
  if (exists_ && record_.kind != conversation_kind::system)
    return rejected(errc::already_exists, "the id of the system conversation is taken");
  if (!exists_) {
    conversation_record record;
    record.kind = conversation_kind::system;
    record.visibility = history_visibility::all;
    const auto users = batch.users_of(request);
    establish(std::move(record), {users.begin(), users.end()}, request, context.now);
    event_view event;
    event.kind = event_kind::conversation_created;
    created_body told;
    told.kind = conversation_kind::system;
    told.visibility = record_.visibility;
    told.members = members_now_->users;
    const std::string bytes = encode_body(told);
    event.body = bytes;
    sequence(nullptr, event, context.now, members_now_);
  }
  event_view event;
  event.kind = event_kind::text;
  event.body = batch.text_of(request);
  ruling r = sequence(&request, event, context.now, members_now_);
  r.what = ruling::kind::announced;
  r.reply = reply_kind::done;
  return r;
}

}  // namespace conclave::actors
