/// A crowd that talks in rooms: founds its conversations, says numbered messages in them, verifies
/// what arrives at each member, fetches what a lag left out. pair, group, timers and mixed are this
/// with different habits of speaking; a room and all who are online in it belong to one thread.
///
/// `compared_per_speaker`: so many of a room's newest messages, per speaker, each member's order is
/// compared with that of the others.
///
/// Flow: on_everybody_logged_in -> found -> (add the absent) -> on_room_open, for each room; then
/// say() … on_said(), while members go on_event -> verifier -> on_heard().
#pragma once

#include "bench/crowd.h"
#include "bench/payload.h"
#include "bench/verifier.h"

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace conclave::bench {

/// A room to be founded. The first of `callers` founds it and owns it.
struct room_plan {
  std::uint64_t number = 0;
  std::vector<std::uint32_t> callers;   ///< who is online: places in the crowd's accounts
  std::vector<std::uint32_t> speakers;  ///< of them
  std::vector<user_id> absent;          ///< members that never log in
};

class room_crowd : public crowd {
 public:
  room_crowd(crowd_settings settings, std::vector<account> accounts, std::vector<room_plan> plans,
             std::size_t body_size, std::size_t compared_per_speaker);
  ~room_crowd() override;
  void settle() override;

  /// After join(): arrivals whose place in the order was not compared with that of other members,
  /// since theirs lie too far back.
  std::uint64_t not_compared() const { return not_compared_; }

 protected:
  enum request : std::uint8_t { none, founding, adding, saying, fetching, other };

  struct place {
    std::uint32_t caller = 0;
    seat at;
  };
  struct room : room_record {
    room_plan plan;
    std::vector<place> places;  ///< as plan.callers
    std::size_t absent_added = 0;
    bool open = false;
    std::uint32_t listeners = 0;  ///< places that hear a message which a place has said
  };

  // -- what a scenario says
  virtual void on_room_open(room&) {}
  virtual void on_all_rooms_open() { say_ready(); }
  virtual void on_said(room&, std::uint32_t /*speaker*/, std::uint64_t /*number*/, event_seq) {}
  /// The node was too busy for it; not sent again.
  virtual void on_refused(room&, std::uint32_t /*speaker*/) {}
  virtual void on_heard(room&, std::size_t /*place*/, const verifier::arrival&) {}
  virtual void on_other_event(room&, std::size_t /*place*/, const event_view&) {}
  virtual void adorn(send&) {}  ///< extras of a message

  /// Says the speaker's next message. False: he has too much under way.
  bool say(room& r, std::uint32_t speaker, std::uint64_t intended_ns);

  void on_logged_in(std::size_t index) override;
  void on_everybody_logged_in() override;
  void on_reply(std::size_t index, const request_slot& asked, const frame_view& answer) override;
  void on_refusal(std::size_t index, const request_slot& asked, const error_answer& error) override;
  bool is_quiet() override;
  void on_left(std::size_t index) override;
  /// After a reconnect: asks for everything since the cursors.
  void catch_up(std::size_t index);
  std::size_t place_of(const room& r, std::uint32_t caller) const;
  payload payload_;
  verifier verifier_;
  std::vector<room> rooms_;

 private:
  struct seat_key {
    std::uint32_t room = 0;
    std::uint32_t place = 0;
  };
  struct reading {
    std::uint32_t open = 0;
    std::deque<std::pair<seat_key, event_seq>> waiting;
  };
  /// Reads under way at once per connection: the protocol's max_open_reads.
  static constexpr std::uint32_t max_reads = 8;

  void on_event(client::session_ref s, conversation_id c, const event_view& event,
                std::string_view bytes) override;
  void on_head(client::session_ref s, conversation_id c, event_seq head) override;
  void on_iteration_end() override { check_quiet(); }
  void found(std::uint32_t index);
  void add_absent(room& r);
  void room_is_open(room& r);
  const seat_key* find(std::size_t caller, conversation_id c);
  const seat_key* learn(std::size_t caller, conversation_id c, const event_view& event);
  void take(room& r, std::size_t place, const verifier::ruling& what, bool fetched);
  void count(room& r, std::size_t place, const verifier::arrival& what, bool fetched);
  void drain_kept(room& r, std::size_t place);
  void fetch(std::size_t caller, seat_key key, event_seq from);
  void ask_history(std::size_t caller, seat_key key, event_seq from);
  void take_page(std::size_t caller, seat_key key, const frame_view& answer);
  void take_ok(std::size_t index, const request_slot& asked, const frame_view& answer);
  void name_room(room& r, conversation_id c);

  std::vector<std::vector<std::pair<conversation_id, seat_key>>> seats_;  // by caller
  std::vector<reading> reads_;                                            // by caller
  std::unordered_map<std::uint64_t, std::uint32_t> rooms_by_number_;
  std::size_t next_to_found_ = 0;
  std::size_t open_rooms_ = 0;
  std::string body_;
  std::uint64_t not_compared_ = 0;
};

}  // namespace conclave::bench
