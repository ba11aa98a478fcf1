/// What index orders, inbox orders and a user's settings come to; see plans_inbox.h.
#include "actors/plans_inbox.h"

#include "schemas/account_messages.h"
#include "schemas/codec.h"
#include "storage/reads.h"
#include "storage/reads_account.h"
#include "storage/reads_inbox.h"

namespace conclave::actors {

inbox_entry entry_of(std::uint64_t seq, const inbox_record& r) {
  return {seq, r.kind, r.time, r.conversation, r.at, r.user, r.device, r.number, r.flags, r.text};
}

namespace {

/// Adds one entry and the version row.
registrar_plan with_entry(const storage::state_view& home, const plan_context& context,
                          registrar_plan plan, inbox_record entry, inbox_room room = {}) {
  auto inbox = inbox_draft::begin(home, context, room);
  if (!inbox.ok()) return refuse(inbox.error());
  inbox->add(std::move(entry));
  inbox->put_into(plan);
  put_version(plan, context);
  return plan;
}

}  // namespace

outcome<inbox_draft> inbox_draft::begin(const storage::state_view& home,
                                        const plan_context& context, inbox_room room) {
  inbox_draft draft(context, room);
  auto mark = storage::get_inbox_mark(home, context.entity.tenant, context.user());
  if (!mark.ok()) return std::move(mark).error();
  draft.mark_ = *mark;
  return draft;
}

void inbox_draft::add(inbox_record entry) {
  if (context_.entity.tenant == system_tenant) return;
  entry.time = context_.now;
  fresh_.emplace_back(++mark_.head, std::move(entry));
  if (mark_.first == 0) mark_.first = 1;
}

void inbox_draft::put_into(registrar_plan& plan) {
  if (fresh_.empty()) return;
  const tenant_id tenant = context_.entity.tenant;
  const user_id user = context_.user();
  user_news& news = news_of(plan, context_);
  for (const auto& [seq, record] : fresh_) {
    plan.redo.put(keys::inbox(tenant, user, seq), encode(record));
    append_frame(news.frames, 0, entry_of(seq, record));
  }
  news.inbox_head = mark_.head;
  while (mark_.head - mark_.first + 1 > room_.kept + room_.step)
    for (std::uint64_t i = 0; i < room_.step; ++i)
      plan.redo.erase(keys::inbox(tenant, user, mark_.first++));
  plan.redo.put(keys::inbox_mark(tenant, user), encode(mark_));
  fresh_.clear();
}

registrar_plan plan_index(const storage::state_view& home, const plan_context& context,
                          const index_order& order) {
  const tenant_id tenant = context.entity.tenant;
  index_record record;
  const auto known = storage::get_index(home, tenant, context.user(), order.conversation);
  if (known.ok()) {
    // Ordered again after a crash of either side: the newest change wins. Whoever crashed may not
    // have told the sessions of a guest what the conversation is called here: without it they hear
    // nothing of it.
    if (known->changed >= order.seq) {
      registrar_plan again;
      if (order.link) news_of(again, context).links.emplace_back(order.conversation, *order.link);
      return again;
    }
    record = *known;  // whoever comes back finds his settings
  } else if (known.error().code != errc::not_found) {
    return refuse(known.error());
  }
  record.changed = order.seq;
  record.member = order.member;
  record.touched = context.now;
  registrar_plan plan;
  plan.redo.put(keys::user_conversation(tenant, context.user(), order.conversation),
                encode(record));
  if (order.link) {
    const seat& at = *order.link;
    plan.redo.put(keys::link(tenant, context.user(), order.conversation),
                  encode(link_record{at.tenant, at.conversation, at.user}));
    news_of(plan, context).links.emplace_back(order.conversation, at);
  }
  inbox_record entry;
  entry.kind = order.member ? inbox_kind::conversation_added : inbox_kind::conversation_removed;
  entry.conversation = order.conversation;
  entry.at = order.seq;
  return with_entry(home, context, std::move(plan), std::move(entry));
}

registrar_plan plan_inbox(const storage::state_view& home, const plan_context& context,
                          const inbox_order& order, inbox_room room) {
  const auto user = storage::get_user(home, context.entity.tenant, context.user());
  // Nobody to tell: the conversation need not order it again.
  if (!user.ok() && user.error().code == errc::not_found) return {};
  if (!user.ok()) return refuse(user.error());
  inbox_record entry;
  entry.kind = order.kind;
  entry.conversation = order.conversation;
  entry.at = order.at;
  entry.user = order.about;
  return with_entry(home, context, {}, std::move(entry), room);
}

registrar_plan plan_set_conversation(const storage::state_view& home, const plan_context& context,
                                     std::uint64_t correlation,
                                     const set_conversation_order& order) {
  const tenant_id tenant = context.entity.tenant;
  auto row = storage::get_index(home, tenant, context.user(), order.conversation);
  if (!row.ok())
    return refuse(row.error().code,
                  row.error().code == errc::not_found ? std::string() : row.error().detail);
  registrar_plan plan;
  append_frame(plan.answer, correlation, done_answer{});
  index_record wanted = *row;
  wanted.muted_until = order.muted_until;
  wanted.pinned = order.pinned;
  wanted.hidden = order.hidden;
  if (wanted == *row) return plan;
  wanted.touched = context.now;
  plan.redo.put(keys::user_conversation(tenant, context.user(), order.conversation),
                encode(wanted));
  inbox_record entry;
  entry.kind = inbox_kind::settings;
  entry.conversation = order.conversation;
  entry.number = order.muted_until;
  entry.flags = (order.pinned ? 1u : 0u) | (order.hidden ? 2u : 0u);
  return with_entry(home, context, std::move(plan), std::move(entry));
}

}  // namespace conclave::actors
