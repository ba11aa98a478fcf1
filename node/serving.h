/// Who answers clients: the engine while this node leads, the door while it does not, which sends
/// them to the node that does. A node that stands alone leads from its start to its end; in a
/// cluster each term of leadership gets an engine of its own, so that nothing of an earlier term is
/// left in memory. On the way from one to the other both listen for a moment (actors/door.h).
///
/// Thread: one of its own in a cluster, which makes and ends engines; lead() may be called from any
/// thread and only notes what is wanted. Owned by the node; store, writer and clocks outlive it.
/// Errors: an engine that cannot start in a later term ends the process through `on_fatal`.
#pragma once

#include "actors/door.h"
#include "actors/engine.h"
#include "conf/clock.h"
#include "storage/shard_writer.h"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace conclave::node {

struct serving_parts {
  storage::store& store;
  storage::shard_writer& writer;
  storage::shard_clock& shard_time;
  const clock& time;
  actors::engine_options engine;
  actors::listen_address client;
  actors::listen_address admin;
  std::shared_ptr<const net::tls_context> tls;
  /// In a cluster: the client address of the node that leads; empty: nobody, or unknown. Any
  /// thread.
  std::function<std::string()> leader;
  /// In a cluster: this node gives up its lead for good. Any thread.
  std::function<void()> resign;
  /// Called once with one sentence; must not return.
  std::function<void(const std::string& sentence)> on_fatal;
};

class serving {
 public:
  explicit serving(serving_parts parts);
  ~serving();  ///< stops

  /// Serves in these epochs from now on, before it returns: for a node that stands alone.
  outcome<actors::bound_ports> open(const std::vector<storage::shard_lead>& leads);

  /// In a cluster: opens the door and starts the thread that follows lead(). The outcome: the
  /// ports.
  outcome<actors::bound_ports> follow_leadership();
  /// This node leads every shard in these epochs; empty: it does not.
  void lead(std::vector<storage::shard_lead> leads);

  void replace_tls(std::shared_ptr<const net::tls_context> tls);

  /// Of the engine that serves; zero while none does.
  actors::engine_counters counters() const;
  actors::door_counters door_counters() const;

  void stop(std::uint32_t patience_ms);

 private:
  void run();
  /// Under the mutex: gives certificates that came while an engine or a door started to it too.
  template <class Listeners>
  void renew(Listeners& fresh, const std::shared_ptr<const net::tls_context>& started_with) const {
    if (parts_.tls != started_with) fresh.replace_tls(parts_.tls);
  }
  void end_term(std::uint32_t patience_ms, const actors::farewell& word);
  bool is_stopping() const;
  outcome<actors::bound_ports> open_door(bool engine_is_open);
  outcome<actors::bound_ports> begin_term(const std::vector<storage::shard_lead>& leads);

  serving_parts parts_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<storage::shard_lead> wanted_;
  std::uint64_t wanted_change_ = 0;  ///< counts changes of what is wanted
  bool stopping_ = false;
  std::unique_ptr<actors::engine> engine_;  ///< changed by one thread, under the mutex
  std::unique_ptr<actors::door> door_;      ///< the same
  std::thread thread_;
};

}  // namespace conclave::node
