/// Every decode_record. Input: a number that picks the record, then a row.
#include "schemas/records.h"
#include "tests/fuzz/fuzz_check.h"

namespace {

using namespace conclave;

template <class Record>
void try_record(std::string_view bytes) {
  const auto record = decode_record<Record>(bytes);
  if (!record.ok()) {
    fuzz::expect(record.error().code == errc::corrupt, "the promised code");
    return;
  }
  const auto again = decode_record<Record>(encode(*record));
  fuzz::expect(again.ok() && *again == *record, "a record comes back");
}

void try_member(std::string_view bytes) {
  const auto member = decode_record<member_record>(bytes);
  if (!member.ok()) return;
  const auto head = visible_head(*member, event_seq(100));
  fuzz::expect(head <= event_seq(100), "nobody sees beyond the head");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto bytes = fuzz::view_of(data + 1, size - 1);
  switch (data[0]) {
    case 0:
      try_record<applied_record>(bytes);
      break;
    case 1:
      try_record<chain_mark_record>(bytes);
      break;
    case 2:
      try_record<node_record>(bytes);
      break;
    case 3:
      try_record<tenant_record>(bytes);
      break;
    case 4:
      try_record<user_record>(bytes);
      break;
    case 5:
      try_record<device_record>(bytes);
      break;
    case 6:
      try_record<operation_record>(bytes);
      break;
    case 7:
      try_record<index_record>(bytes);
      break;
    case 8:
      try_record<conversation_record>(bytes);
      break;
    case 9:
      try_record<member_record>(bytes);
      try_member(bytes);
      break;
    case 10:
      try_record<intent_record>(bytes);
      break;
    default:
      break;
  }
  return 0;
}
