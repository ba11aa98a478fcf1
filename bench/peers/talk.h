/// The scenarios `pair` and `group`: rooms with one speaker each, everybody on a connection of his
/// own, every delivery checked. On the one thread of the event_loop.
#pragma once

#include "bench/histogram.h"
#include "bench/payload.h"
#include "bench/peers/cpu_time.h"
#include "bench/peers/delivery_check.h"
#include "bench/peers/run_options.h"
#include "bench/peers/session.h"
#include "bench/schedule.h"

#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace conclave::bench::peers {

class talk {
 public:
  /// `group`: one room of `members`, all of whom listen; otherwise `pairs` rooms of two, in which
  /// the second listens.
  talk(const broker& b, const run_options& options, std::string run, bool group);
  ~talk();
  talk(const talk&) = delete;
  talk& operator=(const talk&) = delete;

  /// The exit code; prints the line.
  int run();

 private:
  class member;
  struct said {
    std::uint64_t due_ns = 0;
    std::uint32_t missing = 0;  ///< receivers that do not have it yet
    bool acked = false;
    bool counts = false;  ///< due within the measurement
  };
  struct room {
    std::size_t speaker = 0;
    std::uint32_t listeners = 0;
    std::uint64_t oldest = 0;  ///< number of under_way.front()
    std::uint64_t next = 0;
    std::uint32_t open = 0;  ///< without an acknowledgement
    std::deque<said> under_way;
    std::deque<std::uint64_t> due;  ///< open loop: those without a free slot
  };

  bool gather();
  void open(std::size_t index);
  void turn();
  void say_due(std::uint64_t now);
  void go_on(room& r);
  void say(room& r, std::uint64_t due_ns);
  void acked(room& r, std::uint64_t number);
  void free_slot(room& r);
  void forget_finished(room& r);
  void delivered(member& who, std::string_view body);
  bool quiet() const;
  int tell(bool drained);

  const broker& broker_;
  const run_options& options_;
  std::string run_;
  bool group_;
  std::vector<room> rooms_;
  std::vector<std::unique_ptr<member>> members_;
  std::size_t opened_ = 0;
  std::size_t ready_ = 0;

  payload payload_;
  std::string body_;
  schedule schedule_;
  std::size_t next_room_ = 0;
  bool sending_ = false;
  bool measuring_ = false;
  std::uint64_t measure_from_ns_ = UINT64_MAX;
  std::uint64_t measure_to_ns_ = UINT64_MAX;
  cpu_mark from_, to_;

  std::uint64_t acked_ = 0;
  std::uint64_t delivered_ = 0;
  histogram ack_, deliver_, all_;
  std::uint64_t corrupt_ = 0;
  std::uint64_t refused_ = 0;
  std::string first_refusal_;
};

}  // namespace conclave::bench::peers
