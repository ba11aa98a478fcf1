/// What every scenario tells in the same words: rates, latencies, costs, memory, commits, seconds.
#include "bench/stage.h"

#include <algorithm>

namespace conclave::bench {

namespace {

double per(double value, std::uint64_t count) {
  return value / static_cast<double>(std::max<std::uint64_t>(count, 1));
}

double mib(std::uint64_t bytes) {
  return static_cast<double>(bytes) / (1024.0 * 1024.0);
}

double grown(const node_numbers& before, const node_numbers& after, const std::string& name) {
  const auto now = after.find(name);
  const auto then = before.find(name);
  return now == after.end() ? 0 : now->second - (then == before.end() ? 0 : then->second);
}

}  // namespace

void stage::tell_rates(const std::string& acked, const std::string& delivered) {
  report_.add("seconds", seconds_, 2);
  report_.add("connections", static_cast<double>(connections_));
  const double seconds = std::max(seconds_, 1e-9);
  if (!acked.empty()) {
    report_.add(acked, static_cast<double>(sum_.acked));
    report_.add(acked + "_per_second", static_cast<double>(sum_.acked) / seconds);
  }
  if (!delivered.empty()) {
    report_.add(delivered, static_cast<double>(sum_.delivered));
    report_.add(delivered + "_per_second", static_cast<double>(sum_.delivered) / seconds);
  }
  if (sum_.fetched != 0) {
    report_.add(delivered + "_by_history", static_cast<double>(sum_.fetched));
  }
  std::uint64_t retried = 0;
  for (const auto& c : crowds_) retried += c->retried();
  if (retried != 0) report_.add("logins_retried", static_cast<double>(retried));
  if (sum_.refused != 0) report_.add("refused", static_cast<double>(sum_.refused));
}

void stage::tell_latencies(const std::string& ack, const std::string& deliver) {
  if (!ack.empty() && sum_.ack.count() != 0) report_.add(ack, sum_.ack);
  if (!deliver.empty() && sum_.deliver.count() != 0) report_.add(deliver, sum_.deliver);
}

void stage::tell_costs(const std::string& one, std::uint64_t count, const std::string& other,
                       std::uint64_t other_count) {
  if (target_.server_pid != 0 && !(server_before_ && server_after_)) {
    report_.fault("server_gone", 1,
                  "process " + std::to_string(target_.server_pid) + " ended during the run");
  } else if (target_.server_pid != 0) {
    const auto cpu = static_cast<double>(server_after_->cpu_us() - server_before_->cpu_us());
    const auto system = static_cast<double>(server_after_->system_us - server_before_->system_us);
    if (!one.empty()) {
      report_.add("server_cpu_us_per_" + one, per(cpu, count), 2);
      report_.add("server_system_us_per_" + one, per(system, count), 2);
    }
    if (!other.empty()) report_.add("server_cpu_us_per_" + other, per(cpu, other_count), 2);
    report_.add("server_cores_busy", cpu * 1e-6 / std::max(seconds_, 1e-9), 2);
    report_.add("server_resident_mib", mib(server_after_->resident_bytes), 1);
  }
  if (own_before_ && own_after_) {
    const auto cpu = static_cast<double>(own_after_->cpu_us() - own_before_->cpu_us());
    if (!one.empty()) report_.add("bench_cpu_us_per_" + one, per(cpu, count), 2);
    if (!other.empty()) report_.add("bench_cpu_us_per_" + other, per(cpu, other_count), 2);
    report_.add("bench_cores_busy", cpu * 1e-6 / std::max(seconds_, 1e-9), 2);
  }
}

void stage::tell_memory() {
  if (!server_idle_ || !server_gathered_ || connections_ == 0) return;
  const auto before = static_cast<double>(server_idle_->resident_bytes);
  const auto after = static_cast<double>(server_gathered_->resident_bytes);
  report_.add("server_kib_per_connection",
              std::max(0.0, after - before) / 1024.0 / static_cast<double>(connections_), 1);
}

void stage::tell_commits(std::uint64_t messages) {
  if (!page_before_ || !page_after_) return;
  const auto rose = [&](const char* name) { return grown(*page_before_, *page_after_, name); };
  const double commits = rose("conclave_commits_total");
  const double seconds = std::max(seconds_, 1e-9);
  report_.add("fsyncs_per_second", commits / seconds, 1);
  if (commits > 0) {
    report_.add("messages_per_fsync", static_cast<double>(messages) / commits, 1);
    // A proposal is what one conversation brought in one wake-up.
    report_.add("proposals_per_fsync", rose("conclave_proposals_total") / commits, 1);
    report_.add("us_per_synced_write", rose("conclave_commit_us_total") / commits, 0);
  }
  report_.add("log_bytes_per_message", per(rose("conclave_redo_bytes_total"), messages), 0);
  const double writes = rose("conclave_tls_writes_total");
  if (writes > 0) {
    report_.add("tls_writes_per_second", writes / seconds);
    report_.add("bytes_per_tls_write", rose("conclave_sent_bytes_total") / writes);
  }
}

void stage::tell_series(latency of) {
  double before = 0;
  std::optional<process_usage> server = server_before_;
  for (std::size_t i = 0; i < std::min(samples_.size(), by_second_.size()); ++i) {
    const sample& s = samples_[i];
    const figures& f = by_second_[i];
    const double length = std::max(s.at - before, 1e-9);
    second_point p;
    p.at = s.at;
    p.acked_per_second = static_cast<double>(f.acked) / length;
    p.delivered_per_second = static_cast<double>(f.delivered) / length;
    const histogram& h = of == latency::deliver ? f.deliver : f.ack;
    p.p50_us = h.quantile(0.5) * 1e-3;
    p.p99_us = h.quantile(0.99) * 1e-3;
    p.max_us = static_cast<double>(h.max()) * 1e-3;
    if (server && s.server) {
      p.server_cores = static_cast<double>(s.server->cpu_us() - server->cpu_us()) * 1e-6 / length;
      p.server_mib = mib(s.server->resident_bytes);
    }
    report_.add(p);
    before = s.at;
    server = s.server;
  }
}

void stage::tell_faults() {
  for (auto& c : crowds_) {
    c->join();
    for (const auto& [kind, e] : c->faults().entries()) report_.fault(kind, e.count, e.example);
  }
}

}  // namespace conclave::bench
