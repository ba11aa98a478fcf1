/// What is known to have happened in one conversation of a run, by seq: which message stands there,
/// as the sender's OK or the first receiver said, and how many have received it. Everybody else is
/// compared with it. A ring: what is older than its size is not compared any more, which the seq
/// and the sender's numbers still cover. Pure; one thread.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace conclave::bench {

class room_ledger {
 public:
  explicit room_ledger(std::size_t at_least = 256)
      : entries_(std::bit_ceil(at_least < 16 ? std::size_t{16} : at_least)) {}

  enum class verdict : std::uint8_t { agrees, contradicts, forgotten };

  /// An OK or an arrival says that `seq` holds this message.
  verdict note(std::uint64_t seq, std::uint32_t speaker, std::uint64_t number) {
    entry& e = entries_[seq & (entries_.size() - 1)];
    if (e.seq > seq) return verdict::forgotten;
    if (e.seq < seq) {
      e = {seq, number, speaker, 0};
      return verdict::agrees;
    }
    return e.speaker == speaker && e.number == number ? verdict::agrees : verdict::contradicts;
  }

  /// How many have received it by now, this one included; 0: forgotten.
  std::uint32_t count_arrival(std::uint64_t seq) {
    entry& e = entries_[seq & (entries_.size() - 1)];
    return e.seq == seq ? ++e.arrived : 0;
  }

 private:
  struct entry {
    std::uint64_t seq = 0;
    std::uint64_t number = 0;
    std::uint32_t speaker = 0;
    std::uint32_t arrived = 0;
  };
  std::vector<entry> entries_;
};

}  // namespace conclave::bench
