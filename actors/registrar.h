/// The shell of the actors whose rows change rarely: the directory of tenants, a tenant, a user.
/// One request at a time: the reader pool works out a plan from the committed state (rules:
/// plans.h), the registrar proposes its rows, and once they are durable answers and tells the loops
/// what is new. A resend finds the rows of the first time. Runs on CAF's workers; owned by the
/// actor.
///
/// Queues: requests waiting their turn, limits::max_parked_requests each; beyond it `overloaded`.
/// An order that follows from a login, for which nobody waits, finds room for as many again, and is
/// kept until the reader pool has room for it. What is about devices and passwords has a queue of
/// its own and takes turns with the rest, which conversations fill: whoever wants to lock out a
/// thief does not wait for them. Each is worked off as it came.
#pragma once

#include "actors/engine_ports.h"
#include "actors/interfaces.h"

#include <deque>
#include <functional>
#include <memory>
#include <string>

namespace conclave::actors {

class registrar_shell {
 public:
  struct self_port {
    std::shared_ptr<storage::proposal_owner> owner;
    std::function<void(registrar_planned)> send_planned;  ///< from any thread
    std::function<void()> quit;
  };

  registrar_shell(const engine_ports& ports, const entity_ref& entity, std::uint64_t incarnation,
                  self_port self);

  void on_work(const registrar_work& work);
  void on_claimed(std::uint64_t version);
  void on_planned(const registrar_planned& planned);
  void on_resolved(const storage::resolution& news);
  void on_doze();
  void on_stop();
  void on_crash(const char* what);

 private:
  enum class phase { claiming, idle, planning, committing };

  using request_queue = std::deque<std::shared_ptr<registrar_request>>;

  void begin_next();
  bool take_next();
  void finish_current();
  void refuse_current(errc code, const std::string& detail, std::uint32_t retry_after_ms = 0);
  void tell(registrar_request& request, registrar_plan& plan);
  void end();

  const engine_ports& ports_;
  entity_ref entity_;
  std::uint64_t incarnation_;
  self_port self_;
  bool ended_ = false;
  phase phase_ = phase::claiming;
  std::uint64_t seen_ = 0;
  std::uint64_t version_ = 0;
  request_queue access_;  ///< devices and passwords
  request_queue others_;
  bool others_are_next_ = false;
  std::shared_ptr<registrar_request> current_;
  std::shared_ptr<registrar_plan> plan_;
};

/// Brings a registrar to life; see directory::spawner.
registrar_actor spawn_registrar(caf::actor_system& system, const engine_ports& ports,
                                const entity_ref& entity, std::uint64_t incarnation);

}  // namespace conclave::actors
