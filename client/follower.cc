/// The flow of catching up: on_ready -> list -> on_head per conversation -> begin_fetch -> ask_gone
/// -> ask_history -> take_page -> hand_out, until every cursor stands at its head; live events join
/// in through on_event.
#include "client/follower.h"

#include "client/event_list.h"

#include <algorithm>
#include <utility>

namespace conclave::client {

follower::follower(caller& node, places& where, session_state& state, start_at start, deliver out,
                   tell_gone gone, later wait)
    : node_(node),
      where_(where),
      state_(state),
      start_(start),
      out_(std::move(out)),
      gone_(std::move(gone)),
      wait_(std::move(wait)) {
  for (auto& [id, at] : state_.conversations) {
    if (!at.following) continue;
    fresh_device_ = false;
    track& t = tracks_[id];
    t.cursor = conversation_cursor(at.cursor);
    t.state = &at;
    if (at.looking_back) look_back(id, t);
  }
}

follower::track& follower::find_or_add(conversation_id c) {
  return tracks_[c];
}

void follower::on_ready() {
  list(++round_, conversation_id{});
}

void follower::list(std::uint64_t round, conversation_id after) {
  list_conversations request;
  request.after = after;
  request.limit = 500;
  node_.call(request, 0, no_deadline, [this, round, after](const outcome<frame_view>& answer) {
    // A newer login has begun its own listing.
    if (round != round_ || ended_) return;
    const auto page = answer_as<conversations_page>(answer);
    if (!page) {
      // Without a listing nothing can be complete: try again for as long as the session lasts.
      wait_([this, round] {
        if (round == round_) list(round, conversation_id{});
      });
      return;
    }
    take_listing(round, after, *page);
  });
}

void follower::take_listing(std::uint64_t round, conversation_id after,
                            const conversations_page& page) {
  for (const conversation_summary& summary : page.conversations) {
    where_.learn(summary);
    track& t = find_or_add(summary.conversation);
    t.highest_seen = std::max(t.highest_seen, summary.head.value);
    if (t.state != nullptr) {
      act(summary.conversation, t.cursor.on_head(summary.head));
    } else if (start_ == start_at::beginning) {
      settle(summary.conversation, t, 0);
    } else if (fresh_device_ && !listed_once_) {
      const std::uint64_t head = summary.head.value;
      settle(summary.conversation, t, t.first_seen == 0 ? head : std::min(head, t.first_seen - 1));
    } else if (!summary.member) {
      // Added and removed while this device was away: the node shows what was in between.
      settle(summary.conversation, t, 0);
    } else {
      settle_by_membership(summary.conversation, t);
    }
  }
  conversation_id next = page.next;
  if (!next && !page.conversations.empty()) next = page.conversations.back().conversation;
  if (page.more && next > after) {
    list(round, next);
  } else {
    listing_done();
  }
}

void follower::listing_done() {
  listed_once_ = true;
  start_fetches();
  // Founded or joined while the listing was under way.
  for (auto& [id, t] : tracks_) {
    if (t.state == nullptr && t.highest_seen != 0) settle_by_membership(id, t);
  }
  check_caught_up();
}

void follower::settle(conversation_id c, track& t, std::uint64_t cursor) {
  if (t.state != nullptr) return;
  t.cursor = conversation_cursor(event_seq{cursor});
  t.state = &state_.conversations[c];
  t.state->following = true;
  t.state->cursor = event_seq{cursor};
  dirty_ = true;
  // Own messages are handed out under the id that the user has there.
  if (where_.find(c) == nullptr) where_.ask(c, no_deadline, [](auto&&) {});
  act(c, t.cursor.on_head(event_seq{t.highest_seen}));
}

void follower::settle_by_membership(conversation_id c, track& t) {
  if (t.asking) return;
  t.asking = true;
  ++settling_;
  // Whether it is another tenant's, where the user has another id, is asked first.
  where_.ask(c, no_deadline, [this, c](const outcome<conversation_place>& place) {
    ask_membership(c, place ? place->self : user_id{});
  });
}

void follower::ask_membership(conversation_id c, user_id self) {
  list_members request;
  request.conversation = c;
  request.after = user_id{self ? self.value - 1 : 0};
  request.limit = 1;
  node_.call(request, 0, no_deadline, [this, c, self](const outcome<frame_view>& answer) {
    if (ended_) return;
    track& at = tracks_[c];
    at.asking = false;
    --settling_;
    const auto page = answer_as<members_page>(answer);
    const bool mine = page && !page->members.empty() && page->members.front().user == self;
    settle(c, at, mine ? page->members.front().joined.value - 1 : 0);
    check_caught_up();
  });
}

void follower::on_event(conversation_id c, const event_view& event, std::string_view bytes) {
  track& t = find_or_add(c);
  if (t.state == nullptr) {
    const bool first_word = t.highest_seen == 0;
    t.highest_seen = std::max(t.highest_seen, event.seq.value);
    if (t.first_seen == 0) t.first_seen = event.seq.value;
    if (!listed_once_) return;
    if (start_ == start_at::beginning) {
      settle(c, t, 0);
    } else if (first_word &&
               (event.kind == event_kind::conversation_created || adds_us(c, event))) {
      settle(c, t, event.seq.value - 1);
    } else {
      settle_by_membership(c, t);
    }
    return;
  }
  if (t.telling_gone) return t.cursor.hold(event.seq, bytes);
  const auto ruling = t.cursor.on_event(event.seq, bytes);
  if (ruling.what == conversation_cursor::verdict::deliver) {
    hand_out(c, t, event);
    hand_out_kept(c, t);
  } else {
    act(c, ruling);
  }
}

bool follower::adds_us(conversation_id c, const event_view& event) const {
  if (event.kind != event_kind::members_added) return false;
  const conversation_place* place = where_.find(c);
  if (place == nullptr) return true;  // who the user is there is not known yet
  const auto body = decode_body<members_body>(event.body);
  return body &&
         std::find(body->users.begin(), body->users.end(), place->self) != body->users.end();
}

void follower::on_head(conversation_id c, event_seq head) {
  track& t = find_or_add(c);
  if (t.state != nullptr) return act(c, t.cursor.on_head(head));
  t.highest_seen = std::max(t.highest_seen, head.value);
  if (listed_once_) settle_by_membership(c, t);
}

void follower::on_own_seq(conversation_id c, event_seq seq) {
  track& t = find_or_add(c);
  if (seq.value == std::max(t.cursor.cursor().value, t.own_upto) + 1) t.own_upto = seq.value;
  on_head(c, seq);
}

void follower::hand_out(conversation_id c, track& t, const event_view& event) {
  out_(c, event);
  t.state->cursor = event.seq;
  dirty_ = true;
  if (brings_back(c, t, event)) look_back(c, t);
}

void follower::hand_out_kept(conversation_id c, track& t) {
  while (auto kept = t.cursor.take_ready()) {
    const auto event = decode_event(kept->bytes);
    // Only events that were decoded once are kept.
    if (event) hand_out(c, t, *event);
  }
}

void follower::act(conversation_id c, conversation_cursor::ruling ruling) {
  if (!ruling.fetch_from) return;
  wanted_.push_back(c);
  start_fetches();
}

/// A request that cannot be made is answered before it returns: then the outermost call goes on
/// with what the answers leave to be fetched.
void follower::start_fetches() {
  if (ended_ || std::exchange(starting_, true)) return;
  const auto next = [this](std::deque<conversation_id>& from) {
    const conversation_id c = from.front();
    from.pop_front();
    ++reads_;
    return c;
  };
  while (reads_ < max_reads) {
    if (!wanted_.empty())
      begin_fetch(next(wanted_));
    else if (listed_once_ && !back_.empty())
      ask_back(next(back_));
    else
      break;
  }
  starting_ = false;
}

void follower::begin_fetch(conversation_id c) {
  track& t = tracks_[c];
  const std::uint64_t cursor = t.cursor.cursor().value;
  if (t.own_upto > cursor) {
    // Nothing but what this session did itself is missing, as far as it goes.
    const std::uint64_t own = t.own_upto - cursor;
    return ask_history(c, static_cast<std::uint32_t>(std::min<std::uint64_t>(own, page_events)));
  }
  const bool told = t.gone_told && t.gone_round == round_;
  if (!gone_ || cursor == 0 || told) return ask_history(c, page_events);
  t.telling_gone = true;
  ask_gone(c, event_seq{0});
}

void follower::end_fetch() {
  --reads_;
  start_fetches();
  check_caught_up();
}

void follower::ask_gone(conversation_id c, event_seq after) {
  track& t = tracks_[c];
  if (!after) t.gone_round = round_;
  list_gone request;
  request.conversation = c;
  request.cursor = t.cursor.cursor();
  request.after = after;
  node_.call(request, 0, no_deadline, [this, c, after](const outcome<frame_view>& answer) {
    if (!ended_) take_gone(c, after, answer);
  });
}

void follower::take_gone(conversation_id c, event_seq after, const outcome<frame_view>& answer) {
  track& t = tracks_[c];
  const auto page = answer_as<gone_page>(answer);
  if (page) {
    if (!page->gone.empty()) gone_(c, page->gone);
    // What went between two connections may lie before the pages of the first.
    if (t.gone_round != round_) return ask_gone(c, event_seq{0});
    if (page->next > after) return ask_gone(c, page->next);
  }
  // A node that cannot tell is no reason to tell nothing.
  t.telling_gone = false;
  t.gone_told = true;
  hand_out_kept(c, t);
  if (!t.cursor.complete()) return ask_history(c, page_events);
  t.gone_told = false;
  t.cursor.on_fetch_failed();
  end_fetch();
}

void follower::ask_history(conversation_id c, std::uint32_t limit) {
  history request;
  request.conversation = c;
  request.from = event_seq{tracks_[c].cursor.cursor().value + 1};
  request.limit = limit;
  const bool own = limit != page_events;
  node_.call(request, 0, no_deadline, [this, c, own](const outcome<frame_view>& answer) {
    if (ended_) return;
    track& t = tracks_[c];
    // Asked on an earlier connection: what went since then has not been told yet.
    const bool late = gone_ && !own && t.gone_told && t.gone_round != round_;
    if (late) {
      t.cursor.on_fetch_failed();
      act(c, t.cursor.missing());
    } else {
      take_page(c, answer);
    }
    if (t.cursor.complete()) t.gone_told = false;
    end_fetch();
  });
}

void follower::take_page(conversation_id c, const outcome<frame_view>& answer) {
  track& t = tracks_[c];
  const auto page = answer_as<history_page>(answer);
  bool progress = false;
  if (page) {
    const bool whole = for_each_event(page->events, [&](const event_view& event, std::string_view) {
      if (t.cursor.on_page_event(event.seq) == conversation_cursor::verdict::deliver) {
        hand_out(c, t, event);
      }
    });
    if (whole) {
      progress = t.cursor.on_page_end(page->next, page->head);
      t.state->passed.add(t.cursor.take_passed());
      t.state->cursor = t.cursor.cursor();
      dirty_ = true;
      hand_out_kept(c, t);
    } else {
      t.cursor.on_fetch_failed();
    }
  } else {
    t.cursor.on_fetch_failed();
  }
  if (progress) return act(c, t.cursor.missing());
  if (t.cursor.complete()) return;
  const bool rejected = !answer && describe(answer.error().code).kind == error_class::rejected;
  if (rejected) {
    t.gone_told = false;
    return;  // no longer ours to read; the next push or listing asks again
  }
  ++failed_;
  wait_([this, c] {
    --failed_;
    act(c, tracks_[c].cursor.missing());
    check_caught_up();
  });
}

void follower::when_caught_up(std::function<void()> then) {
  if (caught_up_) return then();
  on_caught_up_ = std::move(then);
}

void follower::check_caught_up() {
  if (caught_up_ || !listed_once_ || reads_ != 0 || settling_ != 0 || failed_ != 0) return;
  if (!wanted_.empty() || !back_.empty()) return;
  caught_up_ = true;
  if (on_caught_up_) std::exchange(on_caught_up_, nullptr)();
}

}  // namespace conclave::client
