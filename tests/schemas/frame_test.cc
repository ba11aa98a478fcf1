/// Frame headers and error codes.
#include "schemas/frame.h"

#include "schemas/bytes.h"
#include "schemas/errc.h"
#include "schemas/message_list.h"
#include "tests/schemas/field_visitors.h"

#include <set>

namespace conclave {
namespace {

TEST(frame, header_is_sixteen_bytes_big_endian) {
  char bytes[frame_header_size];
  write_frame_header({0x01020304, 5, frame_type::send, 0x0607, 0x08090a0b0c0d0e0f}, bytes);
  EXPECT_EQ(test::to_hex({bytes, sizeof bytes}),
            "01020304"
            "05"
            "11"
            "0607"
            "08090a0b0c0d0e0f");
  const auto header = read_frame_header(bytes);
  EXPECT_EQ(header.length, 0x01020304u);
  EXPECT_EQ(header.version, 5);
  EXPECT_EQ(header.type, frame_type::send);
  EXPECT_EQ(header.flags, 0x0607);
  EXPECT_EQ(header.correlation, 0x08090a0b0c0d0e0fu);
}

TEST(frame, length_counts_what_follows_it) {
  std::string out = "xyz";
  const auto frame = open_frame(out, frame_type::ping, 9);
  EXPECT_EQ(frame, 3u);
  out += "payload";
  close_frame(out, frame);
  EXPECT_EQ(read_frame_header(out.data() + frame).length, 12u + 7u);
  EXPECT_EQ(read_frame_header(out.data() + frame).version, protocol_version);
}

TEST(frame, every_message_has_a_type_of_its_own) {
  std::set<frame_type> seen{frame_type::event};
  std::set<std::string_view> names;
  all_messages::for_each([&]<class Message>(Message) {
    EXPECT_TRUE(seen.insert(Message::type).second) << Message::name;
    EXPECT_TRUE(names.insert(Message::name).second) << Message::name;
    EXPECT_FALSE(Message::doc.empty());
  });
  EXPECT_EQ(seen.size(), 86u);
}

TEST(errc, every_code_is_described_once_in_ascending_order) {
  errc last = errc::ok;
  std::set<std::string_view> names;
  for (const auto& entry : error_table()) {
    EXPECT_GT(entry.code, last);
    last = entry.code;
    EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
    EXPECT_FALSE(entry.text.empty());
    EXPECT_EQ(&describe(entry.code), &entry);
    EXPECT_GE(static_cast<int>(entry.kind), 1);
    EXPECT_LE(static_cast<int>(entry.kind), 3);
  }
  EXPECT_EQ(error_table().size(), 42u);
}

TEST(errc, a_number_that_is_not_listed_is_internal) {
  EXPECT_EQ(describe(errc(7)).code, errc::internal);
  EXPECT_EQ(describe(errc(65535)).code, errc::internal);
  EXPECT_EQ(describe(errc::ok).name, "ok");
  EXPECT_EQ(name_of(errc::client_seq_reused), "client_seq_reused");
}

}  // namespace
}  // namespace conclave
