/// Some of the pairs of a run on one reactor thread: logs them in, founds their conversations,
/// sends with a closed window, verifies what is delivered, drains.
///
/// A worker's figures belong to its thread; the run reads them after join(). Only progress() and
/// the phase functions may be called from outside.
#pragma once

#include "bench/histogram.h"
#include "bench/payload.h"
#include "client/conversation_cursor.h"
#include "client/protocol.h"
#include "client/reactor.h"

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace conclave::bench {

struct pair_settings {
  client::endpoint server;  ///< resolved
  std::shared_ptr<const net::tls_context> tls;
  std::uint32_t window = 64;
  std::size_t body = 160;
};

/// What a worker counted between begin_measuring() and stop_sending().
struct pair_figures {
  std::uint64_t acked = 0;
  std::uint64_t delivered = 0;
  std::uint64_t fetched = 0;  ///< delivered by HISTORY because the connection lagged
  histogram ack;
  histogram deliver;
  double seconds = 0;
  struct fault {
    std::uint64_t count = 0;
    std::string example;
  };
  std::map<std::string, fault> faults;  ///< of the whole run, warm-up and drain included
};

class pair_worker final : private client::reactor_handler {
 public:
  /// `tokens`: two per pair, the sender's first.
  pair_worker(pair_settings settings, std::uint64_t first_pair, std::vector<std::string> tokens);
  ~pair_worker() override;

  void start();          ///< connects and founds; ready() when all pairs are
  void begin_sending();  ///< the warm-up
  void begin_measuring();
  void stop_sending();  ///< then waits for what is under way; drained() when all has come
  void join();          ///< ends the thread

  bool ready() const { return ready_pairs_ == pair_count_; }
  bool drained() const { return drained_; }
  /// Something went so wrong that the run cannot go on.
  bool broken() const { return broken_; }
  std::uint64_t progress() const { return progress_; }
  /// After join().
  const pair_figures& figures() const { return figures_; }

 private:
  struct slot {
    std::uint64_t sent_ns = 0;
    bool open = false;
  };

  struct party {
    client::session_ref link;
    user_id user{};
    device_id device{};
    bool ready = false;
  };

  struct pair_state {
    std::uint64_t number = 0;
    party sender;
    party receiver;
    conversation_id conversation{};
    client::conversation_cursor cursor;  // the receiver's
    std::uint64_t next_client_seq = 0;
    std::uint64_t next_number = 1;      // the next to be sent
    std::uint64_t expected_number = 1;  // the next to be received
    std::uint64_t last_ack = 1;         // seq of the newest OK; the founding is 1
    std::uint32_t open = 0;
    bool lagged = false;      // a HEAD came: pages and pushes may overlap
    std::vector<slot> slots;  // index: correlation - 1
  };

  enum class phase : std::uint8_t { connecting, sending, stopping };

  void on_ready(client::session_ref s, const logged_in& who, const welcome& node) override;
  void on_event(client::session_ref s, conversation_id c, const event_view& event,
                std::string_view bytes) override;
  void on_head(client::session_ref s, conversation_id c, event_seq head) override;
  void on_answer(client::session_ref s, std::uint64_t correlation,
                 const frame_view& answer) override;
  void on_closed(client::session_ref s, const client::end_of_session& end) override;

  bool is_sender(client::session_ref s) const { return s.context % 2 == 0; }
  pair_state& pair_of(client::session_ref s) { return pairs_[s.context / 2]; }
  void open_next();
  void found(pair_state& p);
  void send_one(pair_state& p, std::uint32_t index);
  void take_ok(pair_state& p, std::uint64_t correlation, const frame_view& answer);
  void verify(pair_state& p, const event_view& event, bool fetched);
  void drain_kept(pair_state& p);
  void fetch(pair_state& p, event_seq from);
  void take_page(pair_state& p, const frame_view& answer);
  void fault(const std::string& kind, const std::string& example);
  void check_drained(const pair_state& changed);

  pair_settings settings_;
  payload payload_;
  std::uint64_t pair_count_;
  std::vector<std::string> tokens_;
  std::vector<pair_state> pairs_;
  std::size_t next_to_open_ = 0;
  std::string body_;
  phase phase_ = phase::connecting;
  bool measuring_ = false;
  std::uint64_t measuring_since_ns_ = 0;
  pair_figures figures_;
  std::atomic<std::uint64_t> ready_pairs_{0};
  std::atomic<std::uint64_t> progress_{0};
  std::atomic<bool> drained_{false};
  std::atomic<bool> broken_{false};
  client::reactor reactor_;
  std::thread thread_;
};

}  // namespace conclave::bench
