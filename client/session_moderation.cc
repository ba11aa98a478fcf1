/// What a session does with conversations: found them, say who is in them, what holds in them, who
/// comes in, and how the caller sees them.
#include "client/session_impl.h"
#include "schemas/conversation_messages.h"
#include "schemas/inbox_messages.h"
#include "schemas/moderation_messages.h"

#include <utility>

namespace conclave::client {

outcome<founded> session::create(const new_conversation& wanted) {
  conclave::create_conversation message;
  message.op_id = impl_->random();
  message.kind = wanted.kind;
  message.title = wanted.title;
  message.topic = wanted.topic;
  message.members = wanted.members;
  message.visibility = wanted.visibility;
  const auto made =
      impl_->ask<conversation_created, founded>(message, [](const conversation_created& m) {
        return founded{m.conversation, m.time};
      });
  if (made) {
    session_core& core = *impl_->core;
    core.loop().post([&core, c = made->conversation] { core.on_founded(c); });
  }
  return made;
}

outcome<founded> session::create_conversation(std::string_view title,
                                              const std::vector<user_id>& members,
                                              history_visibility visibility) {
  new_conversation wanted;
  wanted.title = title;
  wanted.members = members;
  wanted.visibility = visibility;
  return create(wanted);
}

outcome<founded> session::create_direct(user_id other) {
  new_conversation wanted;
  wanted.kind = conversation_kind::direct;
  if (other != impl_->who.user) wanted.members.push_back(other);
  return create(wanted);
}

outcome<receipt> session::add_members(conversation_id c, const std::vector<user_id>& users) {
  conclave::add_members message;
  message.conversation = c;
  message.users = users;
  return impl_->change(message);
}

outcome<receipt> session::add_external(conversation_id c, std::string_view tenant_name,
                                       const std::vector<std::string>& names) {
  conclave::add_external message;
  message.conversation = c;
  message.tenant_name = tenant_name;
  message.names.assign(names.begin(), names.end());
  return impl_->change(message);
}

outcome<receipt> session::remove_member(conversation_id c, user_id user) {
  conclave::remove_member message;
  message.conversation = c;
  message.user = user;
  return impl_->change(message);
}

outcome<receipt> session::set_role(conversation_id c, user_id user, member_role role) {
  conclave::set_role message;
  message.conversation = c;
  message.user = user;
  message.role = role;
  return impl_->change(message);
}

outcome<receipt> session::mute_member(conversation_id c, user_id user, time_ms until) {
  conclave::mute_member message;
  message.conversation = c;
  message.user = user;
  message.until = until;
  return impl_->change(message);
}

outcome<receipt> session::change_settings(conversation_id c, const settings_change& change) {
  conclave::change_settings message;
  message.conversation = c;
  const auto take = [&message](std::uint32_t bit, auto& field, const auto& wanted) {
    if (!wanted) return;
    message.changes |= bit;
    field = *wanted;
  };
  take(message.change_title, message.title, change.title);
  take(message.change_topic, message.topic, change.topic);
  take(message.change_join, message.join, change.join);
  take(message.change_invite, message.invite, change.invite);
  take(message.change_visibility, message.visibility, change.visibility);
  take(message.change_all_muted, message.all_muted, change.all_muted);
  return impl_->change(message);
}

outcome<receipt> session::dissolve(conversation_id c) {
  conclave::dissolve message;
  message.conversation = c;
  return impl_->change(message);
}

outcome<std::string> session::new_join_code(conversation_id c) {
  conclave::new_join_code message;
  message.conversation = c;
  return impl_->ask<join_code, std::string>(message,
                                            [](const join_code& m) { return std::string(m.code); });
}

outcome<joined> session::join(std::string_view code, std::string_view text) {
  conclave::join message;
  message.code = code;
  message.text = text;
  return impl_->ask<join_answered, joined>(message, [](const join_answered& m) {
    return joined{m.conversation, m.state};
  });
}

outcome<joined> session::answer_join(conversation_id c, user_id user, bool accept) {
  conclave::answer_join message;
  message.conversation = c;
  message.user = user;
  message.accept = accept;
  return impl_->read<join_answered, joined>(impl_->exchange_keyless(message, errc::not_found),
                                            [](const join_answered& m) {
                                              return joined{m.conversation, m.state};
                                            });
}

outcome<std::vector<join_request_info>> session::list_join_requests(conversation_id c) {
  conclave::list_join_requests message;
  message.conversation = c;
  return impl_->ask<join_requests_page,
                    std::vector<join_request_info>>(message, [](const join_requests_page& m) {
    std::vector<join_request_info> all;
    for (const join_request_entry& e : m.requests) {
      all.push_back({e.user, e.invited_by, e.time, std::string(e.text), std::string(e.user_name)});
    }
    return all;
  });
}

status session::set_conversation(conversation_id c, const own_settings& settings) {
  conclave::set_conversation message;
  message.conversation = c;
  message.muted_until = settings.muted_until;
  message.pinned = settings.pinned;
  message.hidden = settings.hidden;
  return impl_->tell(message);
}

}  // namespace conclave::client
