/// A crowd whose speakers say plain messages at a pace: closed loop (each keeps a window under way
/// and says the next one with each OK) or open loop (messages are due by a schedule, whatever
/// became of the earlier ones; who has too much under way says it later, and its latency counts
/// from the moment it was due).
#pragma once

#include "bench/room_crowd.h"
#include "bench/schedule.h"
#include "bench/stage.h"

#include <deque>
#include <utility>
#include <vector>

namespace conclave::bench {

class talk_crowd : public room_crowd {
 public:
  talk_crowd(crowd_settings settings, std::vector<account> accounts, std::vector<room_plan> plans,
             std::size_t body_size, const pace& p);
  ~talk_crowd() override;

  /// From outside, before begin_sending(): the beginning of the schedule and this crowd's share.
  void begin_at(std::uint64_t start_ns, std::uint64_t part, std::uint64_t parts);
  /// After join(): messages that were due and never got a free slot.
  std::uint64_t overdue() const;

 protected:
  void on_begin() override;
  void on_end() override;
  void on_said(room& r, std::uint32_t who, std::uint64_t number, event_seq seq) override;
  void on_refused(room& r, std::uint32_t who) override;
  /// False: there is nothing more to say. Closed loop only.
  virtual bool may_go_on() { return true; }

 private:
  struct voice {
    std::uint32_t room = 0;
    std::uint32_t speaker = 0;
    std::deque<std::uint64_t> due;  ///< intended times that wait for a slot
    std::uint32_t open = 0;
  };

  void say_due();
  void go_on(voice& v);
  voice& voice_of(const room& r, std::uint32_t who);

  pace pace_;
  schedule schedule_;
  std::vector<voice> voices_;
  std::vector<std::size_t> first_voice_;  // by room
  std::size_t next_voice_ = 0;
};

}  // namespace conclave::bench
