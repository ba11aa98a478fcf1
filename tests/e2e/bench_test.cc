/// `conclave-bench` against a real node that misbehaves: what it must show, and how it must end.
#include "tests/e2e/e2e_fixture.h"
#include "tests/support/loopback.h"

#include <nlohmann/json.hpp>

#include <csignal>
#include <thread>

namespace conclave::test {
namespace {

using nlohmann::json;

class e2e_bench : public e2e {
 protected:
  void SetUp() override {
    node_settings settings;
    settings.options["listen.metrics_port"] = std::to_string(free_port());
    start(std::move(settings));
    write_text(folder_.file("root.token"), node().operator_token() + "\n");
  }

  /// 200 messages a second: for one second to warm up, for three that count.
  child_process load() {
    child_process::command c;
    c.arguments = {CONCLAVE_BINARY_DIR "/conclave-bench",
                   "pair",
                   "--rate",
                   "200",
                   "--pairs",
                   "4",
                   "--seconds",
                   "3",
                   "--warmup",
                   "1",
                   "--quiet",
                   "--server",
                   node().client_address(),
                   "--admin",
                   node().admin_address(),
                   "--ca",
                   node().ca_file(),
                   "--operator-token-file",
                   folder_.file("root.token"),
                   "--server-pid",
                   std::to_string(node().pid()),
                   "--json",
                   report_file()};
    c.out_file = c.err_file = folder_.file("bench.out");
    return child_process(c);
  }

  std::string report_file() { return folder_.file("report.json"); }
  std::string words() { return read_text(folder_.file("bench.out")); }
  json report() { return json::parse(read_text(report_file()), nullptr, false); }

  /// The measurement has begun: more was proposed than the warm-up says.
  void let_begin() {
    ASSERT_TRUE(wait_until([&] { return node().metric("conclave_proposals_total") > 300; }));
  }

  temp_folder folder_{"conclave-bench"};
};

TEST_F(e2e_bench, a_stall_over_the_end_of_the_measurement_shows_in_the_latency) {
  child_process bench = load();
  let_begin();
  node().signal(SIGSTOP);
  // Over the end of the measurement, which nothing outside of the load can see.
  std::this_thread::sleep_for(std::chrono::seconds(4));
  node().signal(SIGCONT);
  ASSERT_EQ(bench.wait(patience), 0) << words();
  const json figures = report()["figures"];
  EXPECT_GE(figures["send_to_deliver_max_us"], 1'500'000) << figures;
  EXPECT_GE(figures["send_to_deliver_p90_us"], 500'000) << "what was due meanwhile counts";
}

TEST_F(e2e_bench, a_node_that_ends_is_a_fault_and_the_report_is_written) {
  child_process bench = load();
  let_begin();
  node().kill9();
  ASSERT_EQ(bench.wait(patience), 1) << words();
  const json faults = report()["faults"];
  EXPECT_TRUE(faults.contains("connection_lost")) << faults;
  EXPECT_TRUE(faults.contains("server_gone")) << faults;
}

}  // namespace
}  // namespace conclave::test
