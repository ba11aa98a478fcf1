/// What the report says about the node under test: its command and configuration as the kernel and
/// its file show them, and what the caller told. Blocking; main thread.
#pragma once

#include "bench/report.h"
#include "bench/scenario.h"

namespace conclave::bench {

void tell_node(report& r, const target& t);

}  // namespace conclave::bench
