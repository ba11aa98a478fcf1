/// The golden vectors of tests/vectors: encode == bytes, decode == values, malformed -> the error
/// that is promised. The same files test clients in other languages.
#include "schemas/codec.h"
#include "schemas/message_list.h"
#include "tests/schemas/field_visitors.h"

#include <fstream>
#include <map>
#include <set>

namespace conclave {
namespace {

using test::arena;
using test::from_hex;
using test::json;
using test::to_hex;
using test::to_json;
using test::to_whole_json;

json load(const std::string& name) {
  std::ifstream file(std::string(CONCLAVE_SOURCE_DIR) + "/tests/vectors/" + name + ".json");
  EXPECT_TRUE(file.is_open()) << name;
  return json::parse(file);
}

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

constexpr const char* valid_files[] = {"session", "conversations", "history", "operators",
                                       "events"};

TEST(golden_vectors, are_what_encoding_yields) {
  for (const auto* file : valid_files) {
    for (const auto& vector : load(file)) {
      EXPECT_EQ(encoded(vector), from_hex(vector.at("hex").get<std::string>()))
          << vector.at("name") << ": " << to_hex(encoded(vector));
    }
  }
}

TEST(golden_vectors, yield_their_values_when_decoded) {
  for (const auto* file : valid_files) {
    for (const auto& vector : load(file)) {
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
    }
  }
}

TEST(golden_vectors, carry_the_type_in_the_header) {
  for (const auto* file : valid_files) {
    for (const auto& vector : load(file)) {
      const auto bytes = from_hex(vector.at("hex").get<std::string>());
      frame_type type = frame_type::event;
      if (vector.at("type") != "EVENT") {
        ASSERT_TRUE(with_message(vector.at("type"), [&]<class Message>(Message) {
          type = Message::type;
        })) << vector.at("type");
      }
      EXPECT_EQ(read_frame_header(bytes.data()).type, type) << vector.at("name");
    }
  }
}

TEST(golden_vectors, exist_for_every_message_and_every_kind_of_event) {
  std::set<std::string> types;
  std::set<std::uint64_t> kinds;
  for (const auto* file : valid_files) {
    for (const auto& vector : load(file)) {
      types.insert(vector.at("type"));
      if (vector.at("type") == "EVENT") {
        kinds.insert(vector.at("fields").at("event").at("kind").get<std::uint64_t>());
      }
    }
  }
  EXPECT_TRUE(types.contains("EVENT"));
  all_messages::for_each(
      [&]<class Message>(Message) { EXPECT_TRUE(types.contains(std::string(Message::name))); });
  for (const std::uint64_t kind : {1, 2, 3, 16}) EXPECT_TRUE(kinds.contains(kind)) << kind;
}

TEST(golden_vectors, have_bodies_that_decode) {
  for (const auto& vector : load("events")) {
    if (!vector.contains("body")) continue;
    const auto event = vector.at("fields").at("event");
    const auto bytes = from_hex(event.at("body").at("hex").get<std::string>());
    if (event.at("kind") == 1) {
      EXPECT_EQ(to_json(*decode_body<created_body>(bytes)), vector.at("body"));
    } else {
      EXPECT_EQ(to_json(*decode_body<members_body>(bytes)), vector.at("body"));
    }
  }
}

TEST(golden_vectors, accept_what_is_unusual_but_valid) {
  for (const auto& vector : load("lenient")) {
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
  for (const auto& vector : load("malformed")) {
    const auto bytes = from_hex(vector.at("hex").get<std::string>());
    ASSERT_GE(bytes.size(), frame_header_size);
    EXPECT_EQ(name_of(verdict(vector, bytes)), vector.at("error").get<std::string>())
        << vector.at("name");
    ++by_error[vector.at("error")];
  }
  EXPECT_GE(by_error["malformed"], 20);
  EXPECT_GE(by_error["invalid_argument"], 20);
  EXPECT_EQ(by_error.size(), 5u);
}

}  // namespace
}  // namespace conclave
