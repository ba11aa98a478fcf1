/// The end of a write-ahead log: what a power cut tears is left out, whatever of it reached the
/// disk, and what was synced is never given up for it (P1). tests/storage/store_open_test.cc has
/// the same with logs that RocksDB wrote.
#include "storage/wal_end.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/file_checksum.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace conclave::test {
namespace {

using storage::wal_end;
using ::testing::HasSubstr;

constexpr std::size_t block = 32 * 1024;
constexpr std::size_t sector = 512;

/// Writes a log as RocksDB does.
class log_writer {
 public:
  std::string bytes;
  std::vector<std::size_t> starts;  ///< of the records

  void record(std::string_view payload) {
    starts.push_back(bytes.size());
    bool begun = false;
    do {
      std::size_t left = block - bytes.size() % block;
      if (left < 7) {
        bytes.append(left, '\0');
        left = block;
      }
      const std::string_view part = payload.substr(0, left - 7);
      payload.remove_prefix(part.size());
      const bool done = payload.empty();
      const char type = begun ? (done ? 4 : 3) : (done ? 1 : 2);
      fragment(type, part);
      begun = true;
    } while (!payload.empty());
  }

 private:
  void fragment(char type, std::string_view part) {
    const auto sum = rocksdb::GetFileChecksumGenCrc32cFactory()->CreateFileChecksumGenerator({});
    sum->Update(&type, 1);
    sum->Update(part.data(), part.size());
    sum->Finalize();
    std::uint32_t crc = 0;
    for (const char byte : sum->GetChecksum()) crc = crc << 8 | static_cast<std::uint8_t>(byte);
    crc = (crc >> 15 | crc << 17) + 0xa282ead8u;
    for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(crc >> 8 * i));
    bytes.push_back(static_cast<char>(part.size()));
    bytes.push_back(static_cast<char>(part.size() >> 8));
    bytes.push_back(type);
    bytes.append(part);
  }
};

outcome<wal_end> end_of(const std::string& log) {
  return storage::find_wal_end(
      [&](std::uint64_t at, std::size_t bytes) {
        return outcome<std::string>(log.substr(at, bytes));
      },
      log.size());
}

std::string payload(std::mt19937& random, std::size_t bytes) {
  std::string made(bytes, '\0');
  // With stretches of zeros, as messages may have.
  for (char& c : made) c = static_cast<char>(random() % 3 == 0 ? 0 : random());
  if (bytes > 3'000 && random() % 2 == 0) made.replace(500, 1'500, 1'500, '\0');
  return made;
}

log_writer some_log(std::mt19937& random, std::size_t records, std::size_t largest) {
  log_writer log;
  for (std::size_t i = 0; i < records; ++i) log.record(payload(random, 1 + random() % largest));
  return log;
}

std::string refusal(const std::string& log) {
  const auto end = end_of(log);
  EXPECT_FALSE(end) << "content " << end->content << ", torn " << end->torn;
  return end ? std::string() : end.error().detail;
}

TEST(wal_end, a_whole_log_ends_behind_its_last_record) {
  std::mt19937 random(1);
  for (const std::size_t ahead : {0ul, 1ul, 5'000ul, 3ul << 20}) {
    for (int i = 0; i < 20; ++i) {
      const log_writer log = some_log(random, 1 + random() % 40, 1 + random() % 100'000);
      const auto end = end_of(log.bytes + std::string(ahead, '\0'));
      ASSERT_TRUE(end) << end.error().detail;
      EXPECT_EQ(end->content, log.bytes.size());
      EXPECT_EQ(end->torn, 0u);
    }
  }
  EXPECT_EQ(end_of("")->content, 0u);
  EXPECT_EQ(end_of(std::string(100'000, '\0'))->content, 0u);
}

/// Any of the last record's sectors may have reached the disk, none, or all.
TEST(wal_end, p1_whatever_is_left_of_a_torn_write_is_left_out) {
  std::mt19937 random(2);
  int torn = 0;
  for (int round = 0; round < 2'000; ++round) {
    log_writer log = some_log(random, random() % 20, 2'000);
    log.record(payload(random, 1 + random() % (round % 10 == 0 ? 150'000 : 3'000)));
    const std::size_t last = log.starts.back();
    std::string left = log.bytes;
    for (std::size_t at = last; at < left.size(); at += sector - at % sector)
      if (random() % 2 == 0)
        for (std::size_t i = at; i < std::min(at + sector - at % sector, left.size()); ++i)
          left[i] = '\0';
    const bool whole = left == log.bytes;
    if (random() % 2 == 0) left.append(random() % 100'000, '\0');
    const auto end = end_of(left);
    ASSERT_TRUE(end) << "round " << round << ": " << end.error().detail;
    ASSERT_EQ(end->content, whole ? log.bytes.size() : last) << "round " << round;
    torn += end->torn != 0;
  }
  EXPECT_GT(torn, 1'000);
}

TEST(wal_end, a_write_that_the_end_of_the_file_cuts_is_left_out) {
  std::mt19937 random(3);
  for (const std::size_t size : {300ul, 90'000ul}) {
    log_writer log = some_log(random, 10, 2'000);
    log.record(payload(random, size));
    for (std::size_t cut = 1; cut < log.bytes.size() - log.starts.back(); cut += 1 + size / 100) {
      const auto end = end_of(log.bytes.substr(0, log.bytes.size() - cut));
      ASSERT_TRUE(end) << cut << ": " << end.error().detail;
      EXPECT_EQ(end->content, log.starts.back());
    }
  }
}

TEST(wal_end, p1_a_flipped_bit_in_the_last_record_is_damage) {
  std::mt19937 random(4);
  log_writer log = some_log(random, 5, 2'000);
  log.record(std::string(2'000, 'x'));
  for (std::size_t at = log.starts.back(); at < log.bytes.size(); at += 37) {
    std::string flipped = log.bytes;
    flipped[at] = static_cast<char>(flipped[at] ^ 4);
    EXPECT_THAT(refusal(flipped),
                HasSubstr("damaged at byte " + std::to_string(log.starts.back())));
  }
}

/// RocksDB would pass over it in silence.
TEST(wal_end, p1_a_hole_with_records_behind_it_is_damage) {
  std::mt19937 random(5);
  for (int round = 0; round < 200; ++round) {
    const log_writer log = some_log(random, 60, round % 4 == 0 ? 60'000 : 1'500);
    std::string holed = log.bytes;
    const std::size_t bytes = sector << (random() % 4);
    const std::size_t last_place = log.starts.back() / bytes;
    const std::size_t at = random() % last_place * bytes;
    if (std::string_view(holed).substr(at, bytes).find_first_not_of('\0') == std::string::npos)
      continue;
    holed.replace(at, bytes, bytes, '\0');
    // In a record's payload, far from the end, it is RocksDB that finds it.
    const auto end = end_of(holed + std::string(4096, '\0'));
    if (end) {
      EXPECT_EQ(end->content, log.bytes.size());
      EXPECT_LT(at, log.starts[log.starts.size() - 16]);
    } else {
      EXPECT_THAT(end.error().detail, HasSubstr("intact records follow"));
    }
  }
}

TEST(wal_end, a_message_that_looks_like_a_record_does_not_pass_for_one) {
  log_writer inner;
  inner.record(std::string(700, 'i'));
  log_writer log;
  log.record("first");
  log.record("head" + std::string(600, 'h') + inner.bytes + std::string(900, 't'));
  std::string left = log.bytes;
  std::fill_n(left.begin() + static_cast<std::ptrdiff_t>(log.starts.back()), sector - 12, '\0');
  const auto end = end_of(left);
  ASSERT_TRUE(end) << end.error().detail;
  EXPECT_EQ(end->content, log.starts.back());
}

/// Each record of a long tail whose end is torn, as unsynced writes leave it: no walk from each of
/// them to the end.
TEST(wal_end, p7_a_long_tail_in_disorder_is_judged_in_time) {
  std::mt19937 random(7);
  log_writer log = some_log(random, 40'000, 400);
  const std::size_t at = log.starts[20];
  std::string left = log.bytes.substr(0, log.bytes.size() - 10);
  left.replace(at, 2 * sector, 2 * sector, '\0');
  const auto start = std::chrono::steady_clock::now();
  const auto end = end_of(left);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
  ASSERT_TRUE(end) << end.error().detail;
  EXPECT_EQ(end->content, at);
}

TEST(wal_end, any_bytes_have_an_end_or_are_damaged) {
  std::mt19937 random(6);
  for (int round = 0; round < 2'000; ++round) {
    std::string bytes = some_log(random, random() % 8, 9'000).bytes;
    for (std::size_t i = random() % 6; i > 0 && !bytes.empty(); --i)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    if (random() % 4 == 0) bytes += payload(random, random() % 40'000);
    const auto end = end_of(bytes);
    if (end) {
      EXPECT_LE(end->content, bytes.size());
    } else {
      EXPECT_EQ(end.error().code, errc::corrupt);
    }
  }
}

TEST(wal_end, a_failed_read_is_told) {
  const auto end = storage::find_wal_end(
      [](std::uint64_t, std::size_t) -> outcome<std::string> {
        return failure{errc::io_error, "no disk"};
      },
      100'000);
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, errc::io_error);
}

}  // namespace
}  // namespace conclave::test
