/// One request at a time: plan, propose, answer; see registrar.h.
#include "actors/registrar.h"

#include "actors/actor_shell.h"
#include "actors/directory.h"
#include "conf/limits.h"
#include "conf/log.h"

namespace conclave::actors {

namespace {
constexpr std::uint32_t overload_retry_ms = 100;
}

registrar_shell::registrar_shell(const engine_ports& ports, const entity_ref& entity,
                                 std::uint64_t incarnation, self_port self)
    : ports_(ports), entity_(entity), incarnation_(incarnation), self_(std::move(self)) {
  ports_.commits->claim(ports_.shards.shard_of(entity_), entity_, incarnation_, self_.owner);
}

void registrar_shell::on_work(const registrar_work& work) {
  if (ended_) return;
  ++seen_;
  if (queue_.size() >= limits::max_parked_requests) {
    // An index order has no ticket; its intent row stays and is ordered again later.
    work.request->asked.reject(errc::overloaded, {}, overload_retry_ms);
    return;
  }
  queue_.push_back(work.request);
  begin_next();
}

void registrar_shell::on_claimed(std::uint64_t version) {
  if (ended_) return;
  version_ = version;
  phase_ = phase::idle;
  begin_next();
}

void registrar_shell::begin_next() {
  while (phase_ == phase::idle && !queue_.empty()) {
    phase_ = phase::planning;
    const bool taken =
        ports_.on_reader([plan = ports_.plan, entity = entity_, request = queue_.front(),
                          version = version_ + 1, send = self_.send_planned] {
          send({std::make_shared<registrar_plan>(plan(entity, *request, version))});
        });
    if (taken) return;
    phase_ = phase::idle;
    queue_.front()->asked.reject(errc::overloaded, {}, overload_retry_ms);
    queue_.pop_front();
  }
}

void registrar_shell::on_planned(const registrar_planned& planned) {
  if (ended_) return;
  plan_ = planned.plan;
  if (plan_->refused != errc::ok) {
    if (plan_->refused == errc::io_error || plan_->refused == errc::corrupt)
      log::error("registrar", "cannot read what a request needs",
                 {{"tenant", entity_.tenant.value}, {"id", entity_.id}, {"why", plan_->detail}});
    queue_.front()->asked.reject(plan_->refused, plan_->detail);
    queue_.pop_front();
    phase_ = phase::idle;
    begin_next();
    return;
  }
  if (plan_->redo.empty()) {  // done before; the store already says so
    finish_front();
    return;
  }
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

void registrar_shell::on_resolved(const storage::resolution& news) {
  if (ended_ || news.incarnation != incarnation_) return;
  if (!news.committed) {
    log::warn("registrar", "proposal refused",
              {{"tenant", entity_.tenant.value}, {"id", entity_.id}});
    end();
    return;
  }
  version_ = news.version;
  finish_front();
}

void registrar_shell::finish_front() {
  auto request = std::move(queue_.front());
  queue_.pop_front();
  if (request->asked.armed()) request->asked.answer_with(std::move(plan_->answer));
  if (const auto* order = std::get_if<index_order>(&request->order)) {
    ports_.actors->deliver_to_conversation(
        entity_ref{entity_kind::conversation, entity_.tenant, order->conversation.value},
        index_learnt{order->seq, user_id{entity_.id}});
  }
  plan_.reset();
  phase_ = phase::idle;
  begin_next();
}

void registrar_shell::on_doze() {
  if (ended_ || phase_ != phase::idle || !queue_.empty()) return;
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
