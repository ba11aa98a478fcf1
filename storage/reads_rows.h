/// What the reads of a conversation share: finding its head, its records, walking its rows.
/// Internal to storage/reads_*.cc. Each function reads the view it is given; a row that does not
/// decode is errc::corrupt, never passed over.
#pragma once

#include "schemas/records.h"
#include "schemas/shown.h"
#include "storage/store.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace conclave::storage {

inline failure damaged(std::string_view what) {
  return failure{errc::corrupt, std::string(what) + " of the state is damaged"};
}

/// A row by key; `not_found` passes through.
template <class Record>
outcome<Record> get_record(const state_view& view, const std::string& key) {
  const auto bytes = view.get(key);
  if (!bytes) return bytes.error();
  return decode_record<Record>(*bytes);
}

/// The same of a row that may be absent.
template <class Record>
outcome<std::optional<Record>> find_record(const state_view& view, const std::string& key) {
  auto record = get_record<Record>(view, key);
  if (record) return std::optional<Record>(std::move(*record));
  if (record.error().code == errc::not_found) return std::optional<Record>();
  return std::move(record).error();
}

/// Decodes a row and hands it on.
template <class Record, class Use>
failure with(std::string_view bytes, const Use& use) {
  auto record = decode_record<Record>(bytes);
  if (!record) return record.error();
  use(std::move(*record));
  return failure{errc::ok, {}};
}

/// Walks rows of `t`; `use` returns a failure, whose code ok means: go on.
template <class Use>
status each_row(const state_view& view, table t, const keys::range& range, const Use& use) {
  failure damage{errc::ok, {}};
  const status scanned = view.scan(range, [&](std::string_view key, std::string_view value) {
    const auto parts = keys::parse(t, key);
    damage = parts ? use(*parts, value) : damaged("a key");
    return damage.code == errc::ok;
  });
  if (!scanned) return scanned.error();
  if (damage.code != errc::ok) return damage;
  return done{};
}

/// All rows of `t` below a conversation.
template <class Use>
status each_row(const state_view& view, table t, tenant_id tenant, std::uint64_t id,
                const Use& use) {
  return each_row(view, t, keys::all_of(t, tenant, id), use);
}

/// The newest event row of a conversation: its seq, and its bytes when somebody asks. 0: none.
outcome<event_seq> head_of(const state_view& view, tenant_id tenant, conversation_id id,
                           std::string* bytes = nullptr);

/// Who reads a conversation's rows, and when.
struct reading {
  member_record member;
  event_seq head{};  ///< of the conversation, in the view
  event_seq last{};  ///< newest seq that the member may see; 0: none
  time_ms now = 0;
};
/// errc::not_found unless `reader` is or was a member. `head_row`: the newest event's, if asked
/// for.
outcome<reading> reading_of(const state_view& view, tenant_id tenant, conversation_id conversation,
                            user_id reader, time_ms now, std::string* head_row = nullptr);

/// The conversation and the row of somebody who is in it now. errc::not_found for strangers, for
/// who has left, and for everybody once it is dissolved, whatever the member rows still say.
struct present_member {
  conversation_record conversation;
  member_record member;
};
outcome<present_member> present_member_of(const state_view& view, tenant_id tenant,
                                          conversation_id conversation, user_id user);

/// What a member may see between two seqs, as closed stretches in ascending order.
std::vector<visible_span> stretches(const member_record& member, event_seq low, event_seq high);

/// When a body that is served at `now` expires; 0: never, or it is gone already.
inline time_ms due_after(const event_header& event, time_ms now) {
  return event.expires > now && !event.is_gone() ? event.expires : 0;
}

/// The earlier of two times of which 0 is never.
inline time_ms sooner(time_ms a, time_ms b) {
  if (a == 0 || b == 0) return std::max(a, b);
  return std::min(a, b);
}

/// A row of the event table as the reader is shown it: `row` itself, or what takes its place, which
/// `scratch` then holds. That is the row without its body once its time is over; and, for who has
/// left, what an edited message was when he did. errc::not_found: he does not see its seq.
outcome<std::string_view> shown_row(const state_view& view, tenant_id tenant,
                                    conversation_id conversation, const reading& who,
                                    const event_header& header, std::string_view row,
                                    std::string& scratch);

/// One event as the reader is shown it. errc::not_found: he does not see it, or there is none.
struct shown_event {
  event_header header;
  std::string row;
  /// The body is gone, by its row or by the clock.
  bool gone = false;
};
outcome<shown_event> get_shown(const state_view& view, tenant_id tenant,
                               conversation_id conversation, const reading& who, event_seq seq);

}  // namespace conclave::storage
