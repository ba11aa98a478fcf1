/// Log entries and redo. Input: an entry. It is tried as it is, with its checksum mended (or the
/// fuzzer would never get past it), and as bare redo.
#include "schemas/bytes.h"
#include "schemas/log_entry.h"
#include "tests/fuzz/fuzz_check.h"

#include <zlib.h>

namespace {

using namespace conclave;

void try_redo(std::string_view bytes) {
  redo_reader reader(bytes);
  redo_operation operation;
  redo_writer writer;
  std::size_t seen = 0;
  while (reader.next(operation)) {
    seen += operation.key.size() + operation.value.size();
    fuzz::expect(seen <= bytes.size(), "operations lie inside the bytes");
    if (operation.is_put) {
      writer.put(operation.key, operation.value);
    } else {
      writer.erase(operation.key);
    }
  }
  redo_reader again(writer.bytes());
  std::size_t operations = 0;
  while (again.next(operation)) ++operations;
  fuzz::expect(again.ok() && operations == writer.operations(), "redo comes back");
}

void try_entry(std::string_view bytes) {
  const auto entry = decode_log_entry(bytes);
  if (!entry.ok()) {
    fuzz::expect(entry.error().code == errc::corrupt, "the promised code");
    return;
  }
  std::string again;
  append_log_entry(again, *entry);
  fuzz::expect(again == bytes, "an entry has one form only");
  try_redo(entry->redo);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz::view_of(data, size);
  try_entry(bytes);
  try_redo(bytes);
  if (size < 4) return 0;
  std::string mended(bytes.substr(0, size - 4));
  append_big_endian(mended, static_cast<std::uint32_t>(crc32_z(0, data, size - 4)));
  try_entry(mended);
  return 0;
}
