/// Token files: one line with a device's resume token, readable by its owner alone. Pure functions
/// on files; any thread. Failures are one sentence that names the file and the mend, never the
/// token.
#pragma once

#include "schemas/outcome.h"

#include <string>
#include <string_view>

namespace conclave::client {

/// Refuses a file that others may read: whoever read it once could log in for ever.
outcome<std::string> read_token_file(const std::string& file);

/// Creates or replaces the file with mode 0600.
status write_token_file(const std::string& file, std::string_view token);

/// Could write_token_file write there? Asked before a token is made that would be shown once only.
status check_token_file_writable(const std::string& file);

}  // namespace conclave::client
