/// Where time comes from, so that tests can bring their own. Implementations are thread-safe.
#pragma once

#include "schemas/ids.h"

namespace conclave {

class clock {
 public:
  virtual ~clock() = default;

  /// Milliseconds since 1970 as the wall tells them; may jump.
  virtual time_ms wall() const = 0;

  /// Milliseconds of CLOCK_BOOTTIME: never jumps, counts suspended time.
  virtual time_ms boot() const = 0;
};

/// The machine's own clocks.
class system_clock final : public clock {
 public:
  time_ms wall() const override;
  time_ms boot() const override;
};

}  // namespace conclave
