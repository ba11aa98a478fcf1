/// CONCLAVE_CHECK(condition, "why"): an invariant that stays on in release builds. A breach ends
/// the process with one line on stderr: state that breaks an invariant must not be written or
/// served.
#pragma once

namespace conclave {

[[noreturn]] void check_failed(const char* condition, const char* why, const char* file, int line);

}  // namespace conclave

#define CONCLAVE_CHECK(condition, why)                                 \
  do {                                                                 \
    if (!(condition)) [[unlikely]]                                     \
      ::conclave::check_failed(#condition, (why), __FILE__, __LINE__); \
  } while (false)
