/// What an edit, recall, reaction, pin, forward or opening needs to know of the message that it is
/// about, from one view. The conversation's actor does not keep its messages: whoever asks reads
/// the target on the reader pool first, and the actor judges what was read, or answers `conflict`
/// when the target has been rewritten since `as_of`.
///
/// Blocks on the disk. Bound: one message with its versions and one user's reactions, some 6 MB; of
/// burned_out the messages that were asked for.
#pragma once

#include "schemas/records.h"
#include "storage/store.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace conclave::storage {

struct target_image {
  event_seq as_of{};    ///< head of the view it was read from
  log_index applied{};  ///< log entry at which the view stands
  bool found = false;   ///< the row exists
  std::string event;    ///< its bytes, as they lie
  /// The `edited` events about it that have a version row: seq and row, ascending.
  std::vector<std::pair<event_seq, std::string>> edits;
  bool edits_left_out = false;         ///< wished for, but the asker may do nothing that needs them
  std::vector<std::string> reactions;  ///< of the asker
  std::optional<burn_record> burn;
  std::string burn_body;

  /// What it holds in memory, nearly all of it in bodies.
  std::size_t bytes() const {
    std::size_t sum = event.size() + burn_body.size();
    for (const auto& [seq, row] : edits) sum += row.size();
    return sum;
  }
};

/// What is read of a message beside its row: bodies can be large, and few need them. Edits are for
/// what empties bodies, or counts them; the body of a burning message is for who opens it.
struct target_wish {
  bool edits = false;
  bool burn_body = false;
};

/// Where a view stands for all targets of one conversation.
struct target_place {
  event_seq head{};
  log_index applied{};
};
outcome<target_place> target_place_of(const state_view& view, tenant_id tenant,
                                      conversation_id conversation);

/// Who may do what, and whether the asker sees the target, is the conversation's to say; what this
/// leaves out for somebody without a role is named in the image.
outcome<target_image> load_target(const state_view& view, tenant_id tenant,
                                  conversation_id conversation, user_id asker, event_seq target,
                                  target_wish wish);
/// One of many: `place` is that of the same view and conversation. `asker` 0: nobody's reactions.
outcome<target_image> load_target(const state_view& view, const target_place& place,
                                  tenant_id tenant, conversation_id conversation, user_id asker,
                                  event_seq target, target_wish wish);

/// Burning messages that nobody of `members` may open any more.
struct burned_out {
  std::vector<std::pair<event_seq, target_image>> messages;  ///< without bodies
  bool more = false;                                         ///< than the limit
};
/// `members`: ascending. Reads the records of all that burns, and at most `limit` messages.
outcome<burned_out> load_burned_out(const state_view& view, tenant_id tenant, conversation_id id,
                                    const std::vector<user_id>& members, std::size_t limit);

struct forward_source {
  event_kind kind{};
  std::string body;
  user_id sender{};
  time_ms time = 0;
  time_ms due = 0;  ///< its body expires then; 0: never
  target_place place;
};

/// errc::not_found: the asker does not see it; invalid_argument: no message, or a burning one;
/// gone: gone by now.
outcome<forward_source> load_forward_source(const state_view& view, tenant_id tenant,
                                            conversation_id conversation, user_id asker,
                                            event_seq seq, time_ms now);

}  // namespace conclave::storage
