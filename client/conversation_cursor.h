/// The rules of receiving in one conversation: what arrived goes in, a ruling comes out. Promise P2
/// gives every event a dense seq, so three cases cover everything: the next one is delivered, an
/// earlier one is dropped, a later one shows a gap that HISTORY has to fill.
///
/// Pure: no clock, no socket, no thread of its own; owned by whoever receives (session, bench,
/// tests) and used on that thread. Events that came too early are kept, up to max_early of them;
/// what does not fit is remembered as a seq and fetched again, so nothing is lost by the bound.
/// At most one fetch is under way at a time.
#pragma once

#include "client/passed_stretches.h"
#include "schemas/ids.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace conclave::client {

class conversation_cursor {
 public:
  /// 256 early events cover a whole window of the sender; 1 MiB bounds large bodies.
  static constexpr std::size_t max_early = 256;
  static constexpr std::size_t max_early_bytes = 1024 * 1024;

  enum class verdict : std::uint8_t {
    deliver,  ///< this is the next event: hand it out, then drain take_ready()
    drop,     ///< already had
    gap,      ///< something before it is missing
  };

  struct ruling {
    verdict what = verdict::drop;
    /// Ask HISTORY forward from here; zero: nothing to ask, a fetch is under way already.
    event_seq fetch_from{};
  };

  /// An event that was kept until its turn came. `own`: known to us by an OK, not by its bytes.
  struct kept {
    event_seq seq{};
    bool own = false;
    std::string bytes;
  };

  conversation_cursor() = default;
  /// Everything up to and including `cursor` has been delivered before.
  explicit conversation_cursor(event_seq cursor) : cursor_(cursor.value), known_(cursor.value) {}

  event_seq cursor() const { return event_seq{cursor_}; }
  /// Highest seq that is known to exist.
  event_seq known() const { return event_seq{known_}; }
  bool complete() const { return cursor_ == known_; }
  bool fetching() const { return fetching_; }

  /// A pushed event. The hot path: one comparison when it is the next one.
  ruling on_event(event_seq seq, std::string_view bytes) {
    if (seq.value == cursor_ + 1) [[likely]] {
      advance(seq.value);
      return {verdict::deliver, {}};
    }
    return out_of_order(seq, bytes, false);
  }

  /// The OK for an own request: it stands in the place of the event.
  ruling on_own(event_seq seq) {
    if (seq.value == cursor_ + 1) {
      advance(seq.value);
      return {verdict::deliver, {}};
    }
    return out_of_order(seq, {}, true);
  }

  /// An event whose turn may have come, but which has to wait for something else: kept like an
  /// early one until take_ready().
  void hold(event_seq seq, std::string_view bytes) { out_of_order(seq, bytes, false); }

  /// A hint (HEAD, a listing, an OK whose event we do not know): there are events up to `head`.
  ruling on_head(event_seq head);

  /// An event of a page that was asked for with fetch_from. Seqs before it which the page left out
  /// are not for us: the cursor steps over them.
  verdict on_page_event(event_seq seq);

  /// The page is through; `next` and `head` as it said. Then drain take_ready() and ask missing():
  /// at once when this returns true, after a while when it returns false, because the page brought
  /// nothing though something is missing.
  bool on_page_end(event_seq next, event_seq head);

  /// Seqs that pages stepped over since the last call, ascending: not for this user when he asked.
  /// At most passed_stretches::most; the oldest are forgotten.
  passed_stretches take_passed() { return std::exchange(passed_, {}); }

  /// The fetch ended without a page.
  void on_fetch_failed() { fetching_ = false; }

  /// The connection is new: a fetch of the old one gets no answer any more.
  void on_reconnect() { fetching_ = false; }

  /// Asks for what is missing, unless nothing is or a fetch is under way.
  ruling missing();

  /// The next kept event whose turn has come, if any. Counts as delivered.
  std::optional<kept> take_ready();

 private:
  void advance(std::uint64_t seq) {
    cursor_ = seq;
    if (known_ < seq) known_ = seq;
  }
  ruling out_of_order(event_seq seq, std::string_view bytes, bool own);
  void forget_passed();

  std::uint64_t cursor_ = 0;
  std::uint64_t known_ = 0;
  std::uint64_t asked_known_ = 0;   // known_ when the fetch under way was asked for
  std::uint64_t asked_cursor_ = 0;  // where the cursor stood then
  bool fetching_ = false;
  passed_stretches passed_;
  std::map<std::uint64_t, kept> early_;
  std::size_t early_bytes_ = 0;
};

}  // namespace conclave::client
