/// Typed reads for a client that catches up or looks closer at a conversation: what went, what an
/// edited message was, what is pinned, who has read, who waits. As in reads.h each reads one view,
/// blocks on the disk, and answers not_found to whoever has no part in the conversation.
#pragma once

#include "schemas/records.h"
#include "storage/store.h"

#include <cstdint>
#include <string>
#include <vector>

namespace conclave::storage {

struct gone_rows {
  std::vector<event_seq> gone;  ///< messages, in the order in which they went
  event_seq next{};             ///< `after` of the next page; 0: that is all
};
/// Messages up to `cursor` that the reader sees, members now or then, and whose bodies went by an
/// event after the larger of `cursor` and `after`. What has just expired and was not told yet is
/// not among them: its `expires` says so. Bounds: about 1000 messages and 4000 rows of a page, but
/// what one event did is never divided.
outcome<gone_rows> list_gone(const state_view& view, tenant_id tenant, user_id reader,
                             conversation_id conversation, event_seq cursor, event_seq after);

struct version_rows {
  std::uint32_t count = 0;
  std::string bytes;  ///< events, oldest first
  time_ms due = 0;    ///< when the message expires; 0: never
};
/// What a message was before each edit that the reader has received; the 100 newest, at most
/// max_page_bytes. errc::gone when the message is.
outcome<version_rows> list_versions(const state_view& view, tenant_id tenant, user_id reader,
                                    conversation_id conversation, event_seq target, time_ms now);

struct pin_row {
  event_seq seq{};
  pin_record record;
};
/// Pinned messages that the reader sees and that are not gone. Who has left is not told what was
/// pinned after that.
outcome<std::vector<pin_row>> list_pins(const state_view& view, tenant_id tenant, user_id reader,
                                        conversation_id conversation, time_ms now);

struct reader_rows {
  std::uint32_t read = 0;
  std::uint32_t members = 0;
  bool more = false;
  std::vector<user_id> users;
};
/// Members only. Counts present members who see the event, without its sender; names those who have
/// read it, from `after` on. Walks all member rows: 100 000 at most.
outcome<reader_rows> list_readers(const state_view& view, tenant_id tenant, user_id reader,
                                  conversation_id conversation, event_seq seq, user_id after,
                                  std::size_t limit);

struct join_request_row {
  user_id user{};
  join_request_record record;
};
/// Members only; errc::forbidden unless owner or admin.
outcome<std::vector<join_request_row>> list_join_requests(const state_view& view, tenant_id tenant,
                                                          user_id reader,
                                                          conversation_id conversation,
                                                          std::size_t limit);

}  // namespace conclave::storage
