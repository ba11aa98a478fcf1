/// Names of users by id, however they are known. Implemented by name_book, and by tests. Pure
/// interface.
#pragma once

#include "schemas/ids.h"

#include <string>

namespace conclave::client::cli {

class names {
 public:
  virtual ~names() = default;
  /// "alice"; "user 17" when it cannot be told; "the node" for 0.
  virtual std::string of(user_id user) const = 0;
};

}  // namespace conclave::client::cli
