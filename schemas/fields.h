/// How a message struct describes its fields, once, for encoding, decoding, the dump to
/// protocol.json and the tables of the protocol page. A message looks like this:
///
///   struct ping {
///     static constexpr frame_type type = frame_type::ping;
///     static constexpr std::string_view name = "PING", doc = "Asks for a sign of life.";
///     std::uint64_t nonce = 0;
///     template <class Self, class Visitor>
///     static void fields(Self& m, Visitor& v) {
///       v("nonce", m.nonce, bounds{0, any_u64}, "repeated in the PONG");
///     }
///   };
///
/// Order is wire order. Fields are only ever appended. A struct that says
/// `static constexpr std::uint32_t required_fields = n` has optional ones after its first n: their
/// default is 0, false or empty, a writer leaves trailing defaults out, and a reader takes an
/// absent one for its default. Without it every field must be present. Pure data; any thread.
#pragma once

#include "schemas/ids.h"

#include <cstdint>
#include <limits>
#include <string_view>

namespace conclave {

/// Integers: smallest and largest value. Strings and binaries: bytes. Lists: elements.
struct bounds {
  std::uint64_t min = 0;
  std::uint64_t max = std::numeric_limits<std::uint64_t>::max();
};

inline constexpr std::uint64_t any_u64 = std::numeric_limits<std::uint64_t>::max();
inline constexpr bounds id_bounds{1, id_limit - 1};
inline constexpr bounds id_or_none_bounds{0, id_limit - 1};
inline constexpr bounds seq_bounds{0, id_limit - 1};
inline constexpr bounds tenant_bounds{0, std::numeric_limits<std::uint32_t>::max()};
inline constexpr bounds flag_bounds{0, 1};

/// msgpack bin, where a std::string_view is msgpack str (UTF-8).
struct bytes_view {
  std::string_view data;
};

/// A list of events as they lie in the store: an array of event arrays whose bytes are copied,
/// never re-encoded. `bytes` is the concatenation of `count` encoded events.
struct raw_events {
  std::uint32_t count = 0;
  std::string_view bytes;
};

}  // namespace conclave
