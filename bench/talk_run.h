/// The run that pair and group share: crowds that talk at a pace, and what is told about it.
/// Blocking, main thread.
#pragma once

#include "bench/account.h"
#include "bench/report.h"
#include "bench/room_crowd.h"
#include "bench/stage.h"

#include <vector>

namespace conclave::bench {

/// Who is on one thread, and which rooms they have.
struct cast {
  std::vector<account> accounts;
  std::vector<room_plan> plans;
};

struct talk_options {
  pace how;
  std::size_t body = 160;
};
void add_talk_options(CLI::App& command, talk_options& o);

outcome<report> run_talk(const target& t, report r, std::vector<cast> casts,
                         const talk_options& options);

}  // namespace conclave::bench
