/// The exit codes of `conclave`, part of its interface: scripts decide by them. Pure.
#pragma once

#include "client/failures.h"
#include "schemas/errc.h"
#include "schemas/outcome.h"

namespace conclave::client::cli {

enum exit_code : int {
  exit_ok = 0,
  exit_rejected = 1,     ///< the node said no; certainly not done
  exit_usage = 2,        ///< the command line, the profile or a file is not usable
  exit_unreachable = 3,  ///< no node answered; certainly not done
  exit_unknown = 4,      ///< perhaps done: look before repeating
  exit_output = 5,       ///< standard output could not be written; what was asked may be done
};

constexpr const char* exit_codes_help =
    "Exit codes: 0 done; 1 rejected by the node, not done; 2 usage; 3 no node reachable, not "
    "done;\n"
    "4 outcome unknown, perhaps done; 5 standard output could not be written, what was asked may\n"
    "be done.";

inline exit_code exit_code_of(const failure& f) {
  if (f.code == unreachable) return exit_unreachable;
  return describe(f.code).kind == error_class::unknown ? exit_unknown : exit_rejected;
}

}  // namespace conclave::client::cli
