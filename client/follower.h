/// Keeps all conversations of a user complete: knows the cursor of each, compares them with the
/// node's listing after every login, fetches what is missing by HISTORY, and hands out every event
/// once and in order. For programs that keep messages it asks LIST_GONE before it fetches, so that
/// they hear of bodies that went meanwhile strictly before anything newer of that conversation.
///
/// Where a conversation starts that has no cursor yet: at the event that added the user, except for
/// a device without any memory that asked for `now`, which starts at the head of the listing.
///
/// Who comes back into a conversation where newcomers see everything sees from then on what his
/// devices have stepped over while he was out: after the event that brings him back it is fetched
/// and handed out as well, ascending, though below the cursor (look_back).
///
/// Owned by the session's core, on the loop's thread. At most max_reads fetches are open at a time;
/// the others wait in a list. A fetch is a request like any other: it is resent after a reconnect.
#pragma once

#include "client/caller.h"
#include "client/conversation_cursor.h"
#include "client/places.h"
#include "client/state_file.h"
#include "schemas/conversation_messages.h"
#include "schemas/event.h"
#include "schemas/history_messages.h"
#include "schemas/sync_messages.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace conclave::client {

enum class start_at : std::uint8_t { now, beginning };

class follower {
 public:
  /// A node serves 8 reads per connection at once; the other half is for the user's own.
  static constexpr std::size_t max_reads = 4;
  static constexpr std::uint32_t page_events = 500;

  using deliver = std::function<void(conversation_id, const event_view&)>;
  using tell_gone = std::function<void(conversation_id, const std::vector<event_seq>&)>;
  using later = std::function<void(std::function<void()>)>;

  /// `where` hears of every list. `state` gives the cursors and is kept current. `gone` may be
  /// empty: the program keeps nothing. `wait` runs a task after a short while.
  follower(caller& node, places& where, session_state& state, start_at start, deliver out,
           tell_gone gone, later wait);

  /// Logged in on a new connection: compares everything with the node's listing.
  void on_ready();
  /// The same on the connection at hand: the inbox has lost entries.
  void relist() { on_ready(); }

  void on_event(conversation_id c, const event_view& event, std::string_view bytes);
  void on_head(conversation_id c, event_seq head);

  /// The session has ended: what its requests are answered with is no news, and nothing is handed
  /// out or noted any more.
  void end() { ended_ = true; }

  /// An own request's event is durable at `seq`, but its content is not known here.
  void on_own_seq(conversation_id c, event_seq seq);

  /// Are all conversations of the first listing complete? Stays true once it was.
  bool caught_up() const { return caught_up_; }
  /// Called once, when that becomes true.
  void when_caught_up(std::function<void()> then);

  /// True after a cursor moved; reading clears it.
  bool take_dirty() { return std::exchange(dirty_, false); }

 private:
  struct track {
    conversation_cursor cursor;
    conversation_state* state = nullptr;  // null until it is settled where to start
    std::uint64_t first_seen = 0;         // while unsettled: the first seq that was pushed
    std::uint64_t highest_seen = 0;
    bool asking = false;
    bool back = false;             // in back_, or being fetched
    std::uint64_t own_upto = 0;    // all seqs above the cursor up to here are own requests' events
    bool telling_gone = false;     // LIST_GONE is under way: events have to wait
    bool gone_told = false;        // in this catch-up, and
    std::uint64_t gone_round = 0;  // in this login
  };

  track& find_or_add(conversation_id c);
  void settle(conversation_id c, track& t, std::uint64_t cursor);
  void settle_by_membership(conversation_id c, track& t);
  void ask_membership(conversation_id c, user_id self);
  bool adds_us(conversation_id c, const event_view& event) const;
  void list(std::uint64_t round, conversation_id after);
  void take_listing(std::uint64_t round, conversation_id after, const conversations_page& page);
  void listing_done();
  void hand_out(conversation_id c, track& t, const event_view& event);
  void hand_out_kept(conversation_id c, track& t);
  void act(conversation_id c, conversation_cursor::ruling ruling);
  void start_fetches();
  void begin_fetch(conversation_id c);
  void end_fetch();
  void ask_gone(conversation_id c, event_seq after);
  void take_gone(conversation_id c, event_seq after, const outcome<frame_view>& answer);
  void ask_history(conversation_id c, std::uint32_t limit);
  void take_page(conversation_id c, const outcome<frame_view>& answer);
  // follower_back.cc
  bool brings_back(conversation_id c, const track& t, const event_view& event) const;
  void look_back(conversation_id c, track& t);
  void ask_back(conversation_id c);
  void take_back(conversation_id c, const outcome<frame_view>& answer);
  void check_caught_up();

  caller& node_;
  places& where_;
  session_state& state_;
  start_at start_;
  deliver out_;
  tell_gone gone_;
  later wait_;
  std::unordered_map<conversation_id, track> tracks_;
  std::deque<conversation_id> wanted_;  // bounded by the conversations
  std::deque<conversation_id> back_;    // the same, for stretches below the cursor
  std::size_t reads_ = 0;
  std::size_t settling_ = 0;
  std::size_t failed_ = 0;  // fetches that are to be tried again after a while
  bool starting_ = false;
  std::uint64_t round_ = 0;
  bool fresh_device_ = true;
  bool listed_once_ = false;
  bool caught_up_ = false;
  bool dirty_ = false;
  bool ended_ = false;
  std::function<void()> on_caught_up_;
};

}  // namespace conclave::client
