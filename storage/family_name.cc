/// See family_name.h.
#include "storage/family_name.h"

#include <charconv>
#include <cstdio>

namespace conclave::storage {
namespace {

constexpr std::string_view prefix = "shard_";

template <class Number>
bool parse(std::string_view digits, Number& into) {
  const char* const end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, into);
  return parsed.ec == std::errc{} && parsed.ptr == end && !digits.empty();
}

}  // namespace

std::string family_name(shard_id shard, std::uint64_t number) {
  char name[40];
  std::snprintf(name, sizeof name, "shard_%03u", static_cast<unsigned>(shard.value));
  return number == 0 ? std::string(name) : name + ("." + std::to_string(number));
}

std::optional<shard_family> parse_family_name(std::string_view name) {
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  shard_family family;
  const std::size_t dot = name.find('.');
  if (!parse(name.substr(0, dot), family.shard.value)) return std::nullopt;
  if (dot != std::string_view::npos && !parse(name.substr(dot + 1), family.number))
    return std::nullopt;
  return family;
}

}  // namespace conclave::storage
