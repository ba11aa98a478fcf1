/// The format, of RocksDB's log_format.h: blocks of 32 KiB; in them fragments of records, each
/// behind `crc u32 | length u16 | type u8`, little endian; less than a header left in a block is
/// filled with zeros. Recycled logs, which have other types, are switched off (rocks_options.cc).
#include "storage/wal_end.h"

#include <rocksdb/file_checksum.h>

#include <algorithm>
#include <deque>
#include <string_view>
#include <utility>

namespace conclave::storage {

namespace {

constexpr std::uint64_t block_bytes = 32 * 1024;
constexpr std::uint64_t header_bytes = 7;
/// What a disk writes whole or not at all; larger ones are multiples of it.
constexpr std::uint64_t sector_bytes = 512;
/// Records whose checksums are looked at: headers alone lead into garbage for a step or two when
/// one of them was torn.
constexpr std::size_t checked_records = 16;
/// More than any write; what lies in disorder over a longer stretch is no torn one.
constexpr std::uint64_t longest_write = 64ull << 20;

enum fragment_type : std::uint8_t { no_type, full, first, middle, last };

std::uint8_t byte_of(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

std::uint32_t u32_of(std::string_view bytes) {
  return byte_of(bytes, 0) | static_cast<std::uint32_t>(byte_of(bytes, 1)) << 8 |
         static_cast<std::uint32_t>(byte_of(bytes, 2)) << 16 |
         static_cast<std::uint32_t>(byte_of(bytes, 3)) << 24;
}

bool all_zero(std::string_view bytes) {
  return bytes.find_first_not_of('\0') == std::string_view::npos;
}

/// CRC-32C as RocksDB stores it in its logs.
std::uint32_t masked_checksum(std::string_view bytes) {
  const auto sum = rocksdb::GetFileChecksumGenCrc32cFactory()->CreateFileChecksumGenerator({});
  sum->Update(bytes.data(), bytes.size());
  sum->Finalize();
  const std::string big_endian = sum->GetChecksum();
  std::uint32_t crc = 0;
  for (const char byte : big_endian) crc = crc << 8 | static_cast<std::uint8_t>(byte);
  return (crc >> 15 | crc << 17) + 0xa282ead8u;
}

struct fragment {
  std::uint8_t type = no_type;
  std::uint64_t begin = 0;  ///< of its header
  std::uint64_t end = 0;
  std::string_view bytes;  ///< with its header; until the next block is read
  bool empty = false;      ///< zeros stand where a header would
  bool fits = false;       ///< a type that is known, and a length that its block holds

  bool checks() const { return masked_checksum(bytes.substr(header_bytes - 1)) == u32_of(bytes); }
  bool starts() const { return type == full || type == first; }
  bool ends() const { return type == full || type == last; }
};

/// The log, a block at a time; behind its end there are zeros. A failed read ends every walk.
class wal {
 public:
  wal(const wal_read& read, std::uint64_t size) : read_(read), size_(size) {}

  const failure& error() const { return error_; }

  /// The fragment at `at`, or at the next block where no header fits any more.
  fragment at(std::uint64_t at) {
    if (block_bytes - at % block_bytes < header_bytes) at += block_bytes - at % block_bytes;
    fragment f;
    f.begin = at;
    f.end = at + header_bytes;
    const std::string_view rest = block(at / block_bytes).substr(at % block_bytes);
    const std::uint64_t length = byte_of(rest, 4) | static_cast<std::uint64_t>(byte_of(rest, 5))
                                                        << 8;
    f.type = byte_of(rest, 6);
    f.empty = f.type == no_type && length == 0;
    f.fits = f.type >= full && f.type <= last && header_bytes + length <= rest.size();
    // What goes on in the next block fills this one.
    if (f.fits && !f.ends()) f.fits = header_bytes + length == rest.size();
    if (!f.fits) return f;
    f.end = at + header_bytes + length;
    f.bytes = rest.substr(0, header_bytes + length);
    return f;
  }

  /// These bytes, whose blocks are not read again: records that span many are looked at from many
  /// places.
  std::string_view hold(std::uint64_t from, std::uint64_t to) {
    held_from_ = from - from % block_bytes;
    const std::uint64_t held_to = to + (block_bytes - to % block_bytes) % block_bytes;
    held_ = fetch(held_from_, std::min(held_to, size_));
    held_.resize(held_to - held_from_);
    return std::string_view(held_).substr(from - held_from_, to - from);
  }

  /// The end of the last byte behind `from` that is not zero; `from`: there is none.
  std::uint64_t end_of_bytes(std::uint64_t from) {
    constexpr std::uint64_t step = 1 << 20;
    std::uint64_t end = from;
    for (std::uint64_t at = from; at < size_; at += step) {
      const std::string bytes = fetch(at, std::min(at + step, size_));
      const std::size_t found = bytes.find_last_not_of('\0');
      if (found != std::string::npos) end = at + found + 1;
    }
    return end;
  }

 private:
  std::string_view block(std::uint64_t number) {
    const std::uint64_t begin = number * block_bytes;
    if (begin >= held_from_ && begin < held_from_ + held_.size())
      return std::string_view(held_).substr(begin - held_from_, block_bytes);
    if (number != number_ || block_.empty()) {
      const std::uint64_t from = std::min(number * block_bytes, size_);
      block_ = fetch(from, std::min(from + block_bytes, size_));
      block_.resize(block_bytes);
      number_ = number;
    }
    return block_;
  }

  std::string fetch(std::uint64_t from, std::uint64_t to) {
    if (from >= to || error_.code != errc::ok) return {};
    auto bytes = read_(from, to - from);
    if (bytes) return std::move(*bytes);
    error_ = bytes.error();
    return {};
  }

  const wal_read& read_;
  std::uint64_t size_;
  std::uint64_t number_ = 0;
  std::string block_;
  std::uint64_t held_from_ = 0;
  std::string held_;
  failure error_{errc::ok, {}};
};

/// How far a record goes by its headers; what there is of one that is not whole.
struct extent {
  std::uint64_t end = 0;
  bool whole = false;
};

extent extent_of(wal& log, std::uint64_t begin) {
  for (std::uint64_t at = begin;;) {
    const fragment f = log.at(at);
    const bool inside = at != begin;
    if (f.empty && !inside) return {begin, false};
    if (!f.fits || f.starts() == inside) return {f.begin + header_bytes, false};
    if (f.ends()) return {f.end, true};
    at = f.end;
  }
}

bool checks(wal& log, std::uint64_t begin) {
  for (std::uint64_t at = begin;;) {
    const fragment f = log.at(at);
    if (!f.fits || !f.checks()) return false;
    if (f.ends()) return true;
    at = f.end;
  }
}

bool has_hole(std::string_view bytes, std::uint64_t place) {
  while (!bytes.empty()) {
    const std::string_view sector = bytes.substr(0, sector_bytes - place % sector_bytes);
    if (all_zero(sector)) return true;
    bytes.remove_prefix(sector.size());
    place += sector.size();
  }
  return false;
}

/// A whole record behind `begin` that checks and reaches the end of what was written. That it
/// reaches it keeps out what a message merely contains. Each place is looked at once.
bool intact_record_at_the_end(wal& log, std::uint64_t begin, std::uint64_t end) {
  for (std::uint64_t at = begin + 1; at < end; ++at) {
    const extent record = extent_of(log, at);
    if (record.whole && record.end >= end && checks(log, at)) return true;
  }
  return false;
}

failure damage(std::uint64_t place, std::string_view what) {
  return failure{errc::corrupt,
                 "damaged at byte " + std::to_string(place) + ": " + std::string(what)};
}

}  // namespace

outcome<wal_end> find_wal_end(const wal_read& read, std::uint64_t size) {
  wal log(read, size);
  std::uint64_t at = 0;
  std::deque<std::uint64_t> newest;
  extent behind;
  for (;;) {
    behind = extent_of(log, at);
    if (!behind.whole) break;
    newest.push_back(at);
    if (newest.size() > checked_records) newest.pop_front();
    at = behind.end;
  }
  for (const std::uint64_t record : newest) {
    if (checks(log, record)) continue;
    at = record;
    behind.end = std::max(behind.end, extent_of(log, at).end);
    break;
  }
  const std::uint64_t written = log.end_of_bytes(at);
  if (log.error().code != errc::ok) return log.error();
  if (written == at && behind.end <= at) return wal_end{at, 0};

  const std::uint64_t end = std::max({written, behind.end, at + header_bytes});
  if (end - at > longest_write) return damage(at, "more than any write is in disorder");
  const bool lacks_something = end > size || has_hole(log.hold(at, end), at);
  if (intact_record_at_the_end(log, at, written)) return damage(at, "intact records follow");
  if (log.error().code != errc::ok) return log.error();
  if (!lacks_something) return damage(at, "a record does not check, and nothing of it is missing");
  return wal_end{at, end - at};
}

}  // namespace conclave::storage
