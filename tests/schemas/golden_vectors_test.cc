/// The golden vectors of tests/vectors: encode == bytes, decode == values, malformed -> the error
/// that is promised. The same files test clients in other languages.
#include "schemas/codec.h"
#include "schemas/message_list.h"
#include "schemas/protocol_model.h"
#include "tests/schemas/field_visitors.h"
#include "tests/schemas/vector_files.h"

#include <map>
#include <set>

namespace conclave {
namespace {

using test::arena;
using test::for_each_vector;
using test::from_hex;
using test::json;
using test::load_vectors;
using test::to_hex;
using test::to_json;
using test::to_whole_json;

/// Numbers that a double cannot hold are decimal strings in the files.
json with_numbers(const json& from, const json& like) {
  if (like.is_number() && from.is_string()) return std::stoull(from.get<std::string>());
  if (from.is_object() && like.is_object()) {
    json made = json::object();
    for (const auto& [key, value] : from.items()) {
      made[key] = like.contains(key) ? with_numbers(value, like.at(key)) : value;
    }
    return made;
  }
  return from;
}

/// Runs visit with a message of the type that is called `name`; false if there is none.
template <class Visit>
bool with_message(const std::string& name, Visit visit) {
  bool found = false;
  all_messages::for_each([&]<class Message>(Message message) {
    if (Message::name != name) return;
    found = true;
    visit(message);
  });
  return found;
}

struct pushed_event {
  conversation_id conversation{};
  event_view event;
};

outcome<pushed_event> decode_push(std::string_view payload) {
  const auto push = split_event_payload(payload);
  if (!push.ok()) return push.error();
  const auto event = decode_event(push->event_bytes);
  if (!event.ok()) return event.error();
  return pushed_event{push->conversation, *event};
}

json fields_of(const pushed_event& push) {
  return {{"conversation", push.conversation.value}, {"event", to_json(push.event)}};
}

std::string encoded(const json& vector) {
  std::string out;
  arena storage;
  const auto& fields = vector.at("fields");
  if (vector.at("type") == "EVENT") {
    event_view event;
    const auto values = with_numbers(fields.at("event"), to_whole_json(event));
    test::json_reader::read(values, event, storage);
    append_event_frame(out, conversation_id(fields.at("conversation").get<std::uint64_t>()), event);
    return out;
  }
  with_message(vector.at("type"), [&]<class Message>(Message message) {
    const auto values = with_numbers(fields, to_whole_json(message));
    test::json_reader::read(values, message, storage);
    const auto correlation = with_numbers(vector.at("correlation"), json(0));
    append_frame(out, correlation.get<std::uint64_t>(), message);
  });
  return out;
}

/// The payload's values as JSON, or the error.
outcome<json> decoded(const std::string& type, std::string_view payload) {
  if (type == "EVENT") {
    const auto push = decode_push(payload);
    if (!push.ok()) return push.error();
    return fields_of(*push);
  }
  outcome<json> result = errc::unsupported;
  with_message(type, [&]<class Message>(Message) {
    const auto message = decode<Message>(payload);
    if (message.ok()) {
      result = to_json(*message);
    } else {
      result = message.error();
    }
  });
  return result;
}

json expected_fields(const json& vector) {
  const auto& fields = vector.at("fields");
  if (vector.at("type") == "EVENT") {
    return {{"conversation", fields.at("conversation")},
            {"event", with_numbers(fields.at("event"), to_whole_json(event_view{}))}};
  }
  json expected;
  with_message(vector.at("type"), [&](const auto& message) {
    expected = with_numbers(fields, to_whole_json(message));
  });
  return expected;
}

TEST(golden_vectors, are_what_encoding_yields) {
  for_each_vector([&](const json& vector) {
    EXPECT_EQ(encoded(vector), from_hex(vector.at("hex").get<std::string>()))
        << vector.at("name") << ": " << to_hex(encoded(vector));
  });
}

TEST(golden_vectors, yield_their_values_when_decoded) {
  for_each_vector([&](const json& vector) {
    SCOPED_TRACE(vector.at("name"));
    const auto bytes = from_hex(vector.at("hex").get<std::string>());
    const auto header = read_frame_header(bytes.data());
    EXPECT_EQ(header.length + frame_length_size, bytes.size());
    EXPECT_EQ(header.version, protocol_version);
    EXPECT_EQ(header.flags, 0);
    EXPECT_EQ(json(header.correlation), with_numbers(vector.at("correlation"), json(0)));
    const auto values =
        decoded(vector.at("type"), std::string_view(bytes).substr(frame_header_size));
    ASSERT_TRUE(values.ok()) << values.error().detail;
    EXPECT_EQ(*values, expected_fields(vector));
  });
}

TEST(golden_vectors, carry_the_type_in_the_header) {
  for_each_vector([&](const json& vector) {
    const auto bytes = from_hex(vector.at("hex").get<std::string>());
    frame_type type = frame_type::event;
    if (vector.at("type") != "EVENT") {
      ASSERT_TRUE(with_message(vector.at("type"), [&]<class Message>(Message) {
        type = Message::type;
      })) << vector.at("type");
    }
    EXPECT_EQ(read_frame_header(bytes.data()).type, type) << vector.at("name");
  });
}

TEST(golden_vectors, exist_for_every_message_and_every_kind_and_flag_of_event) {
  std::set<std::string> types;
  std::set<std::uint64_t> kinds;
  std::set<std::uint64_t> inbox_kinds;
  std::uint64_t flags = 0;
  for_each_vector([&](const json& vector) {
    types.insert(vector.at("type"));
    const auto& fields = vector.at("fields");
    if (vector.at("type") == "INBOX_ENTRY")
      inbox_kinds.insert(fields.at("kind").get<std::uint64_t>());
    if (vector.at("type") != "EVENT") return;
    kinds.insert(fields.at("event").at("kind").get<std::uint64_t>());
    flags |= fields.at("event").at("flags").get<std::uint64_t>();
  });
  EXPECT_TRUE(types.contains("EVENT"));
  all_messages::for_each(
      [&]<class Message>(Message) { EXPECT_TRUE(types.contains(std::string(Message::name))); });
  const auto model = protocol_model();
  for (const auto& kind : model.at("event_kinds"))
    EXPECT_TRUE(kinds.contains(kind.at("kind").get<std::uint64_t>())) << kind;
  for (const auto& kind : model.at("inbox_kinds"))
    EXPECT_TRUE(inbox_kinds.contains(kind.at("kind").get<std::uint64_t>())) << kind;
  for (const auto& flag : model.at("event_flags"))
    EXPECT_NE(flags & flag.at("bit").get<std::uint64_t>(), 0u) << flag;
}

/// The number of elements of a frame's payload, or of the event in it.
std::uint32_t elements_of(const json& vector) {
  const auto bytes = from_hex(vector.at("hex").get<std::string>());
  const auto payload = std::string_view(bytes).substr(frame_header_size);
  const auto push = split_event_payload(payload);
  wire::reader in(vector.at("type") == "EVENT" ? push->event_bytes : payload);
  std::uint32_t count = 0;
  EXPECT_TRUE(in.read_array_header(count));
  return count;
}

TEST(golden_vectors, show_optional_fields_left_out_used_in_part_and_used_all) {
  std::map<std::string, std::set<std::uint32_t>> seen;
  for_each_vector([&](const json& vector) { seen[vector.at("type")].insert(elements_of(vector)); });
  const auto expect_all = [&](const std::string& name, std::uint32_t required, std::uint32_t all) {
    const auto& counts = seen[name];
    EXPECT_TRUE(counts.contains(required)) << name;
    EXPECT_TRUE(counts.contains(all)) << name;
    if (all - required > 1) {
      EXPECT_LT(*counts.upper_bound(required), all) << name;
    }
  };
  all_messages::for_each([&]<class Message>(const Message& message) {
    expect_all(std::string(Message::name), test::required_fields_of(message),
               wire::count_fields(message));
  });
  const event_view event;
  expect_all("EVENT", event_view::required_fields, wire::count_fields(event));
}

/// A structured body as JSON; null for the kinds that have none.
json body_of(event_kind kind, std::string_view bytes) {
  switch (kind) {
    case event_kind::conversation_created:
      return to_json(*decode_body<created_body>(bytes));
    case event_kind::members_added:
    case event_kind::member_removed:
      return to_json(*decode_body<members_body>(bytes));
    case event_kind::role_changed:
      return to_json(*decode_body<role_body>(bytes));
    case event_kind::member_muted:
      return to_json(*decode_body<mute_body>(bytes));
    case event_kind::settings_changed:
      return to_json(*decode_body<settings_body>(bytes));
    case event_kind::reaction:
      return to_json(*decode_body<reaction_body>(bytes));
    case event_kind::pinned:
      return to_json(*decode_body<pin_body>(bytes));
    case event_kind::gone:
      return to_json(*decode_body<gone_body>(bytes));
    case event_kind::dissolved:
    case event_kind::text:
    case event_kind::structured:
    case event_kind::opaque:
    case event_kind::edited:
    case event_kind::recalled:
      break;
  }
  return nullptr;
}

TEST(golden_vectors, have_bodies_that_decode) {
  for (const auto& vector : load_vectors("events")) {
    const auto event = vector.at("fields").at("event");
    const auto bytes = from_hex(event.at("body").at("hex").get<std::string>());
    const auto kind = event_kind(event.at("kind").get<std::uint8_t>());
    EXPECT_EQ(body_of(kind, bytes), vector.value("body", json(nullptr))) << vector.at("name");
  }
}

TEST(golden_vectors, accept_what_is_unusual_but_valid) {
  for (const auto& vector : load_vectors("lenient")) {
    SCOPED_TRACE(vector.at("name"));
    const auto bytes = from_hex(vector.at("hex").get<std::string>());
    const auto values =
        decoded(vector.at("type"), std::string_view(bytes).substr(frame_header_size));
    ASSERT_TRUE(values.ok()) << values.error().detail;
    EXPECT_EQ(*values, expected_fields(vector));
  }
}

/// What a node says of these bytes, in the order in which it looks at them.
errc verdict(const json& vector, std::string_view bytes) {
  constexpr std::uint32_t max_frame_bytes = 128 * 1024;
  const auto header = read_frame_header(bytes.data());
  if (header.length < frame_header_size - frame_length_size) return errc::malformed;
  if (header.length > max_frame_bytes) return errc::frame_too_large;
  if (header.version != protocol_version) return errc::unsupported_version;
  const auto values = decoded(vector.at("type"), bytes.substr(frame_header_size));
  return values.ok() ? errc::ok : values.error().code;
}

TEST(golden_vectors, that_are_malformed_yield_the_promised_error) {
  std::map<std::string, int> by_error;
  for (const auto& vector : load_vectors("malformed")) {
    const auto bytes = from_hex(vector.at("hex").get<std::string>());
    ASSERT_GE(bytes.size(), frame_header_size);
    EXPECT_EQ(name_of(verdict(vector, bytes)), vector.at("error").get<std::string>())
        << vector.at("name");
    ++by_error[vector.at("error")];
  }
  EXPECT_GE(by_error["malformed"], 100);
  EXPECT_GE(by_error["invalid_argument"], 80);
  EXPECT_EQ(by_error.size(), 5u);
}

}  // namespace
}  // namespace conclave
