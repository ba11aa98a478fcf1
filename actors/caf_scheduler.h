/// How actors get to run: a fixed number of threads that share one queue (guide: sharing beats
/// stealing on few cores). Beside caf_compat.h the only file that knows how CAF 0.17 spells this.
///
/// CAF's own sharing notifies while it holds the lock of the queue: on few cores the thread that is
/// woken runs at once, finds the lock taken and sleeps again, twice per message. Here the lock is
/// given back first. Everything else is CAF's.
#pragma once

#include "actors/caf_compat.h"

#include <caf/execution_unit.hpp>
#include <caf/logger.hpp>
#include <caf/message_priority.hpp>
#include <caf/policy/work_sharing.hpp>
#include <caf/resumable.hpp>
#include <caf/scheduler/coordinator.hpp>

#include <cstddef>
#include <mutex>
#include <utility>

namespace conclave::actors {

class prompt_sharing : public caf::policy::work_sharing {
 public:
  template <class Coordinator>
  void central_enqueue(Coordinator* self, caf::resumable* job) {
    queue_type one;
    one.push_back(job);
    {
      const std::lock_guard lock(d(self).lock);
      d(self).queue.splice(d(self).queue.end(), one);
    }
    d(self).cv.notify_one();
  }
  template <class Worker>
  void external_enqueue(Worker* self, caf::resumable* job) {
    central_enqueue(self->parent(), job);
  }
  template <class Worker>
  void internal_enqueue(Worker* self, caf::resumable* job) {
    central_enqueue(self->parent(), job);
  }
  template <class Worker>
  void resume_job_later(Worker* self, caf::resumable* job) {
    central_enqueue(self->parent(), job);
  }
};

/// Lets one actor run on the thread that has a message for it, in place of a hand-over to a worker:
/// where nothing else waits, a hand-over costs more than what is handed over. An actor that is
/// running elsewhere just gets the message, as always, and one that finds more in its mailbox goes
/// on at a worker.
///
/// Belongs to one thread, which holds no lock that actors take while it calls run().
class inline_runner final : public caf::execution_unit {
 public:
  inline_runner() = default;
  inline_runner(const inline_runner&) = delete;
  inline_runner& operator=(const inline_runner&) = delete;

  template <class Handle, class Message>
  void tell(const Handle& to, Message&& message) {
    put(to, caf::message_priority::normal, std::forward<Message>(message));
  }
  template <class Handle, class Message>
  void tell_urgent(const Handle& to, Message&& message) {
    put(to, caf::message_priority::high, std::forward<Message>(message));
  }

  void run() {
    while (caf::resumable* const job = std::exchange(waiting_, nullptr)) {
      if (job->resume(this, 1) == caf::resumable::resume_later)
        system_->scheduler().enqueue(job);
      else
        caf::intrusive_ptr_release(job);
    }
    // An actor that spawned another left the logger of its system with this thread. A system that
    // ends waits until nobody holds its logger, and this thread may outlive it.
    CAF_SET_LOGGER_SYS(nullptr);
  }

  /// CAF's, for an actor that has to run: the first runs here.
  void exec_later(caf::resumable* job) override {
    if (waiting_ == nullptr)
      waiting_ = job;
    else
      system_->scheduler().enqueue(job);
  }

 private:
  template <class Handle, class Message>
  void put(const Handle& to, caf::message_priority priority, Message&& message) {
    caf::abstract_actor* const actor = caf::actor_cast<caf::abstract_actor*>(to);
    system_ = &actor->home_system();
    note_handing_over(actor);
    actor->eq_impl(caf::make_message_id(priority), nullptr, this, std::forward<Message>(message));
  }

  caf::resumable* waiting_ = nullptr;
};

/// A busy actor must yield after so many messages.
inline void tune(caf::actor_system_config& config, std::size_t workers) {
  config.load<caf::scheduler::coordinator<prompt_sharing>>();
  config.set("scheduler.max-threads", workers);
  config.set("scheduler.max-throughput", std::size_t{300});
}

}  // namespace conclave::actors
