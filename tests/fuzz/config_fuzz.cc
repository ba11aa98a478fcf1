// Any text as a configuration file: it is refused with a sentence, or what it says survives a dump.
#include "conf/config.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto parsed = conclave::conf::parse(text, "/etc/conclave/node.toml");
  if (!parsed.ok()) {
    if (parsed.error().detail.empty()) std::abort();
    return 0;
  }
  const std::string dumped = conclave::conf::dump(*parsed);
  const auto again = conclave::conf::parse(dumped, "/elsewhere/node.toml");
  if (!again.ok() || conclave::conf::dump(*again) != dumped) std::abort();
  return 0;
}
