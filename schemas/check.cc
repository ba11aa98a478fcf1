/// The end of a process whose invariants do not hold: one line, no unwinding, a core if allowed.
#include "schemas/check.h"

#include <cstdio>
#include <cstdlib>

namespace conclave {

void check_failed(const char* condition, const char* why, const char* file, int line) {
  std::fprintf(stderr, "conclave: invariant broken: %s (%s) at %s:%d\n", why, condition, file,
               line);
  std::fflush(stderr);
  std::abort();
}

}  // namespace conclave
