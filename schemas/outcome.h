/// outcome<T>: a value or a failure, for everything that is expected to fail now and then.
/// Exceptions are for bugs; CONCLAVE_CHECK is for broken invariants. (std::expected is C++23.)
#pragma once

#include "schemas/errc.h"

#include <string>
#include <utility>
#include <variant>

namespace conclave {

struct failure {
  errc code = errc::internal;
  std::string detail;  ///< one sentence for people; without bodies and secrets

  /// Puts the caller's context in front: "cannot open the data folder: …".
  failure prefixed(std::string_view context) && {
    std::string whole(context);
    whole += ": ";
    whole += detail;
    detail = std::move(whole);
    return std::move(*this);
  }
};

template <class T>
class [[nodiscard]] outcome {
 public:
  outcome(T value) : content_(std::in_place_index<0>, std::move(value)) {}
  outcome(failure f) : content_(std::in_place_index<1>, std::move(f)) {}
  outcome(errc code) : content_(std::in_place_index<1>, failure{code, {}}) {}

  bool ok() const { return content_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return std::get<0>(content_); }
  const T& value() const& { return std::get<0>(content_); }
  T&& value() && { return std::get<0>(std::move(content_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const failure& error() const& { return std::get<1>(content_); }
  failure&& error() && { return std::get<1>(std::move(content_)); }

 private:
  std::variant<T, failure> content_;
};

/// Success without a value.
struct done {};
using status = outcome<done>;

}  // namespace conclave
