/// The writers of ackcheck: devices that send numbered texts to several groups, change some of
/// their earlier ones, each with a window
/// of unanswered ones, reconnect when the connection ends and resend what is unanswered, as a
/// client author would write them from the protocol page. Every answer goes to a file before it
/// counts.
///
/// A thread of its own runs one reactor for all of them; the functions may be called from any
/// thread. What never gets an answer is told by settle(), what is rejected by refused().
#pragma once

#include "client/reactor.h"
#include "tests/e2e/ack_judge.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace conclave::ackcheck {

class ack_writers final : private client::reactor_handler {
 public:
  struct options {
    /// All must be resolved; a writer whose connection ends tries the next one.
    std::vector<client::endpoint> servers;
    std::shared_ptr<const net::tls_context> tls;
    std::vector<std::string> tokens;  ///< one per writer
    std::vector<conversation_id> groups;
    std::size_t window = 32;  ///< per writer and group
    bool idle_gaps = false;   ///< each group rests for a third of the time
    bool changes = true;      ///< some of it edits, takes back, reacts to earlier texts, or expires
    /// Conversations are made to crash: what is open when a connection ends may have been answered
    /// with an ERROR that asks for a resend, and nobody has heard it.
    bool crashes = false;
    std::string ack_file;
    std::uint64_t seed = 1;
  };

  explicit ack_writers(options o);
  ~ack_writers() override;

  /// Texts per second of all writers together; 0: none; unlimited: as many as the windows allow.
  static constexpr std::uint64_t unlimited = ~std::uint64_t{0};
  void set_rate(std::uint64_t per_second) { rate_ = per_second; }

  /// No new texts; false: some are still unanswered at the deadline.
  bool settle(std::chrono::milliseconds deadline);

  std::uint64_t acked() const { return acked_; }
  std::uint64_t resent() const { return resent_; }
  std::uint64_t open() const { return open_; }
  std::uint64_t logins() const { return logins_; }
  /// Answers of class rejected, a sentence each.
  std::vector<std::string> refused();

  /// By conversation and device; the writers must have been stopped.
  std::map<std::uint64_t, std::map<std::uint64_t, sent_range>> sent() const;
  void stop();

 private:
  struct lane {
    conversation_id group;
    std::uint64_t next = 1;
    /// Unanswered, by client_seq; true: to be sent again at the next tick.
    std::map<std::uint64_t, bool> open;
    sent_range sent;
    std::vector<std::uint64_t> texts;  ///< seqs of own texts that may still be changed
  };
  struct writer {
    std::string token;
    std::size_t server = 0;
    client::session_ref link;
    bool ready = false;
    std::uint64_t device = 0;  // device_of()
    std::uint64_t correlation = 0;
    std::vector<lane> lanes;
    std::unordered_map<std::uint64_t, std::pair<std::size_t, std::uint64_t>> asked;
  };

  void on_ready(client::session_ref s, const logged_in& who, const welcome& node) override;
  void on_event(client::session_ref s, conversation_id conversation, const event_view& event,
                std::string_view event_bytes) override;
  void on_head(client::session_ref, conversation_id, event_seq) override {}
  void on_answer(client::session_ref s, std::uint64_t correlation,
                 const frame_view& answer) override;
  void on_closed(client::session_ref s, const client::end_of_session& end) override;
  void on_iteration_end() override;

  void connect(std::size_t index);
  void tick();
  void pump(writer& w);
  void plan(lane& l, std::uint64_t client_seq);
  void transmit(writer& w, std::size_t lane_index, std::uint64_t client_seq);
  void log_ack(writer& w, lane& l, std::uint64_t client_seq, event_seq seq, time_ms time);
  bool resting(std::size_t lane_index) const;

  options options_;
  std::vector<writer> writers_;
  std::FILE* file_;
  std::uint64_t unflushed_ = 0;
  double allowance_ = 0;
  std::chrono::steady_clock::time_point allowed_at_;
  std::atomic<std::uint64_t> rate_{0};
  std::atomic<std::uint64_t> acked_{0};
  std::atomic<std::uint64_t> resent_{0};
  std::atomic<std::uint64_t> open_{0};
  std::atomic<std::uint64_t> logins_{0};
  std::mutex refused_mutex_;
  std::vector<std::string> refused_;
  std::mt19937_64 random_;
  bool stopping_ = false;  // on the reactor's thread
  client::reactor reactor_;
  std::thread thread_;
};

/// Reads what the writers have written, line by line.
std::vector<acknowledgement> read_ack_file(const std::string& file);

}  // namespace conclave::ackcheck
