/// Options, and what happens to a report once it is there.
#include "bench/command.h"

#include "bench/compare.h"
#include "bench/html_page.h"
#include "bench/node_facts.h"
#include "bench/scenario.h"
#include "bench/text_file.h"

#include <CLI/CLI.hpp>

#include <cstdio>

namespace conclave::bench {

namespace {

struct outputs {
  std::string json;
  std::string html;
};

/// The subcommands that read reports instead of making one.
struct reading {
  std::vector<std::string> files;
  std::string html;
};

void add_target_options(CLI::App& command, target& t, outputs& to) {
  command.add_option("--server", t.server, "HOST:PORT of the client listener")->required();
  command.add_option("--ca", t.ca_file, "PEM file with the CA to trust")->required();
  command.add_option("--admin", t.admin, "HOST:PORT of the admin listener");
  command.add_option("--operator-token-file", t.operator_token_file,
                     "provision users of this run's own with this operator's token");
  command.add_option("--tokens", t.tokens_file,
                     "use the tokens in this file: lines as printed by `conclave admin user add`");
  command.add_option("--tenant", t.tenant, "tenant of the provisioned users; made when absent")
      ->capture_default_str();
  command.add_option("--seconds", t.seconds, "length of the measurement")->capture_default_str();
  command.add_option("--warmup", t.warmup, "seconds before it that do not count")
      ->capture_default_str();
  command.add_option("--server-pid", t.server_pid, "report CPU and memory of this process");
  command.add_option("--metrics", t.metrics,
                     "HOST:PORT of the node's metrics page: report its fsyncs and batches");
  command.add_option("--commit", t.commit, "commit of the node's source, for the report");
  command.add_option("--durability", t.durability, "what an OK means, for the report")
      ->capture_default_str();
  command.add_option("--threads", t.threads, "threads that generate load")
      ->capture_default_str()
      ->check(CLI::Range(1, 256));
  command.add_option("--json", to.json, "write the report to this file");
  command.add_option("--html", to.html, "write a page with plots to this file");
  command.add_flag("--quiet", t.quiet, "no progress line");
}

int refuse(const failure& why) {
  std::fprintf(stderr, "conclave-bench: %s (%s)\n", why.detail.c_str(),
               std::string(name_of(why.code)).c_str());
  return why.code == errc::invalid_argument ? 2 : 3;
}

int write_page(const std::vector<std::string>& reports, const std::string& file) {
  const auto page = html_page(reports);
  if (!page) return refuse(page.error());
  const auto written = write_text(file, *page);
  return written ? 0 : refuse(written.error());
}

int run_scenario(scenario& s, const target& t, const outputs& to) {
  auto report = s.run(t);
  if (!report) return refuse(report.error());
  tell_node(*report, t);
  std::fputs(report->to_text().c_str(), stdout);
  const std::string json = report->to_json();
  if (!to.json.empty()) {
    if (const auto written = write_text(to.json, json); !written) return refuse(written.error());
  }
  if (!to.html.empty()) {
    if (const int code = write_page({json}, to.html); code != 0) return code;
  }
  return report->faultless() ? 0 : 1;
}

int compare(const std::vector<std::string>& files) {
  const auto a = read_text(files.at(0));
  if (!a) return refuse(a.error());
  const auto b = read_text(files.at(1));
  if (!b) return refuse(b.error());
  const auto table = compare_reports(*a, *b);
  if (!table) return refuse(table.error());
  std::fputs(table->c_str(), stdout);
  return 0;
}

int make_page(const reading& r) {
  std::vector<std::string> reports;
  for (const std::string& file : r.files) {
    auto text = read_text(file);
    if (!text) return refuse(text.error());
    reports.push_back(std::move(*text));
  }
  return write_page(reports, r.html);
}

}  // namespace

int run_command(int argc, char** argv) {
  CLI::App app{
      "Loads a Conclave node over TLS and verifies every delivery.\n"
      "Exit codes: 0 ok, 1 a fault of delivery, 2 usage, 3 the run could not take place."};
  app.require_subcommand(1);
  app.set_version_flag("--version", "conclave-bench " CONCLAVE_VERSION);
  target t;
  outputs to;
  const auto scenarios = all_scenarios();
  for (const auto& s : scenarios) {
    CLI::App* command = app.add_subcommand(s->name(), s->summary());
    add_target_options(*command, t, to);
    s->add_options(*command);
  }
  reading r;
  CLI::App* comparing = app.add_subcommand("compare", "two reports side by side, with ratios");
  comparing->add_option("files", r.files, "A.json B.json")->required()->expected(2);
  CLI::App* paging = app.add_subcommand("page", "one page with plots from several reports");
  paging->add_option("files", r.files, "reports as written by --json")->required();
  paging->add_option("--html", r.html, "the page to write")->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (app.got_subcommand(comparing)) return compare(r.files);
  if (app.got_subcommand(paging)) return make_page(r);
  for (const auto& s : scenarios) {
    if (app.got_subcommand(s->name())) return run_scenario(*s, t, to);
  }
  return 2;
}

}  // namespace conclave::bench
