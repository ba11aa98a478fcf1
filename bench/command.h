/// The command line of `conclave-bench`: one subcommand per scenario, and those that read reports.
#pragma once

namespace conclave::bench {

/// Returns the process's exit code.
int run_command(int argc, char** argv);

}  // namespace conclave::bench
