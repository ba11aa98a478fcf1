/// What is said about bytes that cannot be decoded.
#include "schemas/codec.h"

#include "schemas/codec_of.h"

namespace conclave::wire {

failure to_failure(const problem& p) {
  std::string detail(p.field.empty() ? std::string_view("the payload") : p.field);
  if (p.code == errc::invalid_argument && p.allowed.max != 0) {
    detail +=
        " is not within " + std::to_string(p.allowed.min) + " to " + std::to_string(p.allowed.max);
  } else {
    detail += ' ';
  }
  detail += p.what;
  return {p.code, std::move(detail)};
}

}  // namespace conclave::wire
