/// The machine's clocks, read through clock_gettime; both calls stay in the vDSO.
#include "conf/clock.h"

#include <ctime>

namespace conclave {
namespace {

time_ms read_ms(clockid_t id) {
  timespec now{};
  clock_gettime(id, &now);  // fails only for a clock that the kernel does not have
  return static_cast<time_ms>(now.tv_sec) * 1000 + static_cast<time_ms>(now.tv_nsec) / 1'000'000;
}

}  // namespace

time_ms system_clock::wall() const {
  return read_ms(CLOCK_REALTIME);
}

time_ms system_clock::boot() const {
  return read_ms(CLOCK_BOOTTIME);
}

}  // namespace conclave
