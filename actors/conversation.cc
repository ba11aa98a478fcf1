/// The shell of a conversation's actor; see conversation.h.
#include "actors/conversation.h"

#include "actors/actor_shell.h"
#include "actors/derived_ids.h"
#include "actors/directory.h"
#include "actors/disk_full.h"
#include "actors/inline_rule.h"
#include "actors/own_request.h"
#include "actors/reply_gather.h"
#include "conf/limits.h"
#include "conf/log.h"
#include "schemas/check.h"
#include "schemas/codec.h"
#include "schemas/conversation_messages.h"
#include "schemas/event_messages.h"
#include "schemas/moderation_messages.h"
#include "schemas/shown.h"

#include <algorithm>
#include <iterator>

namespace conclave::actors {

namespace {
constexpr std::uint32_t overload_retry_ms = 50;
constexpr std::uint32_t conflict_retry_ms = 20;

std::uint32_t retry_after_ms(errc code) {
  if (code == errc::conflict) return conflict_retry_ms;
  return code == errc::storage_full ? storage_full_retry_ms : 0;
}
}  // namespace

conversation_shell::conversation_shell(const engine_ports& ports, const entity_ref& entity,
                                       std::uint64_t incarnation, bool recovered, self_port self)
    : ports_(ports),
      entity_(entity),
      incarnation_(incarnation),
      recovered_(recovered),
      self_(std::move(self)) {
  ports_.commits->claim(ports_.shards.shard_of(entity_), entity_, incarnation_, self_.owner);
}

// -- life
// ------------------------------------------------------------------------------------------

void conversation_shell::on_claimed(std::uint64_t version) {
  claimed_version_ = version;
  auto send_loaded = self_.send_loaded;
  const bool taken =
      ports_.on_reader([load = ports_.load_conversation, entity = entity_, send_loaded] {
        auto image = load(entity);
        conversation_loaded news;
        if (image.ok())
          news.image = std::make_shared<storage::conversation_image>(std::move(image).value());
        else
          news.why = image.error().code;
        send_loaded(std::move(news));
      });
  if (!taken) on_loaded({nullptr, errc::overloaded});
}

void conversation_shell::on_loaded(const conversation_loaded& loaded) {
  if (ended_) return;
  if (loaded.image == nullptr) {
    log::warn("conversation", "cannot load",
              {{"tenant", entity_.tenant.value},
               {"conversation", entity_.id},
               {"why", name_of(loaded.why)}});
    return give_up_loading(loaded.why == errc::overloaded);
  }
  state_ = std::make_unique<conversation_state>(entity_.tenant, conversation_id{entity_.id},
                                                *loaded.image);
  state_->number_reviews_from(incarnation_ << 32);
  // The one before may have ended between the commit that emptied bodies and telling of it.
  if (recovered_) ports_.on_gone(entity_.tenant, conversation_id{entity_.id});
  loaded.image->members.clear();
  committed_head_ = state_->head();
  CONCLAVE_CHECK(committed_head_.value >= claimed_version_,
                 "a conversation loads what the writer granted");
  if (committed_head_.value > claimed_version_) {
    // The lead was lost in between, and another node's entries were applied here.
    log::warn("conversation", "somebody else wrote since the writer granted it",
              {{"tenant", entity_.tenant.value}, {"conversation", entity_.id}});
    state_.reset();
    return give_up_loading(false);
  }
  // Nobody knows who was online when these were pushed: the hint goes to all sessions of the user.
  for (const auto& change : state_->unfinished()) order_index(change, push_moment::min());
  for (const auto& entry : state_->unfinished_owed()) order_inbox(entry);
  // Somebody may have left just before the end of the one that was here: what he was the last to
  // read would burn with nobody looking at it.
  if (loaded.image->may_burn && (recovered_ || !state_->unfinished().empty()))
    state_->want_review();
  // The one before may have ended between the commit of a timer and telling of it.
  if (recovered_) ports_.on_timer(ports_.shards.shard_of(entity_), 0);
  if (recovered_ && state_->exists()) {
    hint_at(committed_head_, state_->members());
    for (const auto& [seq, users] : state_->departures()) hint_at(seq, users);
  }
  auto parked = std::exchange(parked_, {});
  parked_requests_ = parked_bytes_ = 0;
  for (auto& batch : parked) judge(*batch);
  propose();
  if (!state_->exists()) try_retire();
}

void conversation_shell::hint_at(event_seq head, const member_list_ref& users) {
  auto hint = std::make_shared<head_hint>();
  hint->tenant = entity_.tenant;
  hint->conversation = conversation_id{entity_.id};
  hint->head = head;
  hint->members = users;
  for (reply_port* loop : ports_.loops) loop->post(std::shared_ptr<const head_hint>(hint));
}

/// Nothing was done of what is parked: it may come again.
void conversation_shell::give_up_loading(bool overloaded) {
  for (auto& batch : parked_)
    for (auto& request : batch->requests)
      request.asked.reject(errc::overloaded, {}, overload_retry_ms);
  if (!overloaded) return end(false);
  ended_ = true;
  ports_.actors->postponed(entity_, incarnation_);
  self_.quit();
}

void conversation_shell::on_doze() {
  // Asleep nobody would give again what was lost.
  give_orders_again(0, 0);
  if (state_ != nullptr && (state_->has_job() || state_->reviewing())) {
    state_->stalled();
    propose();
  }
  rest();
}

void conversation_shell::rest() {
  if (ordered_.empty() && ordered_inbox_.empty()) try_retire();
}

void conversation_shell::try_retire() {
  if (ended_ || state_ == nullptr || !in_flight_.empty() || state_->has_draft() ||
      state_->has_job() || state_->reviewing())
    return;
  if (!ports_.actors->retire(entity_, incarnation_, seen_)) return;
  ports_.commits->release(entity_, incarnation_);
  ended_ = true;
  self_.quit();
}

void conversation_shell::on_stop() {
  if (ended_) return;
  ended_ = true;
  self_.quit();
}

void conversation_shell::end(bool respawn) {
  if (ended_) return;
  ended_ = true;
  ports_.actors->crashed(entity_, incarnation_, respawn);
  self_.quit();
}

void conversation_shell::on_crash(const char* what) {
  log::error("conversation", "actor crashed",
             {{"tenant", entity_.tenant.value}, {"conversation", entity_.id}, {"what", what}});
  // One that cannot even load would crash for ever: it waits for the next request instead.
  end(state_ != nullptr);
}

// -- work
// ------------------------------------------------------------------------------------------

void conversation_shell::on_work(const conversation_work& work) {
  if (ended_) return;
  ++seen_;
  if (ports_.fault) ports_.fault(entity_);
  if (state_ == nullptr) {
    std::size_t bytes = 0;
    for (const auto& request : work.batch->requests)
      if (request.more != nullptr) bytes += request.more->image.bytes();
    if (parked_requests_ + work.batch->requests.size() > limits::max_parked_requests ||
        (parked_bytes_ > 0 && parked_bytes_ + bytes > limits::max_parked_bytes)) {
      for (auto& request : work.batch->requests)
        request.asked.reject(errc::overloaded, {}, overload_retry_ms);
      return;
    }
    parked_requests_ += work.batch->requests.size();
    parked_bytes_ += bytes;
    parked_.push_back(work.batch);
    return;
  }
  give_lost_orders_again();
  judge(*work.batch);
  propose();
  if (!state_->exists()) try_retire();
}

void conversation_shell::judge(conversation_batch& batch) {
  const auto policy = ports_.policy_of(entity_.tenant);
  const rule_context context{ports_.now(), policy.get(), ports_.disk()};
  for (conversation_request& request : batch.requests) {
    judge_one(request, batch, context);
    if (state_->draft_redo_bytes() >= limits::max_draft_redo_bytes) propose();
  }
  if (state_->take_review()) review_when_committed();
  if (auto stale = state_->take_stale_timers(); !stale.empty()) look_again(std::move(stale));
}

void conversation_shell::judge_one(conversation_request& request, const conversation_batch& batch,
                                   rule_context context) {
  const auto gather = request.more != nullptr ? request.more->gather : nullptr;
  // Nobody would ask again for a look at what burns, and it is one event at most.
  const bool spared = request.verb == conversation_verb::review_burning;
  // Readers of what burns hold up one another, and nobody else.
  const bool too_many_bodies = request.verb == conversation_verb::open &&
                               waiting_body_bytes_ >= limits::max_uncommitted_bytes;
  const bool full = too_many_bodies ||
                    uncommitted_events_ + draft_tickets_.size() >= limits::max_uncommitted_events ||
                    uncommitted_bytes_ + state_->draft_bytes() >= limits::max_uncommitted_bytes;
  if (full && !spared) {
    request.asked.reject(errc::overloaded, {}, overload_retry_ms);
    if (gather) gather->failed(errc::overloaded);
    return;
  }
  if (request.verb == conversation_verb::forward && request.more != nullptr)
    context.origin_changed = request.more->origin_gone_count !=
                             ports_.gone_count(entity_.tenant, request.more->origin_conversation);
  const std::size_t events_before = state_->head().value;
  ruling r = state_->rule(request, batch, context);
  // What the node says besides: a founding before a notice, two kinds of gone bodies.
  const std::size_t events = state_->head().value - events_before;
  const bool in_place = r.what == ruling::kind::sequenced;
  for (std::size_t i = in_place ? 1 : 0; i < events; ++i) draft_tickets_.emplace_back();
  waiting_answer answer;
  switch (r.what) {
    case ruling::kind::sequenced:
      draft_tickets_.push_back(std::move(request.asked));
      break;
    case ruling::kind::repeated:
      if (request.verb == conversation_verb::notice) r.reply = reply_kind::done;
      answer.frame = answer_frame(request, r);
      answer.asked = std::move(request.asked);
      answer.gather = gather;
      if (r.seq <= committed_head_)
        give(answer);
      else
        late_.push_back({r.seq, std::move(answer)});
      break;
    case ruling::kind::announced:
    case ruling::kind::changed:
      answer.frame = answer_frame(request, r);
      answer.asked = std::move(request.asked);
      answer.gather = gather;
      answer.due = r.due;
      answer_when_committed(std::move(answer));
      break;
    case ruling::kind::signalled:
      post_typing(request);
      request.asked.answer_with(answer_frame(request, r));
      break;
    case ruling::kind::rejected:
      request.asked.reject(r.code, r.detail, retry_after_ms(r.code));
      if (gather) gather->failed(r.code);
      break;
  }
}

void conversation_shell::answer_when_committed(waiting_answer answer) {
  if (!state_->has_draft() && in_flight_.empty()) return give(answer);
  if (answer.due != 0) waiting_body_bytes_ += answer.frame.size();
  (state_->has_draft() ? draft_answers_ : in_flight_.back().answers).push_back(std::move(answer));
}

/// What burns is read from the store: also what was said just before somebody left.
void conversation_shell::review_when_committed() {
  const std::uint64_t number = state_->wanted_review();
  if (state_->has_draft())
    draft_review_ = number;
  else if (!in_flight_.empty())
    in_flight_.back().review = number;
  else
    review_burning(number);
}

void conversation_shell::give(waiting_answer& answer) const {
  // It was opened, and too late: `gone` would say that nothing was done (P9).
  if (answer.due != 0 && is_due(answer.due, ports_.now()))
    answer.asked.reject(errc::outcome_unknown);
  else
    answer.asked.answer_with(std::move(answer.frame));
  if (answer.gather) answer.gather->done();
}

void conversation_shell::propose() {
  // One order per member of a step: the next waits until most of them are given.
  if (state_->has_job() && in_flight_.empty() && to_order_.size() < limits::max_job_step / 2)
    state_->job_step();
  if (state_->take_review()) review_when_committed();
  if (!state_->has_draft()) {
    if (state_->remembers_too_much()) rest();
    return;
  }
  // Housekeeping alone waits for company while something is on its way.
  if (draft_tickets_.empty() && !in_flight_.empty() &&
      state_->draft_redo_bytes() < limits::max_draft_redo_bytes)
    return;
  in_flight next;
  next.work = state_->take_draft();
  next.asked = std::exchange(draft_tickets_, {});
  next.answers = std::exchange(draft_answers_, {});
  next.review = std::exchange(draft_review_, 0);
  storage::proposal p;
  p.shard = ports_.shards.shard_of(entity_);
  p.epoch = ports_.commits->epoch_of(p.shard);
  p.entity = entity_;
  p.incarnation = incarnation_;
  p.expected_version = next.work.expected_version;
  p.new_version = next.work.new_version;
  p.time = next.work.time;
  p.redo = std::exchange(next.work.redo, {});
  p.brief =
      !state_->has_job() && passes_on_inline(next.work, next.answers.size(), ports_.loops.size());
  p.owner = self_.owner;
  uncommitted_events_ += next.asked.size();
  uncommitted_bytes_ += next.work.part.frames->size();
  in_flight_.push_back(std::move(next));
  ports_.commits->submit(std::move(p));
}

void conversation_shell::on_resolved(const storage::resolution& news) {
  if (ended_ || news.incarnation != incarnation_) return;
  if (!news.committed) {
    log::warn("conversation", "proposal refused",
              {{"tenant", entity_.tenant.value}, {"conversation", entity_.id}});
    end(true);
    return;
  }
  CONCLAVE_CHECK(news.proposals <= in_flight_.size(), "only what was proposed is settled");
  auto told = std::make_shared<delivery>();
  told->tenant = entity_.tenant;
  told->conversation = conversation_id{entity_.id};
  std::vector<membership_change> changes;
  std::vector<owed_entry> owed;
  std::vector<signal> signals;
  std::vector<waiting_answer> answers;
  std::uint64_t review = 0;
  for (std::uint32_t i = 0; i < news.proposals; ++i) {
    in_flight settled = std::move(in_flight_.front());
    in_flight_.pop_front();
    draft& work = settled.work;
    review = std::max(review, settled.review);
    uncommitted_events_ -= settled.asked.size();
    uncommitted_bytes_ -= work.part.frames->size();
    for (const waiting_answer& answer : settled.answers)
      if (answer.due != 0) waiting_body_bytes_ -= answer.frame.size();
    changes.insert(changes.end(), work.changes.begin(), work.changes.end());
    owed.insert(owed.end(), work.owed.begin(), work.owed.end());
    std::move(work.signals.begin(), work.signals.end(), std::back_inserter(signals));
    std::move(settled.answers.begin(), settled.answers.end(), std::back_inserter(answers));
    // Before anybody is told: a reader with an older view must not send what is gone.
    if (work.empties_bodies) ports_.on_gone(entity_.tenant, conversation_id{entity_.id});
    if (work.earliest_due != 0) ports_.on_timer(ports_.shards.shard_of(entity_), work.earliest_due);
    if (settled.asked.empty()) continue;
    auto& part = work.part;
    for (std::size_t e = 0; e < part.events.size(); ++e) {
      part.events[e].port = settled.asked[e].port();
      part.events[e].origin = settled.asked[e].disarm();
    }
    committed_head_ = part.events.back().seq;
    if (part.first_expiry != 0) leave_out_expired(part, ports_.now());
    told->parts.push_back(std::move(part));
  }
  // What an answer carries may be taken back by an event that was committed with it.
  for (waiting_answer& answer : answers)
    if (answer.due != 0) give(answer);
  const push_moment pushed = std::chrono::steady_clock::now();
  if (!told->parts.empty())
    for (reply_port* loop : ports_.loops) loop->post(std::shared_ptr<const delivery>(told));
  for (waiting_answer& answer : answers)
    if (answer.due == 0) give(answer);
  answer_late(committed_head_);
  for (signal& news_of : signals) {
    news_of.members = state_->members();  // whoever was removed meanwhile hears nothing (P4)
    const auto shared = std::make_shared<const signal>(std::move(news_of));
    for (reply_port* loop : ports_.loops) loop->post(shared);
  }
  for (const auto& change : changes) order_index(change, pushed);
  for (const auto& entry : owed) order_inbox(entry);
  if (review != 0) review_burning(review);
  propose();
}

void conversation_shell::answer_late(event_seq committed) {
  while (!late_.empty() && late_.front().seq <= committed) {
    waiting_answer answer = std::move(late_.front().what);
    late_.pop_front();
    give(answer);
  }
}

void conversation_shell::post_typing(const conversation_request& request) {
  auto news = std::make_shared<signal>();
  news->what = signal::kind::typing;
  news->tenant = entity_.tenant;
  news->conversation = conversation_id{entity_.id};
  news->user = request.user;
  news->stopped = request.more->removed;
  news->members = state_->members();
  for (reply_port* loop : ports_.loops) loop->post(std::shared_ptr<const signal>(news));
}

void conversation_shell::look_again(std::vector<keys::timer_key> timers) {
  // Not taken by a full pool: the timer service gives them out again.
  ports_.on_reader([ports = &ports_, entity = entity_, timers = std::move(timers)] {
    request_details details;
    for (const keys::timer_key& key : timers) {
      auto image = ports->load_target(entity, key.reader, key.seq);
      if (image.ok()) details.due.push_back({key, std::move(*image)});
    }
    if (details.due.empty()) return;
    deliver_own_request(*ports, entity, conversation_verb::due, std::move(details));
  });
}

void conversation_shell::review_burning(std::uint64_t number) {
  const bool taken =
      ports_.on_reader([ports = &ports_, entity = entity_, members = state_->members(), number] {
        auto over = ports->load_burned_out(entity, members->users);
        if (!over.ok()) {
          log::error("conversation", "cannot read what burns",
                     {{"tenant", entity.tenant.value}, {"why", over.error().detail}});
          return;  // looked at again when the actor dozes
        }
        request_details details;
        details.burned_out = std::move(*over);
        details.review = number;
        deliver_own_request(*ports, entity, conversation_verb::review_burning, std::move(details));
      });
  if (!taken) state_->want_review();  // with the next work
}

std::string conversation_shell::answer_frame(const conversation_request& request,
                                             const ruling& r) const {
  const std::uint64_t correlation = request.asked.to().correlation;
  const conversation_id id = home_of(request.user).conversation;
  std::string frame;
  switch (r.reply) {
    case reply_kind::ok:
      append_frame(frame, correlation, ok_answer{r.seq, r.time});
      break;
    case reply_kind::created:
      append_frame(frame, correlation, conversation_created{id, r.time});
      break;
    case reply_kind::done:
      append_frame(frame, correlation, done_answer{});
      break;
    case reply_kind::joined:
      append_frame(frame, correlation, join_answered{id, join_state::joined});
      break;
    case reply_kind::awaiting_join:
      append_frame(frame, correlation, join_answered{id, join_state::awaiting_approval});
      break;
    case reply_kind::declined:
      append_frame(frame, correlation, join_answered{id, join_state::declined});
      break;
    case reply_kind::awaiting_approval:
      frame = error_frame(correlation, errc::awaiting_approval);
      break;
    case reply_kind::join_code:
      append_frame(frame, correlation, conclave::join_code{r.body});
      break;
    case reply_kind::opened:
      append_frame(frame, correlation, opened{id, r.seq, r.time, {r.body}});
      break;
  }
  return frame;
}

// -- the actor
// -------------------------------------------------------------------------------------

namespace {

using self_pointer = conversation_actor::stateful_pointer<shell_holder<conversation_shell>>;

conversation_actor::behavior_type behave(self_pointer self, const engine_ports* ports,
                                         entity_ref entity, std::uint64_t incarnation,
                                         bool recovered) {
  const auto me = caf::actor_cast<conversation_actor>(self);
  conversation_shell::self_port port;
  port.owner = std::make_shared<actor_owner<conversation_actor>>(me);
  port.send_loaded = [me](conversation_loaded loaded) { tell_urgent(me, std::move(loaded)); };
  port.quit = [self] { self->quit(); };
  self->state.shell =
      std::make_unique<conversation_shell>(*ports, entity, incarnation, recovered, std::move(port));
  using shell = conversation_shell;
  return {
      handler<conversation_work>(self, [](shell& s, const auto& m) { s.on_work(m); }),
      handler<proposals_resolved>(self, [](shell& s, const auto& m) { s.on_resolved(m.news); }),
      handler<claim_granted>(self, [](shell& s, const auto& m) { s.on_claimed(m.version); }),
      handler<conversation_loaded>(self, [](shell& s, const auto& m) { s.on_loaded(m); }),
      handler<index_learnt>(self, [](shell& s, const auto& m) { s.on_index_learnt(m); }),
      handler<inbox_learnt>(self, [](shell& s, const auto& m) { s.on_inbox_learnt(m); }),
      handler<doze>(self, [](shell& s, const auto&) { s.on_doze(); }),
      handler<stop_now>(self, [](shell& s, const auto&) { s.on_stop(); }),
  };
}

}  // namespace

conversation_actor spawn_conversation(caf::actor_system& system, const engine_ports& ports,
                                      const entity_ref& entity, std::uint64_t incarnation,
                                      bool recovered) {
  return system.spawn(behave, &ports, entity, incarnation, recovered);
}

}  // namespace conclave::actors
