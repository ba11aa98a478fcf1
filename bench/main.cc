/// `conclave-bench`: loads a node over TLS, verifies everything that is delivered, and prints what
/// it cost. Exit codes: 0 ok, 1 a fault of delivery, 2 usage, 3 the run could not take place.
#include "bench/command.h"
#include "bench/descriptors.h"

#include <csignal>

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  conclave::bench::raise_descriptor_limit();
  return conclave::bench::run_command(argc, argv);
}
