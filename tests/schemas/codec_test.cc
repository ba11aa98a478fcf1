/// Every message of the protocol through both directions, against msgpack-c and against damage.
#include "schemas/codec.h"

#include "schemas/message_list.h"
#include "tests/schemas/field_visitors.h"

namespace conclave {
namespace {

using test::arena;
using test::fill_randomly;
using test::oracle_array;
using test::oracle_fields;
using test::oracle_pack;
using test::required_fields_of;
using test::to_json;

constexpr int rounds = 60;

template <class Message>
std::string payload_of(const Message& message) {
  std::string frame;
  append_frame(frame, 7, message);
  return frame.substr(frame_header_size);
}

/// Runs body(message) with random messages of every type.
template <class Body>
void with_random_messages(Body body) {
  std::mt19937_64 random(20240501);
  all_messages::for_each([&]<class Message>(Message) {
    SCOPED_TRACE(Message::name);
    for (int i = 0; i < rounds; ++i) {
      arena storage;
      Message message;
      fill_randomly(message, random, storage);
      body(message);
    }
  });
}

TEST(codec, writes_the_bytes_that_msgpack_c_writes) {
  with_random_messages([](const auto& message) {
    ASSERT_EQ(test::to_hex(payload_of(message)), test::to_hex(oracle_pack(message)));
  });
}

TEST(codec, reads_back_every_field_of_every_message) {
  with_random_messages([]<class Message>(const Message& message) {
    const auto payload = oracle_pack(message);
    const auto decoded = decode<Message>(payload);
    ASSERT_TRUE(decoded.ok()) << decoded.error().detail;
    ASSERT_EQ(to_json(*decoded), to_json(message));
  });
}

TEST(codec, puts_a_header_in_front_of_the_payload) {
  std::string out = "before";
  append_frame(out, 0x0102030405060708, pong{5});
  EXPECT_EQ(test::to_hex(std::string_view(out).substr(6)),
            "0000000e"
            "01"
            "43"
            "0000"
            "0102030405060708"
            "9105");
}

TEST(codec, finds_every_truncation_malformed) {
  std::mt19937_64 random(2);
  all_messages::for_each([&]<class Message>(Message) {
    SCOPED_TRACE(Message::name);
    arena storage;
    Message message;
    fill_randomly(message, random, storage);
    const auto payload = payload_of(message);
    const std::size_t step = payload.size() / 500 + 1;
    for (std::size_t size = 0; size < payload.size(); size += step) {
      const auto decoded = decode<Message>(std::string_view(payload).substr(0, size));
      ASSERT_FALSE(decoded.ok()) << size;
      ASSERT_EQ(decoded.error().code, errc::malformed) << size;
    }
  });
}

TEST(codec, ignores_elements_that_a_later_version_appended) {
  std::mt19937_64 random(3);
  all_messages::for_each([&]<class Message>(Message) {
    SCOPED_TRACE(Message::name);
    arena storage;
    Message message;
    fill_randomly(message, random, storage);
    auto elements = oracle_fields(message);
    elements.push_back("\x05");
    elements.push_back(std::string("\x92\xa1x\x81\xa1y\xc0", 7));  // ["x", {"y": nil}]
    elements.push_back(std::string("\xcb\0\0\0\0\0\0\0\0", 9));    // 0.0
    const auto payload = oracle_array(elements);
    const auto decoded = decode<Message>(payload);
    ASSERT_TRUE(decoded.ok()) << decoded.error().detail;
    ASSERT_EQ(to_json(*decoded), to_json(message));
  });
}

TEST(codec, wants_every_field_of_the_first_version) {
  std::mt19937_64 random(4);
  all_messages::for_each([&]<class Message>(Message) {
    SCOPED_TRACE(Message::name);
    arena storage;
    Message message;
    fill_randomly(message, random, storage);
    auto elements = oracle_fields(message);
    elements.resize(required_fields_of(message));
    while (!elements.empty()) {
      elements.pop_back();
      const auto decoded = decode<Message>(oracle_array(elements));
      ASSERT_FALSE(decoded.ok());
      ASSERT_EQ(decoded.error().code, errc::malformed);
    }
  });
}

TEST(codec, takes_missing_optional_fields_for_their_defaults) {
  std::mt19937_64 random(6);
  int with_optional_ones = 0;
  all_messages::for_each([&]<class Message>(Message) {
    SCOPED_TRACE(Message::name);
    arena storage;
    Message message;
    fill_randomly(message, random, storage);
    auto elements = oracle_fields(message);
    with_optional_ones += elements.size() > required_fields_of(message);
    for (; elements.size() > required_fields_of(message); elements.pop_back()) {
      test::clear_fields_from(message, static_cast<std::uint32_t>(elements.size()));
      const auto payload = oracle_array(elements);
      const auto decoded = decode<Message>(payload);
      ASSERT_TRUE(decoded.ok()) << decoded.error().detail;
      ASSERT_EQ(test::to_whole_json(*decoded), test::to_whole_json(message));
    }
  });
  EXPECT_GE(with_optional_ones, 5);
}

TEST(codec, leaves_optional_fields_out_while_they_have_their_defaults) {
  std::mt19937_64 random(7);
  all_messages::for_each([&]<class Message>(Message) {
    SCOPED_TRACE(Message::name);
    arena storage;
    Message message;
    fill_randomly(message, random, storage);
    test::clear_fields_from(message, required_fields_of(message));
    auto whole = oracle_fields(message);
    whole.resize(required_fields_of(message));
    ASSERT_EQ(payload_of(message), oracle_array(whole));
  });
}

TEST(codec, survives_any_single_damaged_byte) {
  std::mt19937_64 random(5);
  all_messages::for_each([&]<class Message>(Message) {
    SCOPED_TRACE(Message::name);
    arena storage;
    Message message;
    fill_randomly(message, random, storage);
    auto payload = payload_of(message);
    for (std::size_t i = 0; i < std::min<std::size_t>(payload.size(), 300); ++i) {
      const char whole = payload[i];
      for (int round = 0; round < 8; ++round) {
        payload[i] = static_cast<char>(random());
        const auto decoded = decode<Message>(payload);  // any verdict, no crash
        if (decoded.ok()) {
          std::string again;
          append_frame(again, 1, *decoded);  // whatever is accepted is within its bounds
        }
      }
      payload[i] = whole;
    }
  });
}

TEST(codec, takes_integers_in_any_form_that_is_not_negative) {
  for (const std::string_view hex : {"92"
                                     "05"
                                     "07",
                                     "92"
                                     "cc05"
                                     "cc07",
                                     "92"
                                     "cd0005"
                                     "d007",
                                     "92"
                                     "ce00000005"
                                     "d10007",
                                     "92"
                                     "cf0000000000000005"
                                     "d200000007",
                                     "92"
                                     "d30000000000000005"
                                     "07"}) {
    const auto payload = test::from_hex(hex);
    const auto decoded = decode<head_push>(payload);
    ASSERT_TRUE(decoded.ok()) << hex << decoded.error().detail;
    EXPECT_EQ(decoded->conversation, conversation_id(5));
    EXPECT_EQ(decoded->head, event_seq(7));
  }
  for (const std::string_view hex : {"92"
                                     "ff"
                                     "07",
                                     "92"
                                     "d0ff"
                                     "07",
                                     "92"
                                     "d1ffff"
                                     "07",
                                     "92"
                                     "d3ffffffffffffffff"
                                     "07",
                                     "92"
                                     "ca3f800000"
                                     "07"}) {
    const auto payload = test::from_hex(hex);
    const auto decoded = decode<head_push>(payload);
    ASSERT_FALSE(decoded.ok()) << hex;
    EXPECT_EQ(decoded.error().code, errc::malformed) << hex;
  }
}

TEST(codec, takes_strings_and_lists_in_longer_forms_than_needed) {
  for (const std::string_view hex : {"91"
                                     "a161",
                                     "91"
                                     "d90161",
                                     "91"
                                     "da000161",
                                     "91"
                                     "db0000000161",
                                     "dc0001"
                                     "a161",
                                     "dd00000001"
                                     "a161"}) {
    const auto payload = test::from_hex(hex);
    const auto decoded = decode<login>(payload);
    ASSERT_TRUE(decoded.ok()) << hex << decoded.error().detail;
    EXPECT_EQ(decoded->token, "a");
  }
}

template <class Message>
failure failure_of(std::string_view hex) {
  const auto payload = test::from_hex(hex);
  const auto decoded = decode<Message>(payload);
  return decoded.ok() ? failure{errc::ok, "decoded"} : decoded.error();
}

TEST(codec, names_the_field_and_the_bound_that_it_breaks) {
  const auto zero = failure_of<head_push>("920007");
  EXPECT_EQ(zero.code, errc::invalid_argument);
  EXPECT_EQ(zero.detail, "conversation is not within 1 to 9007199254740991");

  const auto empty = failure_of<login>("91a0");
  EXPECT_EQ(empty.code, errc::invalid_argument);
  EXPECT_EQ(empty.detail, "token is not within 1 to 256 bytes");

  const auto nobody = failure_of<add_members>("93050690");
  EXPECT_EQ(nobody.code, errc::invalid_argument);
  EXPECT_EQ(nobody.detail, "users is not within 1 to 500 elements");

  const auto no_user = failure_of<add_members>("9305069100");
  EXPECT_EQ(no_user.code, errc::invalid_argument);
  EXPECT_EQ(no_user.detail, "users is not within 1 to 9007199254740991");

  const auto not_text = failure_of<login>("91a2c3c3");
  EXPECT_EQ(not_text.code, errc::invalid_argument);
  EXPECT_EQ(not_text.detail, "token is not UTF-8");

  const auto wrong_type = failure_of<login>("91c40161");
  EXPECT_EQ(wrong_type.code, errc::malformed);
  EXPECT_EQ(wrong_type.detail, "token is not a str that fits");

  const auto too_wide = failure_of<logged_in>(
      "95"
      "cf0000000100000000"
      "0101"
      "a161"
      "a161");
  EXPECT_EQ(too_wide.code, errc::invalid_argument);
  EXPECT_EQ(too_wide.detail, "tenant is not within 0 to 4294967295");
}

TEST(codec, refuses_what_nests_deeper_than_four_arrays) {
  // A PING with one unknown element: arrays within the payload's own array.
  EXPECT_EQ(failure_of<ping>("91"
                             "91"
                             "91"
                             "91"
                             "05")
                .code,
            errc::ok);
  EXPECT_EQ(failure_of<ping>("91"
                             "91"
                             "91"
                             "91"
                             "91"
                             "05")
                .code,
            errc::malformed);
  std::string bomb;
  for (int i = 0; i < 100'000; ++i) bomb += "91";
  EXPECT_EQ(failure_of<ping>(bomb).code, errc::malformed);
}

TEST(codec, does_not_believe_a_huge_array_header) {
  EXPECT_EQ(failure_of<ping>("ddffffffff").code, errc::malformed);
  EXPECT_EQ(failure_of<resolve_users>("92ddffffffff90").code, errc::malformed);
  EXPECT_EQ(failure_of<history_page>("940505"
                                     "05"
                                     "ddffffffff")
                .code,
            errc::malformed);
  EXPECT_EQ(failure_of<ping>("91dfffffffff").code, errc::malformed);
}

TEST(codec, skips_elements_of_every_msgpack_type_and_only_whole_ones) {
  for (const std::string_view hex :
       {"00",
        "7f",
        "80",
        "8101c0",
        "90",
        "a0",
        "bf"
        "00000000000000000000000000000000000000000000000000000000000000",
        "c0",
        "c2",
        "c3",
        "c400",
        "c5000100",
        "c60000000100",
        "c70105ff",
        "c800010500",
        "c9000000010500",
        "ca00000000",
        "cb0000000000000000",
        "cc00",
        "cd0000",
        "ce00000000",
        "cf0000000000000000",
        "d000",
        "d10000",
        "d200000000",
        "d30000000000000000",
        "d40500",
        "d5050000",
        "d60500000000",
        "d7050000000000000000",
        "d80500000000000000000000000000000000",
        "d900",
        "da0000",
        "db00000000",
        "dc0000",
        "dd00000000",
        "de0000",
        "df00000000",
        "e0",
        "ff"}) {
    const std::string payload = "91" + std::string(hex);
    EXPECT_EQ(failure_of<ping>(payload).code, errc::ok) << hex;
    EXPECT_EQ(failure_of<ping>(payload.substr(0, payload.size() - 2)).code, errc::malformed) << hex;
    EXPECT_EQ(failure_of<ping>(payload + "00").code, errc::malformed) << hex;
  }
  EXPECT_EQ(failure_of<ping>("91c1").code, errc::malformed);
}

TEST(codec_death, refuses_to_write_a_field_outside_its_bounds) {
  std::string out;
  EXPECT_DEATH(append_frame(out, 0, head_push{}), "within its bounds");
}

}  // namespace
}  // namespace conclave
