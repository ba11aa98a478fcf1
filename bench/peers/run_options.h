/// What a run is asked for. A plain value; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <sys/types.h>

namespace conclave::bench::peers {

struct run_options {
  std::string protocol;
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  std::string ca_file;
  pid_t server_pid = 0;
  double seconds = 8;
  double warmup = 2;
  double rate = 0;          ///< messages a second over all rooms; 0: closed loop
  std::size_t window = 64;  ///< under way per speaker
  std::size_t pairs = 50;
  std::size_t members = 100;  ///< of the group; the first of them speaks
  std::size_t body = 128;
  std::size_t at_once = 32;
  bool resume = false;
  bool delayed_acks = false;  ///< who only listens acknowledges as the client of Conclave does
};

}  // namespace conclave::bench::peers
