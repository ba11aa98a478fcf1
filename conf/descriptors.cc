/// The resource limit RLIMIT_NOFILE in the terms of the configuration.
#include "conf/descriptors.h"

#include "conf/log.h"

#include <algorithm>
#include <limits>
#include <sys/resource.h>

namespace conclave::conf {
namespace {

rlimit current_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return {};
  return limit;
}

}  // namespace

std::uint64_t descriptor_ceiling() {
  return current_limit().rlim_max;
}

std::uint64_t raise_descriptor_limit() {
  rlimit limit = current_limit();
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
    log::warn("conf", "the limit of file descriptors cannot be raised",
              {{"wanted", limit.rlim_max}});
  return current_limit().rlim_cur;
}

std::uint32_t connection_ceiling(const config& c, std::uint64_t descriptors) {
  const std::uint64_t free =
      descriptors > reserved_descriptors ? descriptors - reserved_descriptors : 1;
  const std::uint64_t wanted = c.max_connections == 0 ? free : c.max_connections;
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>({wanted, free, std::numeric_limits<std::uint32_t>::max()}));
}

}  // namespace conclave::conf
