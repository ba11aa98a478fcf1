/// One user of a run: how he logs in and who he is. Pure data.
#pragma once

#include "client/protocol.h"

#include <string>

namespace conclave::bench {

struct account {
  std::string token;
  user_id user{};    ///< zero when the token came from a file: known after the login
  std::string name;  ///< empty likewise
};

}  // namespace conclave::bench
