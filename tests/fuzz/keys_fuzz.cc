/// Keys taken apart. Input: a key of any table, or of the log family.
#include "schemas/keys.h"
#include "tests/fuzz/fuzz_check.h"

using namespace conclave;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto key = fuzz::view_of(data, size);
  for (unsigned t = 0; t < 256; ++t) {
    const auto parsed = keys::parse(table(t), key);
    const auto name = keys::parse_name(table(t), key);
    fuzz::expect(!parsed || !name, "a key has ids or a name");
    if (!parsed && !name) continue;
    fuzz::expect(keys::table_of(key) == table(t), "a key belongs to one table");
    const auto all = keys::all_of(table(t));
    fuzz::expect(key >= all.first && key < all.last, "a key lies in its table's range");
    if (!parsed) continue;
    const auto tenants = keys::all_of(table(t), parsed->tenant);
    fuzz::expect(key >= tenants.first && key < tenants.last, "a key lies in its tenant's range");
  }
  if (const auto timer = keys::parse_timer(key)) {
    fuzz::expect(keys::timer(*timer) == key, "a timer comes back");
    const auto due = keys::timers_between(timer->due, timer->due);
    fuzz::expect(timer->due == ~time_ms{0} || (key >= due.first && key < due.last),
                 "a timer is due when it says");
    fuzz::expect(!keys::parse(table::timer, key), "a timer is no list of ids");
  }
  const auto prefix = keys::starting_with(key);
  fuzz::expect(prefix.first == key && prefix.last > prefix.first, "a range is not empty");
  if (size >= 2) {
    const shard_id shard(static_cast<std::uint16_t>(data[0] << 8 | data[1]));
    const auto index = keys::parse_log_entry(shard, key);
    fuzz::expect(!index || keys::log_entry(shard, *index) == key, "a log key comes back");
  }
  return 0;
}
