/// Rendering events.
#include "client/cli/event_lines.h"

#include "client/cli/text.h"

#include <nlohmann/json.hpp>

namespace conclave::client::cli {

namespace {

constexpr const char* dim = "\033[2m";
constexpr const char* plain = "\033[0m";

/// One of six readable colours, always the same for a user.
std::string colour_of(user_id user) {
  return "\033[1;3" + std::to_string(1 + user.value % 6) + "m";
}

std::string names_of(const std::vector<user_id>& users, const name_book& names, user_id but = {}) {
  std::string out;
  for (const user_id u : users) {
    if (u == but) continue;
    if (!out.empty()) out += ", ";
    out += names.of(u);
  }
  return out;
}

std::string what_happened(const event_view& event, const name_book& names) {
  const std::string who = names.of(event.sender);
  if (event.kind == event_kind::conversation_created) {
    const auto body = decode_body<created_body>(event.body);
    if (!body) return who + " founded the conversation";
    const std::string others = names_of(body->members, names, event.sender);
    return who + " founded `" + body->name + "`" + (others.empty() ? "" : " with " + others);
  }
  if (event.kind == event_kind::members_added) {
    const auto body = decode_body<members_body>(event.body);
    return who + " added " + (body ? names_of(body->users, names) : "members");
  }
  if (event.kind == event_kind::member_removed) {
    const auto body = decode_body<members_body>(event.body);
    if (body && body->users.size() == 1 && body->users.front() == event.sender)
      return who + " left";
    return who + " removed " + (body ? names_of(body->users, names) : "a member");
  }
  return who + " did something that this version does not know";
}

const char* kind_name(event_kind kind) {
  switch (kind) {
    case event_kind::conversation_created:
      return "conversation_created";
    case event_kind::members_added:
      return "members_added";
    case event_kind::member_removed:
      return "member_removed";
    case event_kind::text:
      return "text";
    case event_kind::role_changed:
      return "role_changed";
    case event_kind::member_muted:
      return "member_muted";
    case event_kind::settings_changed:
      return "settings_changed";
    case event_kind::dissolved:
      return "dissolved";
    case event_kind::structured:
      return "structured";
    case event_kind::opaque:
      return "opaque";
    case event_kind::edited:
      return "edited";
    case event_kind::recalled:
      return "recalled";
    case event_kind::reaction:
      return "reaction";
    case event_kind::pinned:
      return "pinned";
    case event_kind::gone:
      return "gone";
  }
  return "unknown";
}

nlohmann::ordered_json users_json(const std::vector<user_id>& users, const name_book& names) {
  auto list = nlohmann::ordered_json::array();
  for (const user_id u : users) list.push_back({{"user", u.value}, {"name", names.of(u)}});
  return list;
}

}  // namespace

std::string line_for_people(const event_view& event, const name_book& names,
                            const line_style& style, time_ms now) {
  std::string out;
  if (!style.conversation.empty()) out += printable(style.conversation, " ") + "  ";
  const std::string time = clock_time(event.time, now);
  out += style.colour ? dim + time + plain : time;
  out += "  ";
  if (event.kind != event_kind::text) {
    const std::string text = "* " + printable(what_happened(event, names), " ");
    return out + (style.colour ? dim + text + plain : text);
  }
  const std::string name = printable(names.of(event.sender), " ");
  out += style.colour ? colour_of(event.sender) + name + plain : name;
  return out + ": " + printable(event.body);
}

std::string line_of_json(conversation_id c, const event_view& event, const name_book& names) {
  nlohmann::ordered_json line;
  line["conversation"] = c.value;
  line["seq"] = event.seq.value;
  line["kind"] = kind_name(event.kind);
  line["time"] = event.time;
  line["sender"] = event.sender.value;
  line["sender_name"] = names.of(event.sender);
  line["device"] = event.device.value;
  switch (event.kind) {
    case event_kind::text:
      line["text"] = event.body;
      break;
    case event_kind::conversation_created:
      if (const auto body = decode_body<created_body>(event.body)) {
        line["title"] = body->name;
        line["members"] = users_json(body->members, names);
      }
      break;
    case event_kind::members_added:
    case event_kind::member_removed:
      if (const auto body = decode_body<members_body>(event.body)) {
        line["users"] = users_json(body->users, names);
      }
      break;
    default:
      line["kind_number"] = static_cast<unsigned>(event.kind);
      break;
  }
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace conclave::client::cli
