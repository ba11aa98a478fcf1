/// Keeps a page from carrying what was taken back before it was answered (promise P5a). A read
/// looks at a snapshot; while it gathers rows, a recall may commit and be answered OK, and the page
/// would still hold the body. So whoever empties bodies counts, and whoever read bodies looks
/// whether it was counted meanwhile, and reads again.
///
/// Counters are shared by hash: a neighbour's recall costs a read in vain, or a forward that is
/// asked for once more, nothing else. Any thread; owned by gateway_shared. No bound is reached: a
/// fixed array.
#pragma once

#include "schemas/ids.h"

#include <array>
#include <atomic>
#include <cstdint>

namespace conclave::actors {

class gone_watch {
 public:
  /// After the commit that emptied bodies, before anybody is told of it.
  void mark(tenant_id tenant, conversation_id conversation) {
    slot(tenant, conversation).fetch_add(1);
  }

  /// To be compared: before the snapshot is taken and after the last row was read.
  std::uint64_t count(tenant_id tenant, conversation_id conversation) const {
    return slot(tenant, conversation).load();
  }

 private:
  using counter = std::atomic<std::uint64_t>;
  static constexpr std::size_t slots = 4096;  ///< a power of two; 32 KB

  static std::size_t place(tenant_id tenant, conversation_id conversation) {
    const std::uint64_t mixed =
        (conversation.value ^ std::uint64_t{tenant.value} << 40) * 0x9E3779B97F4A7C15ull;
    return static_cast<std::size_t>(mixed >> 52);
  }
  counter& slot(tenant_id tenant, conversation_id conversation) {
    return counters_[place(tenant, conversation)];
  }
  const counter& slot(tenant_id tenant, conversation_id conversation) const {
    return counters_[place(tenant, conversation)];
  }

  std::array<counter, slots> counters_{};
  static_assert(std::uint64_t{1} << 12 == slots, "place() keeps twelve bits");
};

}  // namespace conclave::actors
