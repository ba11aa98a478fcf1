/// The judge of delivery. A room is a conversation of the run with the people who speak in it; a
/// seat is one member's place in it. Everything that arrives at a seat is judged: missing,
/// duplicate, gap, repeated, reorder, wrong member, wrong sender, wrong content. What it finds goes
/// into the fault book; nothing is ever dropped silently.
///
/// Pure: no socket, no clock. One thread, that of the crowd which the rooms belong to.
#pragma once

#include "bench/fault_book.h"
#include "bench/payload.h"
#include "bench/room_ledger.h"
#include "client/conversation_cursor.h"
#include "client/protocol.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace conclave::bench {

/// Somebody who may say something in a room.
struct speaker {
  user_id user{};
  device_id device{};
  std::uint64_t said = 0;     ///< messages numbered so far
  std::uint64_t refused = 0;  ///< of them: numbers that the node refused and that never come
};

struct room_record {
  std::uint64_t number = 0;  ///< of the run; in the title and in each body
  conversation_id id{};
  std::vector<speaker> speakers;
  room_ledger ledger;
  std::uint64_t last_ack = 0;  ///< highest seq that any OK named
};

struct seat {
  user_id user{};
  bool inside = true;      ///< a member; events say when that begins and ends
  bool expected = true;    ///< should be a member by now, as far as answers tell
  bool from_start = true;  ///< there since the founding: the first number is 1
  /// From a reconnect to the end of the last page: nobody has said yet what there is.
  bool resuming = false;
  /// Behind the one, up to the other, pages have brought it, or an earlier connection: a push of it
  /// may still be on its way.
  std::uint64_t overlaps_from = 0;
  std::uint64_t overlaps_to = 0;
  /// An own OK came before a HEAD that must speak of what lies before it: the OK's seq; 0: none
  /// did.
  std::uint64_t head_owed_to = 0;
  client::conversation_cursor cursor;
  std::vector<std::uint64_t> heard;  ///< by speaker: the newest number
  std::uint64_t received = 0;        ///< events that were taken
  std::uint64_t own = 0;             ///< own ones, that came as OK
};

class verifier {
 public:
  /// A message that was delivered for the first time and is as it was sent.
  struct arrival {
    std::uint32_t speaker = 0;
    std::uint64_t sent_ns = 0;
    event_seq seq{};
    time_ms expires = 0;
    std::uint32_t arrived = 0;  ///< how many have it by now
  };
  struct ruling {
    std::optional<arrival> heard;
    event_seq fetch_from{};  ///< ask HISTORY from there; zero: no need
    bool taken = false;      ///< the cursor moved: kept events may follow, see next_kept()
  };

  verifier(const payload& bodies, fault_book& faults) : payload_(bodies), faults_(faults) {}

  /// An event was pushed to this seat. `c`: the conversation that the push names.
  ruling on_push(room_record& room, seat& at, conversation_id c, const event_view& event,
                 std::string_view bytes);

  /// A kept event whose turn has come; nothing: no more.
  std::optional<ruling> next_kept(room_record& room, seat& at);

  /// The connection is new: the old one's last pushes may come again, and what came meanwhile does
  /// not.
  static void on_reconnect(seat& at);

  /// A hint: there are events up to `head`. Returns from where to ask HISTORY, or 0.
  static event_seq on_head(seat& at, event_seq head);

  /// An event of a history page.
  ruling on_page_event(room_record& room, seat& at, const event_view& event);

  /// The page is through; see conversation_cursor::on_page_end.
  static bool on_page_end(seat& at, event_seq next, event_seq head);

  /// The OK for a message of this speaker, who sits here: it stands in the event's place.
  ruling on_ok(room_record& room, seat& at, std::uint32_t who, std::uint64_t number, event_seq seq);
  /// The OK for another own event, such as a change of members.
  ruling on_own_change(room_record& room, seat& at, event_seq seq);

  /// Something arrived for a conversation that this user has no part in.
  void wrong_member(user_id user, conversation_id c, event_seq seq);

  /// The end of a run: everything acknowledged has to be at this seat.
  void finish(const room_record& room, const seat& at);

  /// Has this seat everything that was acknowledged so far?
  static bool has_all(const room_record& room, const seat& at) {
    if (!at.inside) return !at.expected;
    return at.cursor.cursor().value >= room.last_ack;
  }

 private:
  void judge_repeat(const room_record& room, const seat& at, event_seq seq, const char* kind);
  void judge_jump(const room_record& room, const seat& at, event_seq seq, std::uint64_t known);
  static bool is_overlap(const seat& at, event_seq seq) {
    return seq.value > at.overlaps_from && seq.value <= at.overlaps_to;
  }
  std::optional<arrival> judge(room_record& room, seat& at, const event_view& event);
  void judge_members(room_record& room, seat& at, const event_view& event);
  void judge_order(room_record& room, seat& at, std::uint32_t who, const payload::fields& f);

  const payload& payload_;
  fault_book& faults_;
};

}  // namespace conclave::bench
