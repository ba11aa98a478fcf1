/// The fields of events by name.
#include "client/cli/event_json.h"

#include "client/cli/words.h"

#include <nlohmann/json.hpp>

namespace conclave::client::cli {

namespace {

using json = nlohmann::ordered_json;

std::string dump(const json& line) {
  return line.dump(-1, ' ', false, json::error_handler_t::replace);
}

json users_json(const std::vector<user_id>& users, const names& who) {
  auto list = json::array();
  for (const user_id u : users) list.push_back({{"user", u.value}, {"name", who.of(u)}});
  return list;
}

void add(json& line, const char* name, std::uint64_t value) {
  if (value != 0) line[name] = value;
}
void add(json& line, const char* name, bool value) {
  if (value) line[name] = true;
}

void add_body(json& line, const event_view& event, const names& who) {
  switch (event.kind) {
    case event_kind::text:
    case event_kind::structured:
    case event_kind::edited:
      line["text"] = event.body;
      break;
    case event_kind::opaque:
      line["body_base64"] = base64(event.body);
      break;
    case event_kind::conversation_created:
      if (const auto body = decode_body<created_body>(event.body)) {
        line["conversation_kind"] = word_of(body->kind);
        line["visibility"] = word_of(body->visibility);
        line["title"] = body->name;
        if (!body->topic.empty()) line["topic"] = body->topic;
        line["members"] = users_json(body->members, who);
      }
      break;
    case event_kind::members_added:
    case event_kind::member_removed:
      if (const auto body = decode_body<members_body>(event.body)) {
        line["users"] = users_json(body->users, who);
      }
      break;
    case event_kind::role_changed:
      if (const auto body = decode_body<role_body>(event.body)) {
        line["user"] = body->user.value;
        line["user_name"] = who.of(body->user);
        line["role"] = word_of(body->role);
      }
      break;
    case event_kind::member_muted:
      if (const auto body = decode_body<mute_body>(event.body)) {
        line["user"] = body->user.value;
        line["user_name"] = who.of(body->user);
        line["until"] = body->until;
      }
      break;
    case event_kind::settings_changed:
      if (const auto body = decode_body<settings_body>(event.body)) {
        line["title"] = body->title;
        line["topic"] = body->topic;
        line["join"] = word_of(body->join);
        line["invite"] = word_of(body->invite);
        line["visibility"] = word_of(body->visibility);
        line["all_muted"] = body->all_muted;
      }
      break;
    case event_kind::reaction:
      if (const auto body = decode_body<reaction_body>(event.body)) {
        line["reaction"] = body->reaction;
        line["removed"] = body->removed;
      }
      break;
    case event_kind::pinned:
      if (const auto body = decode_body<pin_body>(event.body)) line["removed"] = body->removed;
      break;
    case event_kind::gone:
      if (const auto body = decode_body<gone_body>(event.body)) {
        line["why"] = body->why == gone_reason::burned ? "burned" : "expired";
        auto seqs = json::array();
        for (const event_seq s : body->seqs) seqs.push_back(s.value);
        line["seqs"] = std::move(seqs);
      }
      break;
    case event_kind::recalled:
    case event_kind::dissolved:
      break;
    default:
      line["kind_number"] = static_cast<unsigned>(event.kind);
      break;
  }
}

}  // namespace

std::string base64(std::string_view bytes) {
  constexpr const char* digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t n) -> unsigned {
      return i + n < bytes.size() ? static_cast<unsigned char>(bytes[i + n]) : 0u;
    };
    const unsigned three = byte(0) << 16 | byte(1) << 8 | byte(2);
    out += digits[three >> 18];
    out += digits[three >> 12 & 63];
    out += i + 1 < bytes.size() ? digits[three >> 6 & 63] : '=';
    out += i + 2 < bytes.size() ? digits[three & 63] : '=';
  }
  return out;
}

std::string line_of_json(conversation_id c, const event_view& event, const names& who) {
  json line;
  line["conversation"] = c.value;
  line["seq"] = event.seq.value;
  line["kind"] = word_of(event.kind);
  line["time"] = event.time;
  line["sender"] = event.sender.value;
  line["sender_name"] = who.of(event.sender);
  line["device"] = event.device.value;
  add(line, "client_seq", event.client_seq);
  add(line, "ordinal", event.ordinal);
  add(line, "target", event.target.value);
  add_body(line, event, who);
  add(line, "flags", std::uint64_t{event.flags});
  add(line, "edited", (event.flags & event_flags::edited) != 0);
  add(line, "mentions_all", (event.flags & event_flags::mentions_all) != 0);
  add(line, "burning", (event.flags & event_flags::burning) != 0);
  add(line, "burn_ms", std::uint64_t{event.burn_ms});
  add(line, "expires", event.expires);
  add(line, "reply_to", event.reply_to.value);
  add(line, "thread", event.thread.value);
  if (!event.mentions.empty()) line["mentions"] = users_json(event.mentions, who);
  add(line, "origin_conversation", event.origin_conversation.value);
  add(line, "origin_seq", event.origin_seq.value);
  add(line, "origin_sender", event.origin_sender.value);
  if (event.origin_sender) line["origin_sender_name"] = who.of(event.origin_sender);
  add(line, "origin_time", event.origin_time);
  add(line, "changed", event.changed.value);
  add(line, "body_key_ref", event.body_key_ref);
  if (event.is_gone()) {
    line["gone"] = (event.flags & event_flags::recalled) != 0 ? "recalled"
                   : (event.flags & event_flags::burned) != 0 ? "burned"
                                                              : "expired";
    add(line, "gone_by", event.gone_by.value);
    add(line, "gone_at", event.gone_at);
  }
  return dump(line);
}

std::string line_of_json(const inbox_item& entry, const names& who) {
  json line;
  line["inbox"] = entry.seq;
  line["kind"] = word_of(entry.kind);
  line["time"] = entry.time;
  add(line, "conversation", entry.conversation.value);
  add(line, "at", entry.at.value);
  add(line, "user", entry.user.value);
  if (entry.user) line["user_name"] = who.of(entry.user);
  add(line, "device", entry.device.value);
  if (entry.kind == inbox_kind::settings) {
    line["muted_until"] = entry.number;
    line["pinned"] = (entry.flags & 1) != 0;
    line["hidden"] = (entry.flags & 2) != 0;
  } else {
    add(line, "number", entry.number);
    add(line, "flags", std::uint64_t{entry.flags});
  }
  if (!entry.text.empty()) line["text"] = entry.text;
  return dump(line);
}

std::string gone_line_of_json(conversation_id c, const std::vector<event_seq>& seqs) {
  json line;
  line["conversation"] = c.value;
  line["kind"] = "bodies_gone";
  auto list = json::array();
  for (const event_seq s : seqs) list.push_back(s.value);
  line["seqs"] = std::move(list);
  return dump(line);
}

}  // namespace conclave::client::cli
