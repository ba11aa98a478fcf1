/// Requests that are not answered yet, kept as the very frames that were sent, so that a resend has
/// the same key, the same correlation and the same bytes (promise P3). On a new connection all of
/// them go out again in their first order; a `retry` or `unknown` answer puts one off for a while.
///
/// Requests of one lane (a conversation) keep their order: from when one of them was put off until
/// it is answered, later ones that are not under way wait behind it. So what is done before it is
/// what was under way then, fewer than the numbers that a node remembers (256), and its next try is
/// not taken for an old one. Lane 0 knows no order.
///
/// Pure: the clock is an argument. Owned by the session's core, used on the loop's thread. Bounded
/// by the caller, who refuses new requests above its bound; window() bounds those under way.
#pragma once

#include "client/backoff.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace conclave::client {

template <class Context>
class resend_queue {
 public:
  struct entry {
    std::string frame;
    std::uint64_t lane = 0;
    std::uint64_t deadline_ms = 0;  ///< on the caller's clock; given up then
    Context context;

   private:
    friend class resend_queue;
    enum class state : std::uint8_t { waiting, under_way };
    state where = state::waiting;
    bool put_off = false;  // once, or more often
    std::uint64_t not_before_ms = 0;
    backoff patience{std::chrono::milliseconds{100}, std::chrono::milliseconds{3'000}};
  };

  /// At most this many are under way at once; the node's max_open_requests, less a reserve.
  void set_window(std::size_t requests) { window_ = std::max<std::size_t>(1, requests); }

  std::size_t size() const { return entries_.size(); }
  std::size_t under_way() const { return under_way_; }

  /// Correlations ascend: their order is the order of sending.
  void add(std::uint64_t correlation, entry e) {
    entries_.emplace_hint(entries_.end(), correlation, std::move(e));
  }

  entry* find(std::uint64_t correlation) {
    const auto at = entries_.find(correlation);
    return at == entries_.end() ? nullptr : &at->second;
  }

  /// Answered for good: the entry leaves. Nothing when it is unknown (a late second answer).
  std::optional<entry> take(std::uint64_t correlation) {
    const auto at = entries_.find(correlation);
    if (at == entries_.end()) return std::nullopt;
    if (at->second.where == entry::state::under_way) --under_way_;
    std::optional<entry> taken(std::move(at->second));
    entries_.erase(at);
    return taken;
  }

  /// Answered with `retry` or `unknown`: the same frame goes out again after a while.
  void put_off(std::uint64_t correlation, std::uint64_t now_ms, std::uint64_t random,
               std::uint32_t retry_after_ms) {
    const auto at = entries_.find(correlation);
    if (at == entries_.end()) return;
    entry& e = at->second;
    if (e.where == entry::state::under_way) --under_way_;
    e.where = entry::state::waiting;
    e.put_off = true;
    const auto wait = e.patience.next(random, std::chrono::milliseconds{retry_after_ms});
    e.not_before_ms = now_ms + static_cast<std::uint64_t>(wait.count());
  }

  /// The connection ended: nothing is under way, and a new connection is no reason to wait.
  /// Calls doubt(context) for each that was: the node may have done it without our knowing.
  template <class Doubt>
  void on_disconnect(Doubt&& doubt) {
    under_way_ = 0;
    for (auto& [correlation, e] : entries_) {
      if (e.where == entry::state::under_way) doubt(e.context);
      e.where = entry::state::waiting;
      e.not_before_ms = 0;
    }
  }

  /// Calls transmit(correlation, entry) for each that may go out now, in order; when that returns
  /// false (no connection, no room) it stops.
  template <class Transmit>
  void pump(std::uint64_t now_ms, Transmit&& transmit) {
    if (under_way_ == entries_.size()) return;
    blocked_.clear();
    for (auto& [correlation, e] : entries_) {
      if (under_way_ >= window_) return;
      if (e.where == entry::state::under_way) {
        if (e.put_off && e.lane != 0) blocked_.push_back(e.lane);
        continue;
      }
      const bool held =
          e.lane != 0 && std::find(blocked_.begin(), blocked_.end(), e.lane) != blocked_.end();
      if (held) continue;
      if (e.not_before_ms > now_ms) {
        if (e.lane != 0) blocked_.push_back(e.lane);
        continue;
      }
      if (!transmit(correlation, e)) return;
      e.where = entry::state::under_way;
      ++under_way_;
      if (e.put_off && e.lane != 0) blocked_.push_back(e.lane);
    }
  }

  /// Takes out those whose deadline has passed.
  std::vector<std::pair<std::uint64_t, entry>> expired(std::uint64_t now_ms) {
    std::vector<std::pair<std::uint64_t, entry>> out;
    for (auto at = entries_.begin(); at != entries_.end();) {
      if (at->second.deadline_ms > now_ms) {
        ++at;
        continue;
      }
      if (at->second.where == entry::state::under_way) --under_way_;
      out.emplace_back(at->first, std::move(at->second));
      at = entries_.erase(at);
    }
    return out;
  }

 private:
  std::map<std::uint64_t, entry> entries_;
  std::vector<std::uint64_t> blocked_;
  std::size_t under_way_ = 0;
  std::size_t window_ = 200;
};

}  // namespace conclave::client
