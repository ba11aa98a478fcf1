/// Where a write-ahead log of RocksDB ends. Behind its content a log whose size was set ahead
/// (storage/wal_ahead.h) holds zeros, and a power cut leaves holes in the write that was under way:
/// sectors that never reached the disk read as zeros. RocksDB 7.8 takes such a write for damage,
/// and passes over zeros in silence, also where intact records follow them.
///
/// The last record is a torn write, of which nobody was told, when a sector of it is missing, or
/// the file ends before it, and no intact record reaches the end of the log behind it. Everything
/// else that does not check is damage: a flipped bit in the last record, a hole with records behind
/// it. Checksums are looked at in the last records only; those of the rest are RocksDB's to check
/// when it reads them.
///
/// A pure function of the bytes; used at open, on the thread of main().
#pragma once

#include "schemas/outcome.h"

#include <cstdint>
#include <functional>
#include <string>

namespace conclave::storage {

struct wal_end {
  std::uint64_t content = 0;  ///< bytes of whole records
  std::uint64_t torn = 0;     ///< bytes behind them of a write that was cut short; 0: none
};

/// `bytes` bytes of the log from `at`, fewer at its end.
using wal_read = std::function<outcome<std::string>(std::uint64_t at, std::size_t bytes)>;

/// errc::corrupt: damaged, with the place. What `read` fails with passes through.
outcome<wal_end> find_wal_end(const wal_read& read, std::uint64_t size);

}  // namespace conclave::storage
