/// Is a message fit to be encoded? The codec takes a field outside its bounds for a bug and ends
/// the process; what people typed has to be refused with a sentence before it gets there. Walks the
/// message's own description of its fields. Pure functions; any thread.
#pragma once

#include "schemas/fields.h"
#include "schemas/outcome.h"
#include "schemas/utf8.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace conclave::client {

class bounds_visitor {
 public:
  template <class T>
  void operator()(std::string_view name, const T& value, bounds b, std::string_view) {
    if (!wrong_.empty()) return;
    check(name, value, b);
  }

  status verdict() && {
    if (wrong_.empty()) return done{};
    return failure{errc::invalid_argument, std::move(wrong_)};
  }

 private:
  void size(std::string_view name, std::uint64_t value, bounds b, std::string_view unit) {
    if (value >= b.min && value <= b.max) return;
    wrong_ = std::string(name) + " is not within " + std::to_string(b.min) + " to " +
             std::to_string(b.max) + std::string(unit);
  }

  void check(std::string_view name, std::string_view text, bounds b) {
    size(name, text.size(), b, " bytes");
    if (wrong_.empty() && !valid_utf8(text)) wrong_ = std::string(name) + " is not UTF-8";
  }
  void check(std::string_view name, const bytes_view& body, bounds b) {
    size(name, body.data.size(), b, " bytes");
  }
  template <class Tag, class Rep>
  void check(std::string_view name, strong_id<Tag, Rep> id, bounds b) {
    size(name, id.value, b, "");
  }
  template <class T>
  requires std::is_integral_v<T> || std::is_enum_v<T>
  void check(std::string_view name, T number, bounds b) {
    size(name, static_cast<std::uint64_t>(number), b, "");
  }
  template <class T>
  void check(std::string_view name, const std::vector<T>& list, bounds b) {
    size(name, list.size(), b, " elements");
    for (const T& element : list) {
      if (!wrong_.empty()) return;
      if constexpr (std::is_same_v<T, std::string_view>) {
        check(name, element, bounds{1, 64});
      } else if constexpr (requires { T::name; }) {
        T::fields(element, *this);
      } else {
        check(name, element, id_bounds);
      }
    }
  }

  std::string wrong_;
};

/// Failure: invalid_argument, with the field and its bounds.
template <class Message>
status within_bounds(const Message& message) {
  bounds_visitor visitor;
  Message::fields(message, visitor);
  return std::move(visitor).verdict();
}

}  // namespace conclave::client
