/// What both kinds of actors share between CAF and their shell: the writer's news as urgent
/// messages, which a writer with nothing else to do lets them handle on its own thread, and
/// handlers that turn an exception into the end of this incarnation and of nothing else.
#pragma once

#include "actors/caf_compat.h"
#include "actors/caf_scheduler.h"
#include "actors/interfaces.h"
#include "net/turn_scope.h"

#include <exception>
#include <memory>
#include <utility>

namespace conclave::actors {

template <class Actor>
class actor_owner final : public storage::proposal_owner {
 public:
  explicit actor_owner(Actor to) : to_(std::move(to)) {}
  void on_resolved(const storage::resolution& news) override {
    if (!news.here) return tell_urgent(to_, proposals_resolved{news});
    on_writer_.tell_urgent(to_, proposals_resolved{news});
    const net::turn_scope for_loops;  // which are told by it, and need not wake for it
    on_writer_.run();
  }
  void on_claimed(const entity_ref&, std::uint64_t, std::uint64_t version) override {
    tell_urgent(to_, claim_granted{version});
  }

 private:
  Actor to_;
  inline_runner on_writer_;  // of its thread
};

/// The state that CAF keeps for an actor: its shell.
template <class Shell>
struct shell_holder {
  static inline const char* name = "entity";
  std::unique_ptr<Shell> shell;
};

/// One clause of a behaviour: calls `handle(shell, message)`.
template <class Message, class Self, class Handle>
auto handler(Self self, Handle handle) {
  return [self, handle](const Message& message) {
    note_taking_over(self);
    auto& shell = *self->state.shell;
    try {
      handle(shell, message);
    } catch (const std::exception& e) {
      shell.on_crash(e.what());
    }
    note_handing_over(self);
  };
}

}  // namespace conclave::actors
