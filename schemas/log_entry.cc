/// Log entries and redo, to bytes and back.
#include "schemas/log_entry.h"

#include "schemas/bytes.h"
#include "schemas/check.h"
#include "schemas/varint.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

namespace conclave {
namespace {

constexpr std::uint8_t log_format = 1;
constexpr std::size_t fixed_size = 1 + 1 + 2 + 8 + 8 + 8 + 16 + 4;
constexpr std::size_t crc_size = 4;

constexpr char put_mark = 1;
constexpr char erase_mark = 2;

std::uint32_t crc_of(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

}  // namespace

void append_log_entry(std::string& out, const log_entry_view& entry) {
  CONCLAVE_CHECK(entry.redo.size() <= std::numeric_limits<std::uint32_t>::max(),
                 "redo of one entry is below 4 GiB");
  const std::size_t first = out.size();
  out.reserve(first + fixed_size + entry.redo.size() + crc_size);
  append_big_endian(out, log_format);
  append_big_endian(out, static_cast<std::uint8_t>(entry.kind));
  append_big_endian(out, entry.shard.value);
  append_big_endian(out, entry.epoch.value);
  append_big_endian(out, entry.index.value);
  append_big_endian(out, entry.time);
  out.append(reinterpret_cast<const char*>(entry.prev_hash.data()), entry.prev_hash.size());
  append_big_endian(out, static_cast<std::uint32_t>(entry.redo.size()));
  out.append(entry.redo);
  append_big_endian(out, crc_of(std::string_view(out).substr(first)));
}

outcome<log_entry_view> decode_log_entry(std::string_view bytes) {
  if (bytes.size() < fixed_size + crc_size) return failure{errc::corrupt, "log entry cut short"};
  const std::string_view covered = bytes.substr(0, bytes.size() - crc_size);
  if (load_big_endian<std::uint32_t>(covered.data() + covered.size()) != crc_of(covered)) {
    return failure{errc::corrupt, "log entry with a wrong checksum"};
  }
  const char* at = bytes.data();
  const auto take = [&at]<class T>(T) {
    const T value = load_big_endian<T>(at);
    at += sizeof(T);
    return value;
  };
  if (take(std::uint8_t{}) != log_format)
    return failure{errc::corrupt, "log entry of unknown format"};
  log_entry_view entry;
  const auto kind = take(std::uint8_t{});
  if (kind < static_cast<std::uint8_t>(log_kind::operations) ||
      kind > static_cast<std::uint8_t>(log_kind::digest_mark)) {
    return failure{errc::corrupt, "log entry of unknown kind " + std::to_string(kind)};
  }
  entry.kind = log_kind(kind);
  entry.shard = shard_id(take(std::uint16_t{}));
  entry.epoch = shard_epoch(take(std::uint64_t{}));
  entry.index = log_index(take(std::uint64_t{}));
  entry.time = take(std::uint64_t{});
  std::copy_n(at, entry.prev_hash.size(), entry.prev_hash.begin());
  at += entry.prev_hash.size();
  if (take(std::uint32_t{}) != covered.size() - fixed_size) {
    return failure{errc::corrupt, "log entry of another size than it says"};
  }
  entry.redo = covered.substr(fixed_size);
  return entry;
}

void redo_writer::put(std::string_view key, std::string_view value) {
  bytes_.push_back(put_mark);
  append_varint(bytes_, key.size());
  append_varint(bytes_, value.size());
  bytes_.append(key).append(value);
  ++operations_;
}

void redo_writer::erase(std::string_view key) {
  bytes_.push_back(erase_mark);
  append_varint(bytes_, key.size());
  bytes_.append(key);
  ++operations_;
}

bool redo_reader::next(redo_operation& operation) {
  if (!ok_ || rest_.empty()) return false;
  const char mark = rest_.front();
  rest_.remove_prefix(1);
  std::uint64_t key_size = 0;
  std::uint64_t value_size = 0;
  operation.is_put = mark == put_mark;
  ok_ = (operation.is_put || mark == erase_mark) && read_varint(rest_, key_size) &&
        (!operation.is_put || read_varint(rest_, value_size)) && key_size <= rest_.size() &&
        value_size <= rest_.size() - key_size;
  if (!ok_) return false;
  operation.key = rest_.substr(0, static_cast<std::size_t>(key_size));
  rest_.remove_prefix(operation.key.size());
  operation.value = rest_.substr(0, static_cast<std::size_t>(value_size));
  rest_.remove_prefix(operation.value.size());
  return true;
}

}  // namespace conclave
