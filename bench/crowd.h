/// Many users on one reactor thread: the common ground of all scenarios. Logs them in, a few at a
/// time, keeps the book of each one's open requests, counts, and lets a scenario say what they do.
///
/// Figures and faults belong to the thread; the run reads them after join(). Only the functions
/// marked so may be called from outside. A derived class calls join() in its destructor.
#pragma once

#include "bench/account.h"
#include "bench/clock.h"
#include "bench/fault_book.h"
#include "bench/figures.h"
#include "client/protocol.h"
#include "client/reactor.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace conclave::bench {

struct crowd_settings {
  client::endpoint server;  ///< resolved
  std::shared_ptr<const net::tls_context> tls;
  /// Logins under way at once: a handshake costs a node about half a millisecond.
  std::size_t opening_at_once = 16;
};

class crowd : protected client::reactor_handler {
 public:
  crowd(crowd_settings settings, std::vector<account> accounts);
  ~crowd() override;
  crowd(const crowd&) = delete;
  crowd& operator=(const crowd&) = delete;

  // -- from outside
  void start();          ///< begins to log in; ready() when the scenario can begin
  void begin_sending();  ///< the warm-up
  void begin_measuring();
  void cut();           ///< a second of the measurement is over
  void stop_sending();  ///< then waits for what is under way; drained() when all has come
  void join();          ///< ends the thread

  bool ready() const { return ready_; }
  bool drained() const { return drained_; }
  /// Something went so wrong that the run cannot go on.
  bool broken() const { return broken_; }
  std::uint64_t acked() const { return acked_; }
  std::uint64_t delivered() const { return delivered_; }
  std::size_t online() const { return online_; }
  /// Logins that timed out and were tried again: a node that is flooded serves some late.
  std::uint64_t retried() const { return retried_; }

  // -- after join()
  /// The last look at what had to arrive.
  virtual void settle() {}
  const std::vector<figures>& seconds() const { return seconds_; }
  /// Latencies of what was due in the measurement and came after its end; no rates.
  const figures& late() const { return now_; }
  const fault_book& faults() const { return faults_; }

 protected:
  /// A request under way; its correlation is its place + 1.
  struct request_slot {
    std::uint8_t what = 0;  ///< the scenario's own; 0: free
    std::uint32_t room = 0;
    std::uint64_t number = 0;
    std::uint64_t sent_ns = 0;
  };

  struct person {
    client::session_ref link;
    user_id user{};
    device_id device{};
    bool ready = false;
    std::uint8_t tries = 0;  ///< logins that timed out, in a row
    bool leaving = false;    ///< we close it: its end is no fault
    std::uint64_t next_client_seq = 0;
    std::uint32_t open = 0;
    std::vector<request_slot> slots;
    std::vector<std::uint16_t> free;
  };

  enum class phase : std::uint8_t { connecting, sending, stopping };

  // -- what a scenario says; all on the crowd's thread
  virtual void on_logged_in(std::size_t index) = 0;
  virtual void on_everybody_logged_in() {}
  virtual void on_reply(std::size_t index, const request_slot& asked, const frame_view& answer) = 0;
  /// An ERROR. By default a fault that ends the run, unless its class is retry.
  virtual void on_refusal(std::size_t index, const request_slot& asked, const error_answer& error);
  virtual void on_left(std::size_t /*index*/) {}
  /// By the account's token, unless the scenario has another way.
  virtual client::session_ref connect(std::size_t index);
  virtual void on_begin() {}
  virtual void on_end() {}  ///< of the measurement; nothing new is said from now on
  virtual bool is_quiet() { return true; }

  void open(std::size_t index);
  void leave(std::size_t index);
  /// False: no slot was free, or the connection is gone, which is a fault of its own.
  template <class Message>
  bool ask(std::size_t index, const request_slot& asked, const Message& message) {
    person& c = callers_[index];
    const std::uint64_t correlation = take_slot(c, asked);
    if (correlation == 0) return false;
    if (reactor_.request(c.link, correlation, message)) return true;
    give_back(c, correlation);
    fault("not_sent", "caller " + std::to_string(index));
    return false;
  }
  bool may_ask(const person& c) const {
    return c.ready && !c.leaving && (!c.free.empty() || c.slots.size() < max_slots);
  }

  void say_ready() { ready_ = true; }
  void check_quiet();
  void fault(const std::string& kind, const std::string& example) { faults_.add(kind, example); }
  void break_off(const std::string& kind, const std::string& example);
  /// `since_ns`: when it was due. Rates count what comes while it is measured, latencies what was
  /// due meanwhile, whenever it comes: what a stall keeps back beyond the end is not left out.
  void count_ack(std::uint64_t since_ns);
  void count_delivery(std::uint64_t since_ns, bool fetched);
  bool due_when_measured(std::uint64_t due_ns) const {
    return due_ns >= measured_from_ns_ && due_ns < measured_to_ns_;
  }

  static constexpr std::size_t max_slots = 256;

  crowd_settings settings_;
  std::vector<account> accounts_;
  std::vector<person> callers_;
  phase phase_ = phase::connecting;
  bool measuring_ = false;
  figures now_;  ///< of the running second; once nothing is measured any more: late()
  std::vector<figures> seconds_;
  fault_book faults_;
  std::atomic<bool> ready_{false};
  std::atomic<bool> drained_{false};
  std::atomic<bool> broken_{false};
  std::atomic<std::uint64_t> acked_{0};
  std::atomic<std::uint64_t> delivered_{0};
  std::atomic<std::size_t> online_{0};
  std::atomic<std::uint64_t> retried_{0};
  client::reactor reactor_;

 private:
  static constexpr std::uint64_t not_yet = ~std::uint64_t{0};

  void on_ready(client::session_ref s, const logged_in& who, const welcome& node) override;
  void on_answer(client::session_ref s, std::uint64_t correlation,
                 const frame_view& answer) override;
  void on_closed(client::session_ref s, const client::end_of_session& end) override;
  static std::uint64_t take_slot(person& c, const request_slot& asked);
  static void give_back(person& c, std::uint64_t correlation);

  std::size_t next_to_open_ = 0;
  std::uint64_t measured_from_ns_ = not_yet;
  std::uint64_t measured_to_ns_ = not_yet;
  std::thread thread_;
};

}  // namespace conclave::bench
