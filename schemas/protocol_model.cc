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

/// A request's answer has its number and 0x40; those that make an event share OK.
std::string answer_to(frame_type request) {
  std::string answer(ok_answer::name);
  all_messages::for_each([&]<class Message>(Message) {
    const auto own = static_cast<unsigned>(request) + 0x40;
    if (static_cast<unsigned>(Message::type) == own) answer = Message::name;
  });
  return answer;
}

template <class Message>
json frame_of(const Message& message, json& records) {
  json frame{{"type", static_cast<unsigned>(Message::type)},
             {"name", std::string(Message::name)},
             {"direction", direction_of(Message::type)}};
  if (direction_of(Message::type) == "request") frame["answer"] = answer_to(Message::type);
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
      kind(event_kind::text, "text", counts_as_unread(event_kind::text), "UTF-8"),
  });
  return kinds;
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
      limit("max_open_reads", 8, "of them: history, lists and names"),
      limit("max_members", 10'000, "members of one conversation"),
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
  described["event_bodies"] = json::array(
      {{{"name", "created_body"}, {"fields", describer(none).fields_of(created_body{})}},
       {{"name", "members_body"}, {"fields", describer(none).fields_of(members_body{})}}});
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
  describe_stored<node_record>(list, "node_record", "meta: node");
  describe_stored<chain_mark_record>(list, "chain_mark_record", "meta: chain_mark");
  return list;
}

}  // namespace conclave
