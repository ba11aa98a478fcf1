/// Stored records to bytes and back, and the rule of who sees what.
#include "schemas/records.h"

#include "schemas/record_layouts.h"
#include "schemas/replica_records.h"

#include <algorithm>

namespace conclave {
namespace {

/// A record as it is stored: the format number is its first field.
template <class Record>
struct stored_plain {
  Record& record;
  std::uint8_t& format;
};
/// The same of a record with optional fields.
template <class Record>
struct stored_growing {
  static constexpr std::uint32_t required_fields = Record::required_fields + 1;
  Record& record;
  std::uint8_t& format;
};
template <class Record>
struct stored_of {
  using type = stored_plain<Record>;
};
template <class Record>
requires requires {
  Record::required_fields;
}
struct stored_of<Record> {
  using type = stored_growing<Record>;
};
template <class Record>
using stored = typename stored_of<Record>::type;

template <class Record>
std::string encode_stored(const Record& record) {
  std::uint8_t format = record_format;
  std::string out;
  wire::field_writer(out).write_record(stored<const Record>{record, format});
  return out;
}

}  // namespace

template <class Record>
struct layout_of_stored {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("format", m.format, bounds{}, "");
    layout<std::remove_const_t<Record>>::fields(m.record, v);
  }
};
template <class Record>
struct layout<stored_plain<Record>> : layout_of_stored<Record> {};
template <class Record>
struct layout<stored_growing<Record>> : layout_of_stored<Record> {};

template <class Record>
outcome<Record> decode_record(std::string_view bytes) {
  Record record;
  std::uint8_t format = 0;
  stored<Record> whole{record, format};
  wire::problem problem;
  wire::read_whole(bytes, whole, problem);
  if (problem.none() && format != record_format) {
    problem = {errc::corrupt, "format", "is unknown", {}};
  }
  if (problem.none()) return record;
  problem.code = errc::corrupt;
  return to_failure(problem);
}

#define CONCLAVE_RECORD(record)         \
  std::string encode(const record& r) { \
    return encode_stored(r);            \
  }                                     \
  template outcome<record> decode_record<record>(std::string_view)

CONCLAVE_RECORD(applied_record);
CONCLAVE_RECORD(chain_mark_record);
CONCLAVE_RECORD(node_record);
CONCLAVE_RECORD(failed_logins_record);
CONCLAVE_RECORD(tenant_record);
CONCLAVE_RECORD(user_record);
CONCLAVE_RECORD(device_record);
CONCLAVE_RECORD(operation_record);
CONCLAVE_RECORD(index_record);
CONCLAVE_RECORD(conversation_record);
CONCLAVE_RECORD(member_record);
CONCLAVE_RECORD(intent_record);
CONCLAVE_RECORD(tenant_policy);
CONCLAVE_RECORD(credential_record);
CONCLAVE_RECORD(inbox_record);
CONCLAVE_RECORD(inbox_mark_record);
CONCLAVE_RECORD(reactions_record);
CONCLAVE_RECORD(pin_record);
CONCLAVE_RECORD(burn_record);
CONCLAVE_RECORD(join_request_record);
CONCLAVE_RECORD(job_record);
CONCLAVE_RECORD(owed_record);
CONCLAVE_RECORD(link_record);
CONCLAVE_RECORD(replica_record);
CONCLAVE_RECORD(replica_peer_record);

#undef CONCLAVE_RECORD

bool visible(const member_record& member, event_seq seq) {
  return std::any_of(member.spans.begin(), member.spans.end(), [seq](const visible_span& span) {
    return seq >= span.first && (!span.last || seq <= span.last);
  });
}

event_seq visible_head(const member_record& member, event_seq head) {
  // The spans ascend, so the last one that begins at or below the head holds the answer.
  for (auto span = member.spans.rbegin(); span != member.spans.rend(); ++span) {
    if (span->first > head) continue;
    return span->last && span->last < head ? span->last : head;
  }
  return event_seq{};
}

}  // namespace conclave
