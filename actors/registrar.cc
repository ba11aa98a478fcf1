/// One request at a time: plan, propose, answer; see registrar.h.
#include "actors/registrar.h"

#include "actors/actor_shell.h"
#include "actors/directory.h"
#include "actors/disk_full.h"
#include "actors/external.h"
#include "actors/provisioning.h"
#include "conf/limits.h"
#include "conf/log.h"

#include <type_traits>
#include <variant>

namespace conclave::actors {

namespace {
constexpr std::uint32_t overload_retry_ms = 100;

void refuse_request(registrar_request& request, errc code, const std::string& detail,
                    std::uint32_t retry_after_ms = 0) {
  if (request.waiter != nullptr) request.waiter->refused(code, detail);
  request.asked.reject(code, detail, retry_after_ms);
}

/// Nobody waits for it and nobody gives it again: it is done when there is room.
bool is_owed(const registrar_request& request) {
  if (request.asked.armed() || request.waiter != nullptr) return false;
  return std::visit(
      [](const auto& order) {
        using kind = std::decay_t<decltype(order)>;
        return std::is_same_v<kind, former_over_order> || std::is_same_v<kind, end_device_order>;
      },
      request.order);
}

bool is_about_access(const registrar_request& request) {
  return std::visit(
      [](const auto& order) {
        using kind = std::decay_t<decltype(order)>;
        return std::is_same_v<kind, issue_device_order> ||
               std::is_same_v<kind, renew_token_order> || std::is_same_v<kind, former_over_order> ||
               std::is_same_v<kind, end_device_order> || std::is_same_v<kind, set_password_order> ||
               std::is_same_v<kind, rehash_order>;
      },
      request.order);
}

}  // namespace

registrar_shell::registrar_shell(const engine_ports& ports, const entity_ref& entity,
                                 std::uint64_t incarnation, self_port self)
    : ports_(ports), entity_(entity), incarnation_(incarnation), self_(std::move(self)) {
  ports_.commits->claim(ports_.shards.shard_of(entity_), entity_, incarnation_, self_.owner);
}

void registrar_shell::on_work(const registrar_work& work) {
  if (ended_) return;
  ++seen_;
  request_queue& queue = is_about_access(*work.request) ? access_ : others_;
  const std::size_t most = limits::max_parked_requests * (is_owed(*work.request) ? 2 : 1);
  if (queue.size() >= most) {
    // The order of a conversation has no ticket; it stays owed and is given again later.
    refuse_request(*work.request, errc::overloaded, {}, overload_retry_ms);
    return;
  }
  queue.push_back(work.request);
  begin_next();
}

void registrar_shell::on_claimed(std::uint64_t version) {
  if (ended_) return;
  version_ = version;
  phase_ = phase::idle;
  begin_next();
}

void registrar_shell::begin_next() {
  request_queue kept;
  while (phase_ == phase::idle && take_next()) {
    phase_ = phase::planning;
    const bool taken = ports_.on_reader([plan = ports_.plan, entity = entity_, request = current_,
                                         version = version_ + 1, send = self_.send_planned] {
      send({std::make_shared<registrar_plan>(plan(entity, *request, version))});
    });
    if (taken) break;
    phase_ = phase::idle;
    auto refused = std::exchange(current_, nullptr);
    if (is_owed(*refused))
      kept.push_back(std::move(refused));
    else
      refuse_request(*refused, errc::overloaded, {}, overload_retry_ms);
  }
  if (kept.empty()) return;
  access_.insert(access_.begin(), kept.begin(), kept.end());
  if (phase_ == phase::idle) ports_.actors->rouse(entity_, incarnation_);
}

bool registrar_shell::take_next() {
  request_queue& queue =
      access_.empty() || (others_are_next_ && !others_.empty()) ? others_ : access_;
  if (queue.empty()) return false;
  others_are_next_ = &queue == &access_;
  current_ = std::move(queue.front());
  queue.pop_front();
  return true;
}

void registrar_shell::on_planned(const registrar_planned& planned) {
  if (ended_) return;
  plan_ = planned.plan;
  if (plan_->refused != errc::ok) {
    if (plan_->refused == errc::io_error || plan_->refused == errc::corrupt)
      log::error("registrar", "cannot read what a request needs",
                 {{"tenant", entity_.tenant.value}, {"id", entity_.id}, {"why", plan_->detail}});
    refuse_current(plan_->refused, plan_->detail);
    return;
  }
  if (plan_->redo.empty()) {  // done before; the store already says so
    finish_current();
    return;
  }
  if (refused_by_disk(*current_, ports_.disk()))
    return refuse_current(errc::storage_full, {}, storage_full_retry_ms);
  phase_ = phase::committing;
  storage::proposal p;
  p.shard = ports_.shards.shard_of(entity_);
  p.epoch = ports_.commits->epoch_of(p.shard);
  p.entity = entity_;
  p.incarnation = incarnation_;
  p.expected_version = version_;
  p.new_version = version_ + 1;
  p.time = ports_.now();
  p.redo = std::exchange(plan_->redo, {});
  p.owner = self_.owner;
  ports_.commits->submit(std::move(p));
}

void registrar_shell::refuse_current(errc code, const std::string& detail,
                                     std::uint32_t retry_after_ms) {
  refuse_request(*std::exchange(current_, nullptr), code, detail, retry_after_ms);
  phase_ = phase::idle;
  begin_next();
}

void registrar_shell::on_resolved(const storage::resolution& news) {
  if (ended_ || news.incarnation != incarnation_) return;
  if (!news.committed) {
    log::warn("registrar", "proposal refused",
              {{"tenant", entity_.tenant.value}, {"id", entity_.id}});
    end();
    return;
  }
  version_ = news.version;
  finish_current();
}

void registrar_shell::finish_current() {
  const auto request = std::exchange(current_, nullptr);
  const auto plan = std::exchange(plan_, nullptr);
  phase_ = phase::idle;
  // Before the answer: what it promises is in force.
  if (plan->new_policy != nullptr) ports_.policy_changed(entity_.tenant, plan->new_policy);
  if (!plan->issue_to.empty())
    start_provisioning(*ports_.actors, entity_.tenant, std::get<provision_order>(request->order),
                       plan->issue_to, std::move(request->asked));
  if (const auto* order = std::get_if<admit_external_order>(&request->order))
    go_on_with(ports_, entity_.tenant, *order, plan->admitted, std::move(request->asked));
  // Before the news: the session that this opens hears of its own device.
  if (request->waiter != nullptr && plan->issued != nullptr) request->waiter->issued(*plan->issued);
  tell(*request, *plan);
  begin_next();
}

/// The answer, the loops, the conversation that ordered it.
void registrar_shell::tell(registrar_request& request, registrar_plan& plan) {
  if (request.asked.armed()) {
    if (plan.answer_at_once || plan.news == nullptr) {
      request.asked.answer_with(std::move(plan.answer));
    } else {
      plan.news->asked = std::move(request.asked);
      plan.news->answer = std::move(plan.answer);
    }
  }
  if (const auto news = std::exchange(plan.news, nullptr))
    for (reply_port* loop : ports_.loops) loop->post(std::shared_ptr<const user_news>(news));
  const user_id me{entity_.id};
  const auto ordered_by = [&](const auto& order) {
    const seat by = order.link.value_or(seat{entity_.tenant, order.conversation, me});
    return std::pair(entity_ref{entity_kind::conversation, by.tenant, by.conversation.value},
                     by.user);
  };
  if (const auto* order = std::get_if<index_order>(&request.order)) {
    const auto [conversation, user] = ordered_by(*order);
    ports_.actors->deliver_to_conversation(conversation, index_learnt{order->seq, user});
  } else if (const auto* owed = std::get_if<inbox_order>(&request.order)) {
    const auto [conversation, user] = ordered_by(*owed);
    ports_.actors->deliver_to_conversation(
        conversation, inbox_learnt{user, owed->kind, owed->slot, owed->at, owed->about});
  }
}

void registrar_shell::on_doze() {
  if (ended_) return;
  begin_next();  // what found no room
  if (phase_ != phase::idle || !access_.empty() || !others_.empty()) return;
  if (!ports_.actors->retire(entity_, incarnation_, seen_)) return;
  ports_.commits->release(entity_, incarnation_);
  ended_ = true;
  self_.quit();
}

void registrar_shell::on_stop() {
  if (ended_) return;
  ended_ = true;
  self_.quit();
}

void registrar_shell::end() {
  if (ended_) return;
  ended_ = true;
  ports_.actors->crashed(entity_, incarnation_, false);
  self_.quit();
}

void registrar_shell::on_crash(const char* what) {
  log::error("registrar", "actor crashed",
             {{"tenant", entity_.tenant.value}, {"id", entity_.id}, {"what", what}});
  end();
}

// -- the actor
// -------------------------------------------------------------------------------------

namespace {

using self_pointer = registrar_actor::stateful_pointer<shell_holder<registrar_shell>>;

registrar_actor::behavior_type behave(self_pointer self, const engine_ports* ports,
                                      entity_ref entity, std::uint64_t incarnation) {
  const auto me = caf::actor_cast<registrar_actor>(self);
  registrar_shell::self_port port;
  port.owner = std::make_shared<actor_owner<registrar_actor>>(me);
  port.send_planned = [me](registrar_planned planned) { tell_urgent(me, std::move(planned)); };
  port.quit = [self] { self->quit(); };
  self->state.shell =
      std::make_unique<registrar_shell>(*ports, entity, incarnation, std::move(port));
  using shell = registrar_shell;
  return {
      handler<registrar_work>(self, [](shell& s, const auto& m) { s.on_work(m); }),
      handler<proposals_resolved>(self, [](shell& s, const auto& m) { s.on_resolved(m.news); }),
      handler<claim_granted>(self, [](shell& s, const auto& m) { s.on_claimed(m.version); }),
      handler<registrar_planned>(self, [](shell& s, const auto& m) { s.on_planned(m); }),
      handler<doze>(self, [](shell& s, const auto&) { s.on_doze(); }),
      handler<stop_now>(self, [](shell& s, const auto&) { s.on_stop(); }),
  };
}

}  // namespace

registrar_actor spawn_registrar(caf::actor_system& system, const engine_ports& ports,
                                const entity_ref& entity, std::uint64_t incarnation) {
  return system.spawn(behave, &ports, entity, incarnation);
}

}  // namespace conclave::actors
