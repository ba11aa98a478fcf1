/// The rules of receiving in the inbox, whose seq is dense like a conversation's: the next entry is
/// delivered, an earlier one dropped, a later one shows a gap that INBOX has to fill. Two things
/// are simpler than in a conversation: nothing is invisible, and an early entry is not kept,
/// because the page that fills the gap brings it along. One thing is added: a page may begin beyond
/// the cursor, when the node has dropped older entries; then the conversations have to be listed
/// anew.
///
/// Pure: no clock, no socket, no thread of its own. At most one fetch is under way at a time.
#pragma once

#include <algorithm>
#include <cstdint>

namespace conclave::client {

class inbox_cursor {
 public:
  enum class verdict : std::uint8_t { deliver, drop, gap };

  inbox_cursor() = default;
  /// Everything up to and including `cursor` has been delivered before.
  explicit inbox_cursor(std::uint64_t cursor) : cursor_(cursor), known_(cursor) {}

  std::uint64_t cursor() const { return cursor_; }
  bool complete() const { return cursor_ == known_; }

  verdict on_entry(std::uint64_t seq) {
    if (seq <= cursor_) return verdict::drop;
    if (seq != cursor_ + 1) {
      known_ = std::max(known_, seq);
      return verdict::gap;
    }
    advance(seq);
    return verdict::deliver;
  }

  void on_head(std::uint64_t head) { known_ = std::max(known_, head); }

  /// Should INBOX be asked, after cursor()? True at most once until the fetch has ended.
  bool begin_fetch() {
    if (fetching_ || complete()) return false;
    fetching_ = true;
    asked_cursor_ = cursor_;
    asked_known_ = known_;
    return true;
  }

  /// A page begins; `first` as it said. True: entries are missing that the node no longer has, the
  /// conversations must be listed anew.
  bool on_page(std::uint64_t first) {
    if (first <= cursor_ + 1) return false;
    advance(first - 1);
    return true;
  }

  /// An entry of the page: what lies before it and did not come does not come any more.
  verdict on_page_entry(std::uint64_t seq) {
    if (seq <= cursor_) return verdict::drop;
    advance(seq);
    return verdict::deliver;
  }

  /// The page is through; `head` as it said. True: ask on at once, if anything is missing; false:
  /// it brought nothing though something is missing, wait a while.
  bool on_page_end(std::uint64_t head) {
    fetching_ = false;
    // A hint beyond the node's own head was wrong, unless it is newer than the question.
    if (known_ == asked_known_) known_ = std::max(cursor_, head);
    return cursor_ > asked_cursor_ || complete();
  }

  void on_fetch_failed() { fetching_ = false; }

 private:
  void advance(std::uint64_t seq) {
    cursor_ = seq;
    known_ = std::max(known_, seq);
  }

  std::uint64_t cursor_ = 0;
  std::uint64_t known_ = 0;
  std::uint64_t asked_cursor_ = 0;
  std::uint64_t asked_known_ = 0;
  bool fetching_ = false;
};

}  // namespace conclave::client
