/// The command line of `conclave`: options, help, and which command is run.
#pragma once

namespace conclave::client::cli {

/// Returns the process's exit code.
int run(int argc, char** argv);

}  // namespace conclave::client::cli
