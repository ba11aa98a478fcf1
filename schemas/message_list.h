/// Every message struct of the protocol, by ascending frame type: for the dump of the protocol and
/// for tests that must miss none. EVENT is not among them: see event.h. Pure data; any thread.
#pragma once

#include "schemas/conversation_messages.h"
#include "schemas/history_messages.h"
#include "schemas/operator_messages.h"
#include "schemas/session_messages.h"

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
    message_list<hello, login, ping, create_conversation, send, add_members, remove_member, history,
                 list_conversations, list_members, resolve_users, create_tenant, list_tenants,
                 provision_users, list_users, error_answer, welcome, logged_in, pong, ok_answer,
                 conversation_created, history_page, conversations_page, members_page,
                 users_resolved, tenant_created, tenants_page, users_provisioned, users_page,
                 head_push, goaway>;

}  // namespace conclave
