/// The rare paths of conversation_cursor: early events, hints and pages.
#include "client/conversation_cursor.h"

#include <algorithm>

namespace conclave::client {

conversation_cursor::ruling conversation_cursor::out_of_order(event_seq seq, std::string_view bytes,
                                                              bool own) {
  if (seq.value <= cursor_) return {verdict::drop, {}};
  known_ = std::max(known_, seq.value);
  if (early_.size() < max_early && early_bytes_ + bytes.size() <= max_early_bytes) {
    auto [place, fresh] = early_.try_emplace(seq.value, kept{seq, own, std::string(bytes)});
    if (fresh) early_bytes_ += bytes.size();
  }
  return missing();
}

conversation_cursor::ruling conversation_cursor::on_head(event_seq head) {
  if (head.value <= cursor_) return {verdict::drop, {}};
  known_ = std::max(known_, head.value);
  return missing();
}

conversation_cursor::ruling conversation_cursor::missing() {
  if (known_ <= cursor_) return {verdict::drop, {}};
  if (fetching_) return {verdict::gap, {}};
  fetching_ = true;
  asked_known_ = known_;
  asked_cursor_ = cursor_;
  return {verdict::gap, event_seq{cursor_ + 1}};
}

conversation_cursor::verdict conversation_cursor::on_page_event(event_seq seq) {
  if (seq.value <= cursor_) return verdict::drop;
  passed_.add(cursor_ + 1, seq.value - 1);
  advance(seq.value);
  return verdict::deliver;
}

bool conversation_cursor::on_page_end(event_seq next, event_seq head) {
  fetching_ = false;
  if (next.value > cursor_ + 1) {
    passed_.add(cursor_ + 1, next.value - 1);
    advance(next.value - 1);
  }
  if (next.value == 0) {
    // The node has looked after every hint that we had when we asked: what it did not give us up to
    // its head is not for us, and a hint beyond its head was wrong unless it is newer than the ask.
    if (head.value > cursor_) {
      passed_.add(cursor_ + 1, head.value);
      advance(head.value);
    }
    const std::uint64_t last_early = early_.empty() ? 0 : early_.rbegin()->first;
    if (known_ == asked_known_) known_ = std::max({cursor_, last_early, head.value});
  }
  forget_passed();
  return cursor_ > asked_cursor_ || known_ <= cursor_ || early_.contains(cursor_ + 1);
}

std::optional<conversation_cursor::kept> conversation_cursor::take_ready() {
  if (early_.empty()) return std::nullopt;
  forget_passed();
  const auto first = early_.begin();
  if (first == early_.end() || first->first != cursor_ + 1) return std::nullopt;
  kept ready = std::move(first->second);
  early_bytes_ -= ready.bytes.size();
  early_.erase(first);
  advance(ready.seq.value);
  return ready;
}

void conversation_cursor::forget_passed() {
  while (!early_.empty() && early_.begin()->first <= cursor_) {
    early_bytes_ -= early_.begin()->second.bytes.size();
    early_.erase(early_.begin());
  }
}

}  // namespace conclave::client
