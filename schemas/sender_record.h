/// What a device has said in a conversation: its highest client_seq and the last 256 accepted ones
/// with the seq and time they got, and a short print of what was asked. It is what makes resending
/// safe (promise P3). The conversation's actor owns one per sending device and writes it once per
/// log entry.
///
/// Plain data without thread. Stored as run-length coded differences: usually well under 100 bytes,
/// and two bytes per entry for the prints, which no coding shortens.
#pragma once

#include "schemas/ids.h"
#include "schemas/outcome.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace conclave {

class sender_record {
 public:
  static constexpr std::size_t window = 256;

  struct accepted {
    std::uint64_t client_seq = 0;
    event_seq seq{};
    time_ms time = 0;
    std::uint16_t print = 0;  ///< short_print of the request; 0: not known
    friend bool operator==(const accepted&, const accepted&) = default;
  };

  enum class verdict { fresh, repeated, reused, expired };
  struct judgement {
    verdict kind = verdict::fresh;
    accepted earlier;  ///< when repeated or reused
  };

  /// repeated: in the window, answer again. reused: in the window, but it was another request: both
  /// prints are known and differ. expired: below the window, cannot tell any more. fresh: above it,
  /// or inside but absent, hence never done.
  judgement judge(std::uint64_t client_seq, std::uint16_t print = 0) const;

  /// Remembers an accepted request; the caller has judged it fresh. The oldest falls out at 257.
  void accept(const accepted& entry);

  /// Lowest client_seq that can still be judged; below it everything is expired.
  std::uint64_t floor() const { return floor_; }
  std::uint64_t highest() const { return entries_.empty() ? 0 : entries_.back().client_seq; }
  std::size_t size() const { return entries_.size(); }

  std::string encode() const;
  static outcome<sender_record> decode(std::string_view bytes);

  friend bool operator==(const sender_record&, const sender_record&) = default;

 private:
  std::deque<accepted> entries_;  // ascending by client_seq
  std::uint64_t floor_ = 1;
};

}  // namespace conclave
