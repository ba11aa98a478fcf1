/// The scenario `login`: so many at once connect, shake hands, log in, leave and come again. On the
/// one thread of the event_loop.
#pragma once

#include "bench/histogram.h"
#include "bench/peers/cpu_time.h"
#include "bench/peers/run_options.h"
#include "bench/peers/session.h"

#include <memory>
#include <string>
#include <vector>

namespace conclave::bench::peers {

class logins {
 public:
  logins(const broker& b, const run_options& options, std::string run);
  ~logins();
  logins(const logins&) = delete;
  logins& operator=(const logins&) = delete;

  /// The exit code; prints the line.
  int run();

 private:
  class visitor;

  void came(visitor& v);
  void failed(visitor& v, const std::string& why);

  const broker& broker_;
  const run_options& options_;
  std::string run_;
  std::vector<std::unique_ptr<visitor>> visitors_;
  std::size_t visits_ = 0;
  bool open_ = true;
  bool measuring_ = false;
  std::uint64_t done_ = 0;
  std::uint64_t resumed_ = 0;
  std::uint64_t failed_ = 0;
  std::string first_failure_;
  histogram took_;
};

}  // namespace conclave::bench::peers
