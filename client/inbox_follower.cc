/// The flow of the inbox: on_ready or a gap -> fetch -> take_page -> hand_out, until the cursor
/// stands at the head; live entries join in through on_entry.
#include "client/inbox_follower.h"

namespace conclave::client {

inbox_follower::inbox_follower(caller& node, session_state& state, start_at start, deliver out,
                               std::function<void()> relist, follower::later wait)
    : node_(node),
      state_(state),
      start_(start),
      out_(std::move(out)),
      relist_(std::move(relist)),
      wait_(std::move(wait)) {}

void inbox_follower::on_ready(std::uint64_t head) {
  if (!started_) {
    started_ = true;
    if (!state_.following_inbox) {
      state_.following_inbox = true;
      state_.inbox = start_ == start_at::beginning ? 0 : head;
      dirty_ = true;
    }
    cursor_ = inbox_cursor(state_.inbox);
  }
  on_head(head);
  moved();
}

void inbox_follower::on_entry(const inbox_entry& entry) {
  switch (cursor_.on_entry(entry.seq)) {
    case inbox_cursor::verdict::deliver:
      hand_out(entry);
      return moved();
    case inbox_cursor::verdict::gap:
      return fetch();
    case inbox_cursor::verdict::drop:
      return;
  }
}

void inbox_follower::on_head(std::uint64_t head) {
  cursor_.on_head(head);
  fetch();
}

void inbox_follower::hand_out(const inbox_entry& entry) {
  out_(entry);
  state_.inbox = entry.seq;
  dirty_ = true;
}

void inbox_follower::moved() {
  state_.inbox = cursor_.cursor();
  if (caught_up() && on_caught_up_) std::exchange(on_caught_up_, nullptr)();
}

void inbox_follower::fetch() {
  if (!cursor_.begin_fetch()) return;
  read_inbox request;
  request.after = cursor_.cursor();
  request.limit = page_entries;
  node_.call(request, 0, no_deadline,
             [this](const outcome<frame_view>& answer) { take_page(answer); });
}

void inbox_follower::take_page(const outcome<frame_view>& answer) {
  const auto page = answer_as<inbox_page>(answer);
  if (!page) {
    cursor_.on_fetch_failed();
    // A node that knows no inbox has nothing to tell; anything else is asked again.
    const errc code = page.error().code;
    if (code == errc::unsupported || code == errc::shutting_down) return;
    return wait_([this] { fetch(); });
  }
  if (cursor_.on_page(page->first)) {
    dirty_ = true;
    relist_();
  }
  for (const inbox_entry& entry : page->entries) {
    if (cursor_.on_page_entry(entry.seq) == inbox_cursor::verdict::deliver) hand_out(entry);
  }
  const bool progress = cursor_.on_page_end(page->head);
  moved();
  if (progress) return fetch();
  wait_([this] { fetch(); });
}

void inbox_follower::when_caught_up(std::function<void()> then) {
  if (caught_up()) return then();
  on_caught_up_ = std::move(then);
}

}  // namespace conclave::client
