/// Looking back: what a device has stepped over while its user was out, when he may see it after
/// all; see follower.h.
///
/// The node is asked from the first seq of the passed stretches on. What it shows inside of them is
/// handed out and struck off; when it shows nothing there, he still may not see it, and the
/// stretches stay for another day. `looking_back` is part of the state: a restart goes on.
#include "client/event_list.h"
#include "client/follower.h"

#include <utility>

namespace conclave::client {

bool follower::brings_back(conversation_id c, const track& t, const event_view& event) const {
  return !t.state->passed.empty() && adds_us(c, event);
}

void follower::look_back(conversation_id c, track& t) {
  t.state->looking_back = true;
  dirty_ = true;
  if (std::exchange(t.back, true)) return;
  back_.push_back(c);
  start_fetches();
}

void follower::ask_back(conversation_id c) {
  history request;
  request.conversation = c;
  request.from = event_seq{tracks_[c].state->passed.first()};
  request.limit = page_events;
  node_.call(request, 0, no_deadline, [this, c](const outcome<frame_view>& answer) {
    if (ended_) return;
    take_back(c, answer);
    end_fetch();
  });
}

void follower::take_back(conversation_id c, const outcome<frame_view>& answer) {
  track& t = tracks_[c];
  t.back = false;
  passed_stretches& passed = t.state->passed;
  const auto page = answer_as<history_page>(answer);
  std::uint64_t shown = 0;
  const bool whole = page && for_each_event(page->events, [&](const event_view& event, auto) {
                       if (!passed.contains(event.seq.value)) return;
                       shown = event.seq.value;
                       out_(c, event);
                     });
  dirty_ = true;
  if (whole) {
    // A page that ends behind the stretches has shown all that there is of them.
    const bool through = !page->next || page->next.value > passed.last();
    if (shown != 0) passed.drop_up_to(through ? passed.last() : page->next.value - 1);
    if (shown != 0 && !passed.empty()) return look_back(c, t);
  }
  t.state->looking_back = false;
}

}  // namespace conclave::client
