/// A conversation as the caller's list shows it. One view, a handful of rows: the member's, the
/// conversation's, the newest event's, that of the read mark; where something is unread, the
/// mentions; where it is hidden, the events since, up to the first message. Blocks on the disk.
#pragma once

#include "schemas/records.h"
#include "storage/store.h"

#include <cstdint>
#include <optional>
#include <string>

namespace conclave::storage {

struct conversation_row {
  conversation_id conversation{};
  conversation_kind kind{};
  std::string title;
  std::string topic;
  event_seq head{};  ///< newest that the caller may see
  bool member = true;
  member_role role{};  ///< 0: no member
  user_id peer{};      ///< direct: the other one; 0: with oneself
  std::uint64_t unread = 0;
  std::uint64_t mentions = 0;
  event_seq read{};
  std::string last;  ///< the event at `head` as it is shown; empty when larger than max_last_bytes
  time_ms due = 0;   ///< when the body in `last` expires; 0: never
  bool dissolved = false;
  join_policy join{};      ///< 0: it has no such setting
  invite_policy invite{};  ///< 0: it has no such setting
  bool all_muted = false;
  time_ms silenced_until = 0;
  bool external = false;  ///< people of other tenants are in it
  bool hidden = false;    ///< as he set it, until somebody said something after that
};

inline constexpr std::size_t max_last_bytes = 4 * 1024;
inline constexpr std::size_t max_counted_mentions = 100;

/// errc::not_found unless `user` is or was a member. `own`: his index entry. Nothing when the
/// newest event that he sees, his read mark and his entry are all from before `changed_after`.
///
/// `unread` is arithmetic over ordinals, stretch by stretch of what he may see: the number of
/// messages after the mark, one's own among them and those that are gone since. Whoever came later
/// counts from the event that he sees first. `mentions` are rows, which go with their messages: of
/// one that has expired at the event that tells so.
outcome<std::optional<conversation_row>> summarize(const state_view& view, tenant_id tenant,
                                                   user_id user, conversation_id conversation,
                                                   const index_record& own, time_ms now,
                                                   time_ms changed_after = 0);

}  // namespace conclave::storage
