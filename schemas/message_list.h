/// Every message struct of the protocol, by ascending frame type: for the dump of the protocol and
/// for tests that must miss none. EVENT is not among them: see event.h. Pure data; any thread.
#pragma once

#include "schemas/account_messages.h"
#include "schemas/conversation_messages.h"
#include "schemas/event_messages.h"
#include "schemas/history_messages.h"
#include "schemas/inbox_messages.h"
#include "schemas/moderation_messages.h"
#include "schemas/operator_messages.h"
#include "schemas/policy_messages.h"
#include "schemas/presence_messages.h"
#include "schemas/session_messages.h"
#include "schemas/sync_messages.h"

namespace conclave {

template <class... Message>
struct message_list {
  /// Calls visit with a default-made message of each type, in order.
  template <class Visit>
  static void for_each(Visit&& visit) {
    (visit(Message{}), ...);
  }
};

using all_messages =
    message_list<hello, login, ping, login_password, renew_token, logout, list_devices, end_device,
                 change_password, add_external, new_join_code, create_conversation, send,
                 add_members, remove_member, edit, recall, react, pin, history, list_conversations,
                 list_members, resolve_users, read_inbox, list_gone, list_readers, list_versions,
                 forward, set_role, mute_member, change_settings, dissolve, join, answer_join,
                 list_join_requests, mark_read, open_burning, typing, watch, watch_presence,
                 set_conversation, list_pins, create_tenant, list_tenants, provision_users,
                 list_users, set_password, set_policy, get_policy, send_notice, error_answer,
                 welcome, logged_in, pong, ok_answer, token_renewed, done_answer, devices_page,
                 join_code, conversation_created, history_page, conversations_page, members_page,
                 users_resolved, inbox_page, gone_page, readers_page, versions_page, join_answered,
                 join_requests_page, opened, presence_page, pins_page, tenant_created, tenants_page,
                 users_provisioned, users_page, policy_answer, head_push, goaway, inbox_entry,
                 inbox_head_push, read_by_push, typing_push, presence_push>;

}  // namespace conclave
