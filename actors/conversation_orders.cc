/// What a conversation orders from its users' registrars: changes of membership for their indexes,
/// entries for their inboxes. Each order is a durable row until the registrar has learnt it.
///
/// An order can be lost: its registrar had too much to do, or crashed. Who has not learnt one for
/// its patience is given it again, whatever happens to the others. A part of the shell
/// (conversation.h).
#include "actors/conversation.h"
#include "actors/derived_ids.h"
#include "actors/directory.h"

#include <algorithm>

namespace conclave::actors {

namespace {

/// An index that knows of a change already says so at once.
constexpr time_ms index_patience_ms = 5'000;
/// An inbox gets an entry that was only slow for a second time.
constexpr time_ms inbox_patience_ms = 15'000;
/// There may be many orders, and there is a look at them with each batch.
constexpr time_ms look_every_ms = 1'000;

}  // namespace

conversation_shell::user_home conversation_shell::home_of(user_id user) const {
  const conversation_id id{entity_.id};
  const auto external = state_->external(user);
  if (!external) return {{entity_kind::user, entity_.tenant, user.value}, id, {}};
  return {{entity_kind::user, external->home_tenant, external->home_user.value},
          link_id(ports_.cluster, external->home_tenant, entity_.tenant, id),
          seat{entity_.tenant, id, user}};
}

void conversation_shell::give_lost_orders_again() {
  if (ordered_.empty() && ordered_inbox_.empty()) return;
  const time_ms now = ports_.now();
  if (now < orders_looked_at_ + look_every_ms) return;
  orders_looked_at_ = now;
  give_orders_again(index_patience_ms, inbox_patience_ms);
}

void conversation_shell::give_orders_again(time_ms index_older_than, time_ms inbox_older_than) {
  const time_ms now = ports_.now();
  for (auto& [at, given] : ordered_)
    if (now >= given.when + index_older_than) give_index_order(at.first, at.second, given);
  for (auto& [slot, given] : ordered_inbox_)
    if (now >= given.when + inbox_older_than) give_inbox_order(given);
}

// -- indexes
// ---------------------------------------------------------------------------------------

void conversation_shell::order_index(const membership_change& change, push_moment pushed) {
  if (ordered_.size() >= max_open_index_orders) {
    to_order_.push_back({change, pushed});
    return;
  }
  index_order_given& given = ordered_[{change.seq, change.user}];
  // A guest's sessions learn of his first conversation here from this order: they had no push.
  given = {change.member, home_of(change.user).link ? push_moment::min() : pushed};
  give_index_order(change.seq, change.user, given);
}

void conversation_shell::give_index_order(event_seq seq, user_id user, index_order_given& given) {
  given.when = ports_.now();
  const user_home home = home_of(user);
  auto order = std::make_shared<registrar_request>();
  order->order = index_order{home.conversation, seq, given.member, home.link};
  ports_.actors->deliver_to_registrar(home.registrar, registrar_work{std::move(order)});
}

void conversation_shell::on_index_learnt(const index_learnt& learnt) {
  if (ended_) return;
  ++seen_;
  if (state_ == nullptr) return;  // loading: the intent is still there and will be ordered again
  const auto given = ordered_.extract({learnt.seq, learnt.user});
  while (!to_order_.empty() && ordered_.size() < max_open_index_orders) {
    const index_order_waiting next = to_order_.front();
    to_order_.pop_front();
    order_index(next.change, next.pushed);
  }
  // Who logged in between the push and this moment has neither heard of the conversation nor found
  // it in his listing. He was added by this seq, so he may know of it.
  if (given && given.mapped().member) {
    auto hint = std::make_shared<head_hint>();
    hint->tenant = entity_.tenant;
    hint->conversation = conversation_id{entity_.id};
    hint->head = learnt.seq;
    hint->only = learnt.user;
    hint->logged_in_after = given.mapped().pushed;
    for (reply_port* loop : ports_.loops) loop->post(std::shared_ptr<const head_hint>(hint));
  }
  state_->index_learnt(learnt.seq, learnt.user);
  propose();
}

// -- inboxes
// ---------------------------------------------------------------------------------------

void conversation_shell::order_inbox(const owed_entry& entry) {
  const auto [at, fresh] =
      ordered_inbox_.try_emplace({entry.user, entry.kind, entry.slot}, inbox_order_given{entry});
  if (fresh) return give_inbox_order(at->second);
  at->second.entry = entry;
  at->second.again = true;
}

void conversation_shell::give_inbox_order(inbox_order_given& given) {
  given.when = ports_.now();
  given.again = false;
  const owed_entry& entry = given.entry;
  const user_home home = home_of(entry.user);
  auto order = std::make_shared<registrar_request>();
  order->order =
      inbox_order{entry.kind, home.conversation, entry.at, entry.about, entry.slot, home.link};
  ports_.actors->deliver_to_registrar(home.registrar, registrar_work{std::move(order)});
}

void conversation_shell::on_inbox_learnt(const inbox_learnt& learnt) {
  if (ended_) return;
  ++seen_;
  if (state_ == nullptr) return;  // loading: the owed row is still there and will be ordered again
  const auto at = ordered_inbox_.find({learnt.user, learnt.kind, learnt.slot});
  if (at == ordered_inbox_.end()) return;  // ordered twice, or by an earlier incarnation
  inbox_order_given& given = at->second;
  if (given.again) return give_inbox_order(given);
  // Of an order before this one, which is still on its way.
  if (learnt.at != given.entry.at || learnt.about != given.entry.about) return;
  ordered_inbox_.erase(at);
  // A newer entry has the row by now, and will be ordered when it is committed.
  const auto owes = [&](const auto& work) {
    return work.owes_inbox(learnt.user, learnt.kind, learnt.slot);
  };
  if (owes(*state_) || std::any_of(in_flight_.begin(), in_flight_.end(),
                                   [&](const in_flight& f) { return owes(f.work); })) {
    return;
  }
  state_->inbox_learnt(learnt.user, learnt.kind, learnt.slot);
  propose();
}

}  // namespace conclave::actors
