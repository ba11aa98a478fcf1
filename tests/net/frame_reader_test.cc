/// The frame reader: whatever the chunks, the frames are the same, and so is the verdict on bad
/// ones.
#include "net/frame_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace conclave::net {
namespace {

constexpr std::uint32_t max_length = 5000;

std::string frame_of(frame_type type, std::uint64_t correlation, std::string_view payload) {
  std::string out(frame_header_size, '\0');
  frame_header header;
  header.length =
      static_cast<std::uint32_t>(frame_header_size - frame_length_size + payload.size());
  header.type = type;
  header.correlation = correlation;
  write_frame_header(header, out.data());
  return out.append(payload);
}

std::string describe_frame(const frame_view& f) {
  return std::to_string(static_cast<int>(f.header.type)) + "/" +
         std::to_string(f.header.correlation) + "/" + std::string(f.payload);
}

struct reading {
  std::vector<std::string> frames;
  errc verdict = errc::ok;
  std::size_t held = 0;
};

/// Feeds the chunks from memory that is gone after each: a view that outlives it shows under asan.
template <class NextSize>
reading read_in_chunks(std::string_view bytes, NextSize next_size) {
  reading result;
  frame_reader reader(max_length);
  std::vector<frame_view> batch;
  while (!bytes.empty() && result.verdict == errc::ok) {
    const std::string chunk(bytes.substr(0, next_size()));
    bytes.remove_prefix(chunk.size());
    batch.clear();
    result.verdict = reader.feed(chunk, batch);
    for (const frame_view& f : batch) result.frames.push_back(describe_frame(f));
    reader.release();
  }
  result.held = reader.held_bytes();
  return result;
}

TEST(frame_reader, a_frame_that_is_wiped_leaves_nothing_where_it_lay) {
  const std::string secret = frame_of(frame_type::login, 1, "a password, say");
  std::string bytes = secret + frame_of(frame_type::ping, 2, "harmless");
  frame_reader reader(max_length);
  std::vector<frame_view> batch;
  ASSERT_EQ(reader.feed(bytes, batch), errc::ok);
  ASSERT_EQ(batch.size(), 2u);
  wipe(batch[0]);
  EXPECT_EQ(bytes.find("password"), std::string::npos);
  EXPECT_EQ(batch[0].payload, std::string(15, '\0'));
  EXPECT_EQ(describe_frame(batch[1]).find("harmless"), describe_frame(batch[1]).size() - 8);

  // The same frame in two parts: the reader's own copy.
  batch.clear();
  ASSERT_EQ(reader.feed(std::string_view(secret).substr(0, 20), batch), errc::ok);
  ASSERT_EQ(reader.feed(std::string_view(secret).substr(20), batch), errc::ok);
  ASSERT_EQ(batch.size(), 1u);
  EXPECT_EQ(batch[0].payload, "a password, say");
  wipe(batch[0]);
  EXPECT_EQ(batch[0].payload, std::string(15, '\0'));
}

TEST(frame_reader, random_chunks_give_the_same_frames) {
  std::mt19937_64 random(42);
  for (int round = 0; round < 300; ++round) {
    std::string bytes;
    std::vector<std::string> expected;
    const std::size_t count = 1 + random() % 30;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t size = random() % 4 == 0 ? random() % (max_length - 12) : random() % 40;
      const std::string payload(size, static_cast<char>('a' + i % 26));
      bytes += frame_of(static_cast<frame_type>(random() % 256), random(), payload);
      const frame_header header = read_frame_header(bytes.data() + bytes.size() - size - 16);
      expected.push_back(describe_frame({header, payload}));
    }
    const std::size_t largest = 1 + random() % 6000;
    const reading got = read_in_chunks(bytes, [&] { return 1 + random() % largest; });
    ASSERT_EQ(got.verdict, errc::ok);
    ASSERT_EQ(got.frames, expected);
    ASSERT_EQ(got.held, 0u);
  }
}

TEST(frame_reader, the_smallest_and_the_largest_frame_pass) {
  const std::string bytes = frame_of(frame_type::ping, 1, "") +
                            frame_of(frame_type::send, 2, std::string(max_length - 12, 'x'));
  const reading got = read_in_chunks(bytes, [&] { return bytes.size(); });
  EXPECT_EQ(got.verdict, errc::ok);
  EXPECT_EQ(got.frames.size(), 2u);
}

/// The same bytes, whole and byte by byte, must give the same verdict and the good frames before.
void expect_verdict(const std::string& bad, errc verdict) {
  const std::string bytes = frame_of(frame_type::ping, 7, "good") + bad;
  const auto whole = [&] { return bytes.size(); };
  const auto single = [] { return std::size_t{1}; };
  for (const reading& got : {read_in_chunks(bytes, whole), read_in_chunks(bytes, single)}) {
    EXPECT_EQ(got.verdict, verdict);
    EXPECT_EQ(got.frames.size(), 1u);
  }
}

TEST(frame_reader, a_length_that_cannot_hold_the_header_is_malformed) {
  expect_verdict(std::string("\0\0\0\x0b\1\3\0\0", 8) + std::string(20, '\0'), errc::malformed);
  expect_verdict(std::string("\0\0\0\0", 4), errc::malformed);
}

TEST(frame_reader, a_length_above_the_bound_is_refused_from_its_four_bytes_alone) {
  std::string bad(4, '\0');
  bad[2] = static_cast<char>((max_length + 1) >> 8);
  bad[3] = static_cast<char>((max_length + 1) & 0xff);
  expect_verdict(bad, errc::frame_too_large);
  expect_verdict("\xff\xff\xff\xff", errc::frame_too_large);
  expect_verdict(frame_of(frame_type::send, 1, std::string(max_length - 11, 'x')),
                 errc::frame_too_large);
}

TEST(frame_reader, another_version_is_refused_from_its_byte_alone) {
  expect_verdict(std::string("\0\0\0\x0c\2", 5), errc::unsupported_version);
  expect_verdict(std::string("\0\0\0\x0c\0", 5) + std::string(11, '\0'), errc::unsupported_version);
}

TEST(frame_reader, a_verdict_is_final) {
  frame_reader reader(max_length);
  std::vector<frame_view> batch;
  EXPECT_EQ(reader.feed(std::string(4, '\0'), batch), errc::malformed);
  EXPECT_EQ(reader.feed(frame_of(frame_type::ping, 1, ""), batch), errc::malformed);
  EXPECT_TRUE(batch.empty());
}

TEST(frame_reader, a_new_bound_holds_for_the_frame_that_is_cut) {
  const std::string frame = frame_of(frame_type::send, 1, std::string(500, 'x'));
  frame_reader reader(100);
  std::vector<frame_view> batch;
  EXPECT_EQ(reader.feed(frame.substr(0, 3), batch), errc::ok);
  reader.set_max_length(1000);
  EXPECT_EQ(reader.feed(frame.substr(3), batch), errc::ok);
  EXPECT_EQ(batch.size(), 1u);
}

}  // namespace
}  // namespace conclave::net
