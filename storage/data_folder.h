/// The data folder as seen before RocksDB touches it: create it private, or find out in one
/// sentence why it cannot be used. Called once by store::open; no thread, no state.
#pragma once

#include "schemas/outcome.h"

#include <string>

namespace conclave::storage {

enum class folder_state {
  fresh,     ///< created now, empty, or left by a creation that was cut short
  existing,  ///< holds a database
};

/// errc::invalid_argument: not a data folder. errc::forbidden: no permission. errc::corrupt: parts
/// of a database without its beginning. errc::io_error: anything else.
outcome<folder_state> prepare_data_folder(const std::string& given);

}  // namespace conclave::storage
