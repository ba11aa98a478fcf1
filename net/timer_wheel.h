/// Coarse timers by the thousand: a wheel of 1024 slots of 100 ms. Scheduling is one push, firing
/// one pass over a slot; nothing is cancelled, an item that no longer matters is ignored by its
/// receiver.
///
/// On the loop's thread, owned by the loop. An item is never early and at most one slot late.
/// Delays beyond a turn of the wheel (102 s) stay in their slot for another turn. No bound of its
/// own: the connections keep at most a few items each.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace conclave::net {

template <class Item>
class timer_wheel {
 public:
  static constexpr std::int64_t slot_ms = 100;
  static constexpr std::int64_t slots = 1024;
  static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

  explicit timer_wheel(std::int64_t now_ms)
      : wheel_(static_cast<std::size_t>(slots)), turned_to_(now_ms / slot_ms) {}

  void schedule(std::int64_t due_ms, Item item) {
    const std::int64_t due = std::max((due_ms + slot_ms - 1) / slot_ms, turned_to_ + 1);
    wheel_[slot_of(due)].push_back({due, std::move(item)});
    next_ = std::min(next_, due);
  }

  /// When advance() has something to do next (perhaps only to look).
  std::int64_t next_ms() const { return next_ == never ? never : next_ * slot_ms; }

  /// Calls fire(item) for everything due. fire may schedule.
  template <class Fire>
  void advance(std::int64_t now_ms, Fire&& fire) {
    const std::int64_t now = now_ms / slot_ms;
    if (next_ > now) {
      turned_to_ = std::max(turned_to_, now);
      return;
    }
    const std::int64_t from = std::max(turned_to_ + 1, now - slots + 1);
    turned_to_ = now;
    next_ = never;
    std::vector<entry> due;
    for (std::int64_t at = from; at <= now; ++at) take_due(wheel_[slot_of(at)], now, due);
    for (entry& e : due) fire(e.item);
    find_next();
  }

 private:
  struct entry {
    std::int64_t due;
    Item item;
  };

  static std::size_t slot_of(std::int64_t due) { return static_cast<std::size_t>(due % slots); }

  static void take_due(std::vector<entry>& slot, std::int64_t now, std::vector<entry>& due) {
    std::size_t kept = 0;
    for (entry& e : slot) {
      if (e.due <= now) {
        due.push_back(std::move(e));
      } else {
        if (&slot[kept] != &e) slot[kept] = std::move(e);
        ++kept;
      }
    }
    slot.erase(slot.begin() + static_cast<std::ptrdiff_t>(kept), slot.end());
    if (slot.empty() && slot.capacity() > 64) std::vector<entry>().swap(slot);
  }

  void find_next() {
    for (std::int64_t at = turned_to_ + 1; at <= turned_to_ + slots; ++at) {
      if (!wheel_[slot_of(at)].empty()) {
        next_ = std::min(next_, at);
        return;
      }
    }
  }

  std::vector<std::vector<entry>> wheel_;
  std::int64_t turned_to_;
  std::int64_t next_ = never;
};

}  // namespace conclave::net
