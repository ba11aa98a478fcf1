/// One descriptor per connection: as many as this account may have. Called once, by main().
#pragma once

#include <sys/resource.h>

namespace conclave::bench {

inline void raise_descriptor_limit() {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

}  // namespace conclave::bench
