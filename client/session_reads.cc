/// A session's reads: whole lists are fetched page by page.
#include "client/event_list.h"
#include "client/failures.h"
#include "client/session_impl.h"
#include "schemas/names.h"
#include "schemas/sync_messages.h"

#include <algorithm>
#include <utility>

namespace conclave::client {

namespace {
constexpr std::uint32_t list_page = 500;

/// Copies the bytes and lets the views point into the copy; false: an event cannot be read.
bool take_events(event_list& to, const raw_events& from) {
  to.bytes.assign(from.bytes.begin(), from.bytes.end());
  const raw_events own{from.count, {to.bytes.data(), to.bytes.size()}};
  return for_each_event(
      own, [&to](const event_view& event, std::string_view) { to.events.push_back(event); });
}

failure unreadable() {
  return failure{errc::malformed, "the node sent an event that cannot be read"};
}

conversation_info info_of(const conversation_summary& s) {
  return {s.conversation,
          std::string(s.title),
          s.head,
          s.member,
          s.kind,
          std::string(s.topic),
          s.role,
          s.peer,
          s.unread,
          s.mentions,
          s.read,
          std::string(s.last.data),
          s.muted_until,
          s.pinned,
          s.hidden,
          s.dissolved,
          join_policy{s.join},
          invite_policy{s.invite},
          s.all_muted,
          s.silenced_until,
          s.external,
          std::string(s.host),
          s.self};
}

}  // namespace

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
    if (!take_events(page, m.events)) return unreadable();
    return page;
  });
}

outcome<std::vector<conversation_info>> session::list_conversations() {
  auto all = list_conversations_since(0);
  if (!all) return std::move(all).error();
  return std::move(all->conversations);
}

outcome<conversation_list> session::list_conversations_since(time_ms changed_after) {
  conversation_list all;
  conclave::list_conversations message;
  message.limit = list_page;
  message.changed_after = changed_after;
  while (true) {
    const auto next = impl_->ask<conversations_page, conversation_id>(
        message, [&](const conversations_page& m) -> conversation_id {
          if (!message.after) all.time = m.time;
          for (const conversation_summary& s : m.conversations) {
            all.conversations.push_back(info_of(s));
          }
          if (!m.more) return conversation_id{};
          if (m.next || m.conversations.empty()) return m.next;
          return m.conversations.back().conversation;
        });
    if (!next) return next.error();
    if (!*next) break;
    if (*next <= message.after) return page_again();
    message.after = *next;
  }
  session_core& core = *impl_->core;
  std::vector<std::pair<conversation_id, conversation_place>> told;
  for (const conversation_info& c : all.conversations) {
    told.emplace_back(c.conversation,
                      conversation_place{c.self ? c.self : impl_->who.user, c.host});
  }
  core.loop().post([&core, told = std::move(told)] {
    for (const auto& [id, place] : told) core.whereabouts().learn(id, place);
  });
  return all;
}

outcome<conversation_place> session::place(conversation_id c) {
  return impl_->wait_for_callback<outcome<conversation_place>>(
      [&](auto then) { impl_->core->whereabouts().ask(c, impl_->timeout_ms, then); });
}

outcome<std::vector<member_info>> session::list_members(conversation_id c) {
  std::vector<member_info> all;
  conclave::list_members message;
  message.conversation = c;
  message.limit = list_page;
  while (true) {
    const auto more = impl_->ask<members_page, bool>(message, [&](const members_page& m) {
      for (const member_entry& e : m.members) {
        all.push_back({e.user, e.role, e.joined, std::string(e.user_name), e.muted_until, e.read});
      }
      return m.more && !m.members.empty();
    });
    if (!more) return more.error();
    if (!*more) return all;
    if (all.back().user <= message.after) return page_again();
    message.after = all.back().user;
  }
}

outcome<readers_info> session::list_readers(conversation_id c, event_seq seq, std::size_t most) {
  readers_info all;
  conclave::list_readers message;
  message.conversation = c;
  message.seq = seq;
  while (true) {
    message.limit = static_cast<std::uint32_t>(
        std::min<std::size_t>(list_page, most - std::min(most, all.users.size())));
    const auto more = impl_->ask<readers_page, bool>(message, [&](const readers_page& m) {
      all.read = m.read;
      all.members = m.members;
      all.users.insert(all.users.end(), m.users.begin(), m.users.end());
      return m.more && !m.users.empty() && all.users.size() < most;
    });
    if (!more) return more.error();
    if (!*more) return all;
    if (all.users.back() <= message.after) return page_again();
    message.after = all.users.back();
  }
}

outcome<event_list> session::list_versions(conversation_id c, event_seq target) {
  conclave::list_versions message;
  message.conversation = c;
  message.target = target;
  using result = outcome<event_list>;
  return impl_->ask<versions_page, event_list>(message, [](const versions_page& m) -> result {
    event_list all;
    if (!take_events(all, m.versions)) return unreadable();
    return all;
  });
}

outcome<std::vector<pin_info>> session::list_pins(conversation_id c) {
  conclave::list_pins message;
  message.conversation = c;
  return impl_->ask<pins_page, std::vector<pin_info>>(message, [](const pins_page& m) {
    std::vector<pin_info> all;
    for (const pin_entry& e : m.pins) all.push_back({e.seq, e.by, e.time});
    return all;
  });
}

outcome<inbox_list> session::inbox(std::uint64_t after, std::uint32_t limit) {
  read_inbox message;
  message.after = after;
  message.limit = limit;
  return impl_->ask<inbox_page, inbox_list>(message, [](const inbox_page& m) {
    inbox_list all;
    all.head = m.head;
    all.first = m.first;
    for (const inbox_entry& e : m.entries) all.entries.push_back(item_of(e));
    return all;
  });
}

outcome<std::vector<user_info>> session::resolve(const std::vector<std::string>& names,
                                                 const std::vector<user_id>& users,
                                                 conversation_id within) {
  conclave::resolve_users message;
  message.conversation = within;
  for (const std::string& each : names) {
    if (each.size() > max_name_bytes)
      message.full_names.push_back({each});
    else
      message.names.push_back(each);
  }
  message.users = users;
  return impl_->ask<users_resolved, std::vector<user_info>>(message, [](const users_resolved& m) {
    std::vector<user_info> all;
    for (const user_entry& e : m.users) all.push_back({e.user, std::string(e.user_name)});
    return all;
  });
}

}  // namespace conclave::client
