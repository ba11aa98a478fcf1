/// How actors get to run: a fixed number of threads that share one queue (guide: sharing beats
/// stealing on few cores). Beside caf_compat.h the only file that knows how CAF 0.17 spells this.
///
/// CAF's own sharing notifies while it holds the lock of the queue: on few cores the thread that is
/// woken runs at once, finds the lock taken and sleeps again, twice per message. Here the lock is
/// given back first. Everything else is CAF's.
#pragma once

#include "actors/caf_compat.h"

#include <caf/policy/work_sharing.hpp>
#include <caf/scheduler/coordinator.hpp>

#include <mutex>

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

/// A busy actor must yield after so many messages.
inline void tune(caf::actor_system_config& config, std::size_t workers) {
  config.load<caf::scheduler::coordinator<prompt_sharing>>();
  config.set("scheduler.max-threads", workers);
  config.set("scheduler.max-throughput", std::size_t{300});
}

}  // namespace conclave::actors
