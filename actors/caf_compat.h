/// How CAF 0.17 spells things that later versions spell differently; see also caf_scheduler.h.
/// CAF's own logging and profiling are compiled out of the distribution's package; all observation
/// is ours. Messages are our own structs, declared local: nothing of ours crosses CAF's network.
#pragma once

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <exception>
#include <utility>

#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#endif

namespace conclave::actors {

/// What a mailbox guarantees: whoever handles a message sees all that its sender did before, and
/// what the actor did in earlier runs. CAF does it with atomics in a library that ThreadSanitizer
/// does not see into, so these say it aloud, in its builds only.
inline void note_handing_over([[maybe_unused]] caf::abstract_actor* actor) {
#ifdef __SANITIZE_THREAD__
  __tsan_release(actor);
#endif
}
inline void note_taking_over([[maybe_unused]] caf::abstract_actor* actor) {
#ifdef __SANITIZE_THREAD__
  __tsan_acquire(actor);
#endif
}

template <class Message>
using accepts = caf::reacts_to<Message>;

/// An actor that takes these messages and answers none: answers go by tickets and ports.
template <class... Messages>
using interface_of = caf::typed_actor<accepts<Messages>...>;

/// Sends from any thread. Urgent messages overtake ordinary ones.
template <class Handle, class Message>
void tell(const Handle& to, Message&& message) {
  note_handing_over(caf::actor_cast<caf::abstract_actor*>(to));
  caf::anon_send(to, std::forward<Message>(message));
}
template <class Handle, class Message>
void tell_urgent(const Handle& to, Message&& message) {
  note_handing_over(caf::actor_cast<caf::abstract_actor*>(to));
  caf::anon_send<caf::message_priority::high>(to, std::forward<Message>(message));
}

}  // namespace conclave::actors

#define CONCLAVE_LOCAL_MESSAGE(type) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(type)
