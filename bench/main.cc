/// `conclave-bench`: loads a node over TLS, verifies everything that is delivered, and prints what
/// it cost. Exit codes: 0 ok, 1 a fault of delivery, 2 usage, 3 the run could not take place.
#include "bench/command.h"

#include <csignal>
#include <sys/resource.h>

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  // One descriptor per connection: as many as this account may have.
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  return conclave::bench::run_command(argc, argv);
}
