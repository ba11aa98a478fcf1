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

/// The order is the number in an input: new ones go to the end, so that the corpus keeps its sense.
template <class... Record>
void try_nth(unsigned n, std::string_view bytes) {
  unsigned at = 0;
  ((at++ == n ? try_record<Record>(bytes) : void()), ...);
}

constexpr unsigned member = 9;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto bytes = fuzz::view_of(data + 1, size - 1);
  try_nth<applied_record, chain_mark_record, node_record, tenant_record, user_record, device_record,
          operation_record, index_record, conversation_record, member_record, intent_record,
          tenant_policy, credential_record, inbox_record, inbox_mark_record, reactions_record,
          pin_record, burn_record, join_request_record, job_record, owed_record, link_record,
          failed_logins_record>(data[0], bytes);
  if (data[0] == member) try_member(bytes);
  return 0;
}
