/// Members, roles and settings, and the end of a conversation; see conversation_state.h.
#include "actors/conversation_state.h"
#include "conf/limits.h"
#include "schemas/keys.h"
#include "schemas/moderation_messages.h"

#include <algorithm>

namespace conclave::actors {

namespace {
constexpr std::string_view only_admins = "only owner and admins may do that";
constexpr std::string_view not_here = "not in this kind of conversation";
constexpr std::string_view stay_members = "people of other tenants stay plain members";
}  // namespace

/// Whoever brings in people of other tenants answers for it: owner and admins, whatever the
/// settings say. The policies of the tenants were looked at before the request came here.
ruling conversation_state::may_add_external(request_ref request, const member_record& asker) const {
  if (asker.home_user) return rejected(errc::forbidden, "people of other tenants add nobody");
  if (request.more == nullptr) return accepted();
  const request_details& more = *request.more;
  if (more.external.empty() && more.external_refused == errc::ok) return accepted();
  if (!is_admin(asker) || more.external_refused == errc::forbidden)
    return rejected(errc::forbidden, "only owner and admins add people of other tenants");
  if (more.external_refused == errc::policy_forbids)
    return rejected(errc::policy_forbids, "the policy keeps people of other tenants out");
  if (more.external_refused != errc::ok)
    return rejected(more.external_refused, "nobody of this name may be added");
  return accepted();
}

ruling conversation_state::add(request_ref request, batch_ref batch, context_ref context) {
  if (!managed()) return rejected(errc::forbidden, not_here);
  const member_record& asker = *member(request.user);
  if (const ruling r = may_add_external(request, asker); r.code != errc::ok) return r;
  const bool proposes = !is_admin(asker) && record_.invite == invite_policy::approval;
  if (!is_admin(asker) && record_.invite != invite_policy::members && !proposes)
    return rejected(errc::forbidden, "only owner and admins add members");
  members_body body;
  for (const user_id user : batch.users_of(request)) {
    if (member(user) == nullptr &&
        std::find(body.users.begin(), body.users.end(), user) == body.users.end())
      body.users.push_back(user);
  }
  if (body.users.empty()) return rejected(errc::already_exists, "all of them are members");
  if (members_now_->users.size() + body.users.size() > context.policy->max_members)
    return rejected(errc::too_many_members);
  if (proposes) return propose_members(request, std::move(body.users), context);
  const event_seq at{head_.value + 1};
  if (request.more != nullptr) {
    for (const external_person& person : request.more->external) {
      if (member(person.user) != nullptr) continue;
      members_[person.user].home_tenant = person.home_tenant;
      members_[person.user].home_user = person.home_user;
    }
  }
  for (const user_id user : body.users) {
    if (waiting_.erase(user) != 0) open_.redo.erase(keys::join_request(tenant_, id_, user));
    join(user, member_role::member, at);
  }
  change_member_list(body.users, {});
  event_view event;
  event.kind = event_kind::members_added;
  const std::string bytes = encode_body(body);
  event.body = bytes;
  return sequence(&request, event, context.now, members_now_);
}

ruling conversation_state::remove(request_ref request, batch_ref batch, context_ref context) {
  const user_id gone = batch.users_of(request).front();
  if (!managed()) return rejected(errc::forbidden, not_here);
  const bool leaves = gone == request.user;
  const member_record& asker = *member(request.user);
  const member_record* target = member(gone);
  if (!leaves && !is_admin(asker)) return rejected(errc::forbidden, only_admins);
  if (target == nullptr) return rejected(errc::not_found, "not a member");
  if (!leaves && target->role >= asker.role)
    return rejected(errc::forbidden, "his role is not lower than yours");
  if (leaves && asker.role == member_role::owner && members_now_->users.size() > 1)
    return rejected(errc::forbidden, "the owner hands the conversation over, or leaves last");
  // The removal itself still goes to the removed one (P4): the list as it was is who receives it.
  const member_list_ref before = members_now_;
  leave(gone, event_seq{head_.value + 1});
  change_member_list({}, gone);
  if (may_burn_) want_review();
  if (members_now_->users.empty()) decline_waiting(limits::max_join_requests);
  event_view event;
  event.kind = event_kind::member_removed;
  const std::string bytes = encode_body(members_body{{gone}});
  event.body = bytes;
  return sequence(&request, event, context.now, before);
}

ruling conversation_state::set_role(request_ref request, batch_ref batch, context_ref context) {
  if (!managed()) return rejected(errc::forbidden, not_here);
  const user_id user = batch.users_of(request).front();
  const member_role role = request.more->role;
  if (member(request.user)->role != member_role::owner)
    return rejected(errc::forbidden, "only the owner gives roles");
  if (user == request.user) return rejected(errc::invalid_argument, "the owner stays the owner");
  const member_record* target = member(user);
  if (target == nullptr) return rejected(errc::not_found, "not a member");
  if (target->role == role) return rejected(errc::already_exists, "he has that role");
  if (target->home_user) return rejected(errc::forbidden, stay_members);
  members_[user].role = role;
  put_member(user);
  if (role == member_role::owner) {
    members_[request.user].role = member_role::admin;
    put_member(request.user);
  }
  event_view event;
  event.kind = event_kind::role_changed;
  const std::string bytes = encode_body(role_body{user, role});
  event.body = bytes;
  return sequence(&request, event, context.now, members_now_);
}

ruling conversation_state::mute(request_ref request, batch_ref batch, context_ref context) {
  if (!managed()) return rejected(errc::forbidden, not_here);
  const user_id user = batch.users_of(request).front();
  const member_record& asker = *member(request.user);
  if (!is_admin(asker)) return rejected(errc::forbidden, only_admins);
  const member_record* target = member(user);
  if (target == nullptr) return rejected(errc::not_found, "not a member");
  if (target->role >= asker.role)
    return rejected(errc::forbidden, "his role is not lower than yours");
  members_[user].muted_until = request.more->until;
  put_member(user);
  event_view event;
  event.kind = event_kind::member_muted;
  const std::string bytes = encode_body(mute_body{user, request.more->until});
  event.body = bytes;
  return sequence(&request, event, context.now, members_now_);
}

ruling conversation_state::change_settings(request_ref request, context_ref context) {
  if (!managed()) return rejected(errc::forbidden, not_here);
  if (!is_admin(*member(request.user))) return rejected(errc::forbidden, only_admins);
  const std::uint32_t what = request.more->changes;
  const settings_body& to = request.more->settings;
  if ((what & conclave::change_settings::change_title) != 0 && to.title.empty())
    return rejected(errc::invalid_argument, "title is empty");
  if ((what & conclave::change_settings::change_title) != 0) record_.title = to.title;
  if ((what & conclave::change_settings::change_topic) != 0) record_.topic = to.topic;
  if ((what & conclave::change_settings::change_join) != 0) record_.join = to.join;
  if ((what & conclave::change_settings::change_invite) != 0) record_.invite = to.invite;
  if ((what & conclave::change_settings::change_visibility) != 0)
    record_.visibility = to.visibility;
  if ((what & conclave::change_settings::change_all_muted) != 0) record_.all_muted = to.all_muted;
  put_record();
  event_view event;
  event.kind = event_kind::settings_changed;
  const std::string bytes = encode_body(settings_body{
      record_.title, record_.topic, std::max(record_.join, join_policy::closed),
      std::max(record_.invite, invite_policy::admins), record_.visibility, record_.all_muted});
  event.body = bytes;
  return sequence(&request, event, context.now, members_now_);
}

ruling conversation_state::dissolve(request_ref request, context_ref context) {
  if (!managed()) return rejected(errc::forbidden, not_here);
  if (member(request.user)->role != member_role::owner)
    return rejected(errc::forbidden, "only the owner dissolves it");
  const event_seq at{head_.value + 1};
  const member_list_ref before = members_now_;
  // One flag ends everybody's membership at once; a job writes the rows and tells the indexes.
  record_.dissolved = at;
  put_record();
  open_.redo.put(keys::job(tenant_, id_, static_cast<std::uint64_t>(job_kind::dissolve)),
                 encode(job_record{at}));
  job_.emplace();
  job_->seq = at;
  job_->left.assign(before->users.rbegin(), before->users.rend());
  renew_member_list();
  event_view event;
  event.kind = event_kind::dissolved;
  return sequence(&request, event, context.now, before);
}

void conversation_state::job_step() {
  for (std::size_t i = 0; i < limits::max_job_step && !job_->left.empty(); ++i) {
    leave(job_->left.back(), job_->seq);
    job_->left.pop_back();
  }
  if (!job_->left.empty()) return;  // where it stands is what the member rows say
  decline_waiting(limits::max_job_step);
  if (!waiting_.empty()) return;
  if (may_burn_ && !job_->emptied) {
    // Nobody can open what still burns: its bodies go too, when all of them are committed.
    if (!has_draft() && !std::exchange(job_->asked_burning, true)) want_review();
    return;
  }
  open_.redo.erase(keys::job(tenant_, id_, static_cast<std::uint64_t>(job_kind::dissolve)));
  job_.reset();
}

void conversation_state::stalled() {
  if (job_)
    job_->asked_burning = false;
  else if (reviewing_)
    want_review();
}

}  // namespace conclave::actors
