/// Looks up names of hosts without holding up the mesh's loop. One thread, started by the first
/// question, joined by stop(), which waits for the lookup that is under way (the system's resolver
/// gives up after some seconds). ask() and stop() are thread-safe; answers come on the resolver's
/// thread. Owned by the mesh. Bound: whoever asks has one question per link under way.
#pragma once

#include "net/socket.h"
#include "schemas/outcome.h"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace conclave::replication {

class mesh_resolver {
 public:
  using answer = std::function<void(outcome<std::vector<net::socket_address>>)>;

  mesh_resolver() = default;
  ~mesh_resolver() { stop(); }
  mesh_resolver(const mesh_resolver&) = delete;
  mesh_resolver& operator=(const mesh_resolver&) = delete;

  void ask(std::string host, std::uint16_t port, answer then);
  /// Questions that wait are dropped unanswered.
  void stop();

 private:
  struct question {
    std::string host;
    std::uint16_t port;
    answer then;
  };
  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<question> questions_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace conclave::replication
