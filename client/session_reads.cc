/// A session's reads: whole lists are fetched page by page.
#include "client/event_list.h"
#include "client/session_impl.h"

#include <utility>

namespace conclave::client {

namespace {
constexpr std::uint32_t list_page = 500;
}

outcome<event_page> session::history(conversation_id c, event_seq from, history_direction direction,
                                     std::uint32_t limit) {
  conclave::history message;
  message.conversation = c;
  message.from = from;
  message.direction = direction;
  message.limit = limit;
  using result = outcome<event_page>;
  return impl_->ask<history_page, event_page>(message, [](const history_page& m) -> result {
    event_page page;
    page.head = m.head;
    page.next = m.next;
    page.bytes.assign(m.events.bytes.begin(), m.events.bytes.end());
    const raw_events own{m.events.count, {page.bytes.data(), page.bytes.size()}};
    const bool whole = for_each_event(
        own, [&page](const event_view& event, std::string_view) { page.events.push_back(event); });
    if (!whole) return failure{errc::malformed, "the node sent an event that cannot be read"};
    return page;
  });
}

outcome<std::vector<conversation_info>> session::list_conversations() {
  std::vector<conversation_info> all;
  conclave::list_conversations message;
  message.limit = list_page;
  while (true) {
    const auto more =
        impl_->ask<conversations_page, bool>(message, [&](const conversations_page& m) {
          for (const conversation_summary& s : m.conversations) {
            all.push_back({s.conversation, std::string(s.title), s.head, s.member});
          }
          return m.more && !m.conversations.empty();
        });
    if (!more) return more.error();
    if (!*more) return all;
    message.after = all.back().conversation;
  }
}

outcome<std::vector<member_info>> session::list_members(conversation_id c) {
  std::vector<member_info> all;
  conclave::list_members message;
  message.conversation = c;
  message.limit = list_page;
  while (true) {
    const auto more = impl_->ask<members_page, bool>(message, [&](const members_page& m) {
      for (const member_entry& e : m.members) {
        all.push_back({e.user, e.role, e.joined, std::string(e.user_name)});
      }
      return m.more && !m.members.empty();
    });
    if (!more) return more.error();
    if (!*more) return all;
    message.after = all.back().user;
  }
}

outcome<std::vector<user_info>> session::resolve(const std::vector<std::string>& names,
                                                 const std::vector<user_id>& users) {
  conclave::resolve_users message;
  message.names.assign(names.begin(), names.end());
  message.users = users;
  return impl_->ask<users_resolved, std::vector<user_info>>(message, [](const users_resolved& m) {
    std::vector<user_info> all;
    for (const user_entry& e : m.users) all.push_back({e.user, std::string(e.user_name)});
    return all;
  });
}

}  // namespace conclave::client
