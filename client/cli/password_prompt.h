/// Reading a password so that nobody else sees it: from a file that is its owner's alone, from a
/// terminal without echo, or from a pipe. Never from an argument or the environment, which others
/// can read. Main thread only.
#pragma once

#include "schemas/outcome.h"

#include <string>

namespace conclave::client::cli {

/// `file` empty: asks with `prompt` on the terminal, or reads one line of standard input when that
/// is none; "-": reads the line in any case. Failure: invalid_argument, one sentence without
/// secrets.
outcome<std::string> read_password(const std::string& file, const std::string& prompt);

/// A new password: asked for twice on a terminal.
outcome<std::string> read_new_password(const std::string& file, const std::string& prompt);

}  // namespace conclave::client::cli
