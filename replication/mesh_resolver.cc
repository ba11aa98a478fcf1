/// A queue and a thread.
#include "replication/mesh_resolver.h"

#include <utility>

namespace conclave::replication {

void mesh_resolver::ask(std::string host, std::uint16_t port, answer then) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  questions_.push_back({std::move(host), port, std::move(then)});
  if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
  changed_.notify_one();
}

void mesh_resolver::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void mesh_resolver::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !questions_.empty(); });
    if (stopping_) return;
    const question next = std::move(questions_.front());
    questions_.pop_front();
    lock.unlock();
    next.then(net::resolve(next.host, next.port));
    lock.lock();
  }
}

}  // namespace conclave::replication
