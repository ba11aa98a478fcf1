/// The rules of a user's inbox and index: who brings entries in, which seqs they get, what is
/// dropped at the far end. Pure functions of one view, run on the reader pool while the user's
/// registrar lets nothing else in, so that the seq after the newest one is free.
///
/// An order that is given twice, after a crash of either side, may write its entry twice: entries
/// say how things stand. Bound: limits::inbox_kept entries and one step.
#pragma once

#include "actors/plan_parts.h"
#include "conf/limits.h"
#include "schemas/records.h"
#include "storage/store.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace conclave::actors {

/// An entry as it is sent; borrows the record's text.
inbox_entry entry_of(std::uint64_t seq, const inbox_record& r);

/// How long an inbox gets; tests make it short.
struct inbox_room {
  std::uint64_t kept = limits::inbox_kept;
  std::uint64_t step = limits::inbox_trim_step;
};

/// Entries on their way into a plan: in the same proposal as their cause. Operators have no inbox:
/// theirs are passed over.
class inbox_draft {
 public:
  static outcome<inbox_draft> begin(const storage::state_view& home, const plan_context& context,
                                    inbox_room room = {});

  void add(inbox_record entry);  ///< the time is put in here
  std::uint64_t head() const { return mark_.head; }
  /// Rows, news and the far end.
  void put_into(registrar_plan& plan);

 private:
  inbox_draft(const plan_context& context, inbox_room room) : context_(context), room_(room) {}

  plan_context context_;
  inbox_room room_;
  inbox_mark_record mark_;
  std::vector<std::pair<std::uint64_t, inbox_record>> fresh_;
};

registrar_plan plan_index(const storage::state_view& home, const plan_context& context,
                          const index_order& order);
registrar_plan plan_inbox(const storage::state_view& home, const plan_context& context,
                          const inbox_order& order, inbox_room room = {});
registrar_plan plan_set_conversation(const storage::state_view& home, const plan_context& context,
                                     std::uint64_t correlation,
                                     const set_conversation_order& order);

}  // namespace conclave::actors
