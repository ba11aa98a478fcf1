/// Real conversations: each log is a group that a bot owns, each nick a user on a connection of his
/// own. The order of the group must be the order of the log, so a text of another sender, a coming
/// or a going waits until everything before it is answered; texts of one sender follow each other
/// without waiting. So every seq is known before it is there, and every arrival is compared with
/// the log: who, what, in which order, and whether the receiver was a member of that moment.
#pragma once

#include "bench/chat_log.h"
#include "bench/crowd.h"

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace conclave::bench {

class replay_crowd final : public crowd {
 public:
  /// A log and its people: places in the crowd's accounts, the bot first, then the log's nicks.
  struct casting {
    std::shared_ptr<const chat_log> log;
    std::vector<std::uint32_t> people;
  };

  replay_crowd(crowd_settings settings, std::vector<account> accounts, std::vector<casting> plays);
  ~replay_crowd() override;

  bool over() const { return over_; }
  // -- after join()
  void settle() override;
  std::size_t steps_left() const;

 private:
  enum request : std::uint8_t { none, founding, stepping };

  struct happening {  ///< one event of a play, as it must be
    const chat_step* step = nullptr;
    std::uint64_t asked_ns = 0;
  };
  struct seat {
    bool inside = false;
    std::uint64_t next = 0;  ///< the seq that is due
  };
  struct play {
    casting cast;
    conversation_id id{};
    std::size_t next_step = 0;
    std::size_t open = 0;
    std::vector<happening> events;  ///< index: seq - 2, the founding is 1
    std::vector<seat> seats;        ///< as cast.people
  };

  void on_logged_in(std::size_t) override {}
  void on_everybody_logged_in() override;
  void on_begin() override;
  void on_reply(std::size_t index, const request_slot& asked, const frame_view& answer) override;
  void on_event(client::session_ref s, conversation_id c, const event_view& event,
                std::string_view bytes) override;
  void on_head(client::session_ref s, conversation_id c, event_seq head) override;
  void on_iteration_end() override { check_quiet(); }
  bool is_quiet() override { return complete(); }

  void go_on(std::uint32_t index);
  bool ask_step(play& p, std::uint32_t index, const chat_step& step);
  void take_own(play& p, std::size_t who, std::uint64_t seq);
  bool is_right(const play& p, const happening& what, const event_view& event) const;
  bool complete() const;
  bool seat_complete(const play& p, std::size_t who) const;

  std::vector<play> plays_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> roles_;  // by caller: play and place
  std::size_t founded_ = 0;
  std::size_t finished_ = 0;
  std::atomic<bool> over_{false};
};

}  // namespace conclave::bench
