/// Visits the fields of every message, event, body and record, and writes down what it sees.
#include "schemas/protocol_model.h"

#include "schemas/errc.h"
#include "schemas/error_advice.h"
#include "schemas/event_layouts.h"
#include "schemas/message_list.h"
#include "schemas/record_layouts.h"

#include <nlohmann/json.hpp>

#include <string>

namespace conclave {
namespace {

using json = nlohmann::ordered_json;

/// A number that any JSON reader holds exactly: above 2^53 a decimal string.
json exact(std::uint64_t number) {
  return number < id_limit ? json(number) : json(std::to_string(number));
}

json with_bounds(json described, bounds b) {
  described["min"] = exact(b.min);
  described["max"] = exact(b.max);
  return described;
}

class describer {
 public:
  /// Records met inside lists are added to `records`, each once.
  explicit describer(json& records) : records_(records) {}

  template <class T>
  void operator()(std::string_view name, const T& value, bounds b, std::string_view doc) {
    json field{{"name", std::string(name)}, {"type", type_of(value)}};
    if constexpr (!std::is_same_v<T, bool>) field = with_bounds(field, wire::within_type<T>(b));
    if constexpr (wire::is_list<T>) field["element"] = element_of<typename T::value_type>();
    if constexpr (std::is_same_v<T, raw_events>) field["element"] = json{{"type", "event"}};
    field["doc"] = std::string(doc);
    fields_.push_back(std::move(field));
  }

  template <class T>
  json fields_of(const T& record) {
    describer inner(records_);
    layout<T>::fields(record, inner);
    if constexpr (requires { T::required_fields; }) {
      for (std::size_t i = T::required_fields; i < inner.fields_.size(); ++i)
        inner.fields_[i]["optional"] = true;
    }
    return std::move(inner.fields_);
  }

 private:
  template <class T>
  static std::string type_of(const T&) {
    if (std::is_same_v<T, bool>) return "bool";
    if (wire::is_number<T>) return "uint";
    if (wire::is_text<T>) return "str";
    if (wire::is_binary<T>) return "bin";
    return "list";
  }

  template <class Element>
  json element_of() {
    const Element example{};
    if constexpr (wire::is_number<Element> || wire::is_text<Element>) {
      return with_bounds(json{{"type", type_of(example)}},
                         wire::within_type<Element>(wire::element_bounds<Element>()));
    } else if constexpr (requires { Element::name; }) {
      const std::string name(Element::name);
      if (!known(name)) records_.push_back({{"name", name}, {"fields", fields_of(example)}});
      return {{"type", name}};
    } else {
      return {{"type", "list"}, {"fields", fields_of(example)}};
    }
  }

  bool known(const std::string& name) const {
    for (const auto& record : records_) {
      if (record.at("name") == name) return true;
    }
    return false;
  }

  json& records_;
  json fields_ = json::array();
};

std::string direction_of(frame_type type) {
  const auto number = static_cast<unsigned>(type);
  return number < 0x40 ? "request" : number < 0x80 ? "answer" : "push";
}

/// A request's answer has its number and 0x40, unless the request names another; those that make an
/// event share OK.
template <class Request>
std::string answer_to() {
  auto type = static_cast<unsigned>(Request::type) + 0x40;
  if constexpr (requires { Request::answered_by; })
    type = static_cast<unsigned>(Request::answered_by);
  std::string answer(ok_answer::name);
  all_messages::for_each([&]<class Message>(Message) {
    if (static_cast<unsigned>(Message::type) == type) answer = Message::name;
  });
  return answer;
}

template <class Message>
json frame_of(const Message& message, json& records) {
  json frame{{"type", static_cast<unsigned>(Message::type)},
             {"name", std::string(Message::name)},
             {"direction", direction_of(Message::type)}};
  if (direction_of(Message::type) == "request") frame["answer"] = answer_to<Message>();
  frame["doc"] = std::string(Message::doc);
  frame["fields"] = describer(records).fields_of(message);
  return frame;
}

json event_frame() {
  json conversation = with_bounds({{"name", "conversation"}, {"type", "uint"}}, id_bounds);
  conversation["doc"] = "always in the nine bytes of a uint64, so that the event is at offset 26";
  const json event{{"name", "event"}, {"type", "event"}, {"doc", "the event's array"}};
  return {{"type", static_cast<unsigned>(frame_type::event)},
          {"name", "EVENT"},
          {"direction", "push"},
          {"doc", "Push. Something happened in a conversation that the user was a member of."},
          {"fields", json::array({conversation, event})}};
}

json frames(json& records) {
  json list = json::array();
  all_messages::for_each([&](const auto& message) {
    if (message.type == frame_type::head) list.push_back(event_frame());
    list.push_back(frame_of(message, records));
  });
  return list;
}

json event_kinds() {
  const auto kind = [](event_kind number, const char* name, bool unread, const char* body) {
    return json{{"kind", static_cast<unsigned>(number)},
                {"name", name},
                {"unread", unread},
                {"body", body}};
  };
  json kinds = json::array({
      kind(event_kind::conversation_created, "conversation_created", false, "created_body"),
      kind(event_kind::members_added, "members_added", false, "members_body"),
      kind(event_kind::member_removed, "member_removed", false, "members_body"),
      kind(event_kind::role_changed, "role_changed", false, "role_body"),
      kind(event_kind::member_muted, "member_muted", false, "mute_body"),
      kind(event_kind::settings_changed, "settings_changed", false, "settings_body"),
      kind(event_kind::dissolved, "dissolved", false, "none"),
      kind(event_kind::text, "text", counts_as_unread(event_kind::text), "UTF-8"),
      kind(event_kind::structured, "structured", counts_as_unread(event_kind::structured),
           "UTF-8 of whatever the clients agreed on, say JSON"),
      kind(event_kind::opaque, "opaque", counts_as_unread(event_kind::opaque), "bytes"),
      kind(event_kind::edited, "edited", false, "the new body of `target`"),
      kind(event_kind::recalled, "recalled", false, "none; `target` is gone"),
      kind(event_kind::reaction, "reaction", false, "reaction_body, to `target`"),
      kind(event_kind::pinned, "pinned", false, "pin_body, about `target`"),
      kind(event_kind::gone, "gone", false, "gone_body"),
  });
  return kinds;
}

json event_flag_table() {
  const auto bit = [](std::uint32_t value, const char* name, const char* doc) {
    return json{{"bit", value}, {"name", name}, {"doc", doc}};
  };
  return json::array({
      bit(event_flags::mentions_all, "mentions_all", "names everybody"),
      bit(event_flags::edited, "edited", "the body is not the first one"),
      bit(event_flags::recalled, "recalled",
          "the body is gone: `gone_by` took it back at `gone_at`"),
      bit(event_flags::expired, "expired", "the body is gone: its time was over"),
      bit(event_flags::burning, "burning", "burn after reading: the body comes by OPEN only"),
      bit(event_flags::burned, "burned", "the body is gone: everybody has read it"),
  });
}

json inbox_kinds() {
  const auto kind = [](inbox_kind number, const char* name, const char* doc) {
    return json{{"kind", static_cast<unsigned>(number)}, {"name", name}, {"doc", doc}};
  };
  return json::array({
      kind(inbox_kind::conversation_added, "conversation_added",
           "`conversation`; `at`: seq of the event that added him"),
      kind(inbox_kind::conversation_removed, "conversation_removed",
           "`conversation`; `at`: seq of the last event that he sees"),
      kind(inbox_kind::settings, "settings",
           "`conversation`; `number`: muted_until; `flags`: 1 pinned, 2 hidden"),
      kind(inbox_kind::read, "read", "`conversation`; `at`: he has read up to here"),
      kind(inbox_kind::burned, "burned", "`conversation`; `at`: this message burned for him"),
      kind(inbox_kind::device_added, "device_added", "`device`; `text`: its name"),
      kind(inbox_kind::device_ended, "device_ended", "`device`; `text`: why, the name of a code"),
      kind(inbox_kind::join_requested, "join_requested",
           "`conversation`; `user` waits for approval"),
      kind(inbox_kind::join_declined, "join_declined", "`conversation`: he may not come in"),
      kind(inbox_kind::password_changed, "password_changed",
           "`device`: by which of his devices; 0: by an operator"),
  });
}

json errors() {
  json list = json::array();
  for (const auto& entry : error_table()) {
    const auto advice = advice_for(entry.code);
    if (advice.empty()) continue;  // never on the wire
    static constexpr const char* classes[] = {"", "rejected", "retry", "unknown"};
    list.push_back({{"code", static_cast<unsigned>(entry.code)},
                    {"name", std::string(entry.name)},
                    {"class", classes[static_cast<unsigned>(entry.kind)]},
                    {"text", std::string(entry.text)},
                    {"client", std::string(advice)}});
  }
  return list;
}

/// The bounds that a client meets and that no field carries. conf/limits.h lies above this folder:
/// a test holds the two together.
json limits() {
  const auto limit = [](const char* name, std::uint64_t value, const char* doc) {
    return json{{"name", name}, {"value", value}, {"doc", doc}};
  };
  return json::array({
      limit("max_frame_bytes", 131'072, "largest `length` a node accepts after login"),
      limit("max_frame_bytes_before_login", 1'024, "largest `length` a node accepts before it"),
      limit("max_answer_bytes", 524'288, "largest `length` a node sends"),
      limit("max_body_bytes", 65'536, "largest body of an event"),
      limit("max_page_bytes", 262'144, "a history page ends here, or at its limit of events"),
      limit("max_open_requests", 256, "unanswered requests of one connection"),
      limit("max_open_reads", 8, "of them: history, lists, names and OPEN"),
      limit("max_open_targets", 64, "of them: EDIT, RECALL, REACT, PIN and FORWARD"),
      limit("max_members", 100'000, "members of one conversation; a tenant may have less"),
      limit("max_users_per_request", 500, "users named in one request"),
      limit("max_mentions", max_mentions, "users named in one message"),
      limit("max_burn_readers", 200, "members but the sender when a burning message is said"),
      limit("max_pins", 50, "pinned messages of one conversation"),
      limit("max_edits", 100, "edits of one message"),
      limit("max_reactions", 20, "different reactions of one user to one message"),
      limit("max_watched", 32, "conversations that one connection watches"),
      limit("max_join_requests", 500, "people waiting for approval in one conversation"),
      limit("inbox_kept", 10'000, "newest entries of an inbox; older ones may be dropped"),
      limit("resend_window", 256, "accepted client_seqs remembered per (device, conversation)"),
      limit("handshake_timeout_ms", 5'000, "for TLS, for HELLO and for LOGIN, each"),
      limit("idle_timeout_ms", 90'000, "default; WELCOME tells the node's own"),
      limit("ping_every_ms", 30'000, "recommended"),
      limit("write_stall_ms", 10'000, "a client that takes nothing for this long is closed"),
      limit("answer_deadline_ms", 10'000, "after it an open request is answered outcome_unknown"),
      limit("op_id_kept_ms", 14ull * 24 * 3600 * 1000, "how long an op_id is remembered"),
      limit("id_limit", id_limit, "ids, seqs and times stay below"),
      limit("max_depth", wire::max_depth, "arrays within arrays, the payload's own included"),
  });
}

template <class Record>
void describe_stored(json& list, const char* name, const char* where) {
  json records = json::array();
  list.push_back(
      {{"name", name}, {"where", where}, {"fields", describer(records).fields_of(Record{})}});
}

}  // namespace

nlohmann::ordered_json protocol_model() {
  json records = json::array();
  json described{{"protocol", "conclave/1"}, {"version", protocol_version}};
  described["limits"] = limits();
  described["frames"] = frames(records);
  described["records"] = records;
  json none = json::array();
  described["event"] = {{"format", event_format},
                        {"fields", describer(none).fields_of(event_view{})}};
  described["event_kinds"] = event_kinds();
  described["event_flags"] = event_flag_table();
  json bodies = json::array();
  const auto body = [&]<class Body>(const char* name, Body example) {
    bodies.push_back({{"name", name}, {"fields", describer(none).fields_of(example)}});
  };
  body("created_body", created_body{});
  body("members_body", members_body{});
  body("role_body", role_body{});
  body("mute_body", mute_body{});
  body("settings_body", settings_body{});
  body("reaction_body", reaction_body{});
  body("pin_body", pin_body{});
  body("gone_body", gone_body{});
  described["event_bodies"] = bodies;
  described["inbox_kinds"] = inbox_kinds();
  described["errors"] = errors();
  return described;
}

nlohmann::ordered_json stored_records_model() {
  json list = json::array();
  describe_stored<applied_record>(list, "applied_record", "applied");
  describe_stored<tenant_record>(list, "tenant_record", "tenant");
  describe_stored<user_record>(list, "user_record", "user");
  describe_stored<device_record>(list, "device_record", "device");
  describe_stored<operation_record>(list, "operation_record", "operation");
  describe_stored<index_record>(list, "index_record", "user_conversation");
  describe_stored<conversation_record>(list, "conversation_record", "conversation");
  describe_stored<member_record>(list, "member_record", "member");
  describe_stored<intent_record>(list, "intent_record", "intent");
  describe_stored<tenant_policy>(list, "tenant_policy", "policy");
  describe_stored<credential_record>(list, "credential_record", "credential");
  describe_stored<inbox_record>(list, "inbox_record", "inbox");
  describe_stored<inbox_mark_record>(list, "inbox_mark_record", "inbox_mark");
  describe_stored<reactions_record>(list, "reactions_record", "reaction");
  describe_stored<pin_record>(list, "pin_record", "pin");
  describe_stored<burn_record>(list, "burn_record", "burn");
  describe_stored<join_request_record>(list, "join_request_record", "join_request");
  describe_stored<job_record>(list, "job_record", "job");
  describe_stored<owed_record>(list, "owed_record", "owed");
  describe_stored<link_record>(list, "link_record", "link");
  describe_stored<node_record>(list, "node_record", "meta: node");
  describe_stored<chain_mark_record>(list, "chain_mark_record", "meta: chain_mark");
  describe_stored<replica_record>(list, "replica_record", "meta: replica");
  describe_stored<replica_peer_record>(list, "replica_peer_record", "meta: replica_peer");
  describe_stored<failed_logins_record>(list, "failed_logins_record", "meta: failed_logins");
  return list;
}

}  // namespace conclave
