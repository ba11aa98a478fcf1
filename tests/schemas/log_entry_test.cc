/// Log entries, redo, varints.
#include "schemas/log_entry.h"

#include "schemas/varint.h"

#include <gtest/gtest.h>

#include <random>

namespace conclave {
namespace {

log_entry_view sample(std::string_view redo) {
  log_entry_view entry;
  entry.shard = shard_id(3);
  entry.epoch = shard_epoch(4);
  entry.index = log_index(5);
  entry.time = 6;
  for (std::size_t i = 0; i < 16; ++i) entry.prev_hash[i] = static_cast<std::uint8_t>(i * 16);
  entry.redo = redo;
  return entry;
}

TEST(log_entry, comes_back_whole) {
  for (const auto kind : {log_kind::operations, log_kind::noop, log_kind::config}) {
    for (const std::string& redo : {std::string(), std::string("redo"), std::string(70'000, 'x')}) {
      auto entry = sample(redo);
      entry.kind = kind;
      std::string bytes;
      append_log_entry(bytes, entry);
      EXPECT_EQ(bytes.size(), 48 + redo.size() + 4);
      const auto decoded = decode_log_entry(bytes);
      ASSERT_TRUE(decoded.ok()) << decoded.error().detail;
      EXPECT_EQ(decoded->kind, entry.kind);
      EXPECT_EQ(decoded->shard, entry.shard);
      EXPECT_EQ(decoded->epoch, entry.epoch);
      EXPECT_EQ(decoded->index, entry.index);
      EXPECT_EQ(decoded->time, entry.time);
      EXPECT_EQ(decoded->prev_hash, entry.prev_hash);
      EXPECT_EQ(decoded->redo, redo);
    }
  }
}

TEST(log_entry, any_single_bit_flip_is_detected) {
  std::string bytes = "something before";
  const auto before = bytes.size();
  append_log_entry(bytes, sample("some redo bytes"));
  bytes.erase(0, before);
  ASSERT_TRUE(decode_log_entry(bytes).ok());
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    auto damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    const auto decoded = decode_log_entry(damaged);
    ASSERT_FALSE(decoded.ok()) << bit;
    ASSERT_EQ(decoded.error().code, errc::corrupt);
  }
}

TEST(log_entry, any_other_size_is_detected) {
  std::string bytes;
  append_log_entry(bytes, sample("some redo bytes"));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_log_entry(std::string_view(bytes).substr(0, size)).ok());
  }
  EXPECT_FALSE(decode_log_entry(bytes + '\0').ok());
}

TEST(redo, comes_back_in_order) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 200; ++round) {
    redo_writer writer;
    std::vector<std::tuple<bool, std::string, std::string>> written;
    const auto count = random() % 20;
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::string key(random() % 200, static_cast<char>(random()));
      const std::string value(random() % 20'000, static_cast<char>(random()));
      if (random() % 3 == 0) {
        writer.erase(key);
        written.emplace_back(false, key, "");
      } else {
        writer.put(key, value);
        written.emplace_back(true, key, value);
      }
    }
    EXPECT_EQ(writer.operations(), count);
    EXPECT_EQ(writer.empty(), count == 0);
    redo_reader reader(writer.bytes());
    redo_operation operation;
    for (const auto& [is_put, key, value] : written) {
      ASSERT_TRUE(reader.next(operation));
      ASSERT_EQ(operation.is_put, is_put);
      ASSERT_EQ(operation.key, key);
      ASSERT_EQ(operation.value, value);
    }
    EXPECT_FALSE(reader.next(operation));
    EXPECT_TRUE(reader.ok());
  }
}

TEST(redo, a_torn_end_is_not_clean) {
  redo_writer writer;
  writer.put("key", "value");
  const std::size_t border = writer.bytes().size();
  writer.erase("another key");
  for (std::size_t size = 1; size < writer.bytes().size(); ++size) {
    redo_reader reader(std::string_view(writer.bytes()).substr(0, size));
    redo_operation operation;
    while (reader.next(operation)) {
    }
    EXPECT_EQ(reader.ok(), size == border) << size;
  }
  redo_reader unknown("\x03\x01k");
  redo_operation operation;
  EXPECT_FALSE(unknown.next(operation));
  EXPECT_FALSE(unknown.ok());
}

TEST(redo, lengths_that_overflow_are_refused) {
  std::string bytes = "\x01";
  append_varint(bytes, ~std::uint64_t{0});
  append_varint(bytes, 2);
  bytes += "abc";
  redo_reader reader(bytes);
  redo_operation operation;
  EXPECT_FALSE(reader.next(operation));
  EXPECT_FALSE(reader.ok());
}

TEST(varint, of_every_width_comes_back) {
  std::mt19937_64 random(9);
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t value = random() >> (random() % 64);
    std::string bytes;
    append_varint(bytes, value);
    std::string_view rest = bytes;
    std::uint64_t read = 0;
    ASSERT_TRUE(read_varint(rest, read));
    ASSERT_EQ(read, value);
    ASSERT_TRUE(rest.empty());
    ASSERT_EQ(unzigzag(zigzag(value)), value);
  }
  std::string_view too_long("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02");
  std::uint64_t value = 0;
  EXPECT_FALSE(read_varint(too_long, value));
  EXPECT_EQ(zigzag(static_cast<std::uint64_t>(-1)), 1u);
}

}  // namespace
}  // namespace conclave
