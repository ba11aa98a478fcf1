/// From casts to a report.
#include "bench/talk_run.h"

#include "bench/talk_crowd.h"

#include <CLI/CLI.hpp>

#include <chrono>
#include <utility>

namespace conclave::bench {

void add_talk_options(CLI::App& command, talk_options& o) {
  add_pace_options(command, o.how);
  command.add_option("--body", o.body, "bytes of a message's body")
      ->capture_default_str()
      ->check(CLI::Range(48, 65'536));
}

outcome<report> run_talk(const target& t, report r, std::vector<cast> casts,
                         const talk_options& options) {
  const auto settings = settings_for(t);
  if (!settings) return failure(settings.error());
  r.option("body", std::to_string(options.body));
  r.option("threads", std::to_string(casts.size()));
  if (options.how.rate > 0) {
    r.option("rate", std::to_string(options.how.rate));
  } else {
    r.option("window", std::to_string(options.how.window));
  }
  stage s(t, r);
  std::vector<talk_crowd*> crowds;
  std::size_t people = 0;
  for (cast& c : casts) {
    people += c.accounts.size();
    crowds.push_back(&s.add(std::make_unique<talk_crowd>(
        *settings, std::move(c.accounts), std::move(c.plans), options.body, options.how)));
  }
  if (s.gather(std::chrono::seconds(20) + std::chrono::milliseconds(20 * people))) {
    if (options.how.rate > 0) {
      const std::uint64_t start = now_ns() + 20'000'000;
      for (std::size_t i = 0; i < crowds.size(); ++i) crowds[i]->begin_at(start, i, crowds.size());
    }
    s.rehearse();
    s.measure();
    s.drain();
    s.tell_rates("acked", "delivered");
    s.tell_latencies("send_to_ack", "send_to_deliver");
    if (s.sum().reach.count() != 0) r.add("send_to_all", s.sum().reach);
    s.tell_costs("message", s.sum().acked, "delivery", s.sum().delivered);
    s.tell_memory();
    s.tell_commits(s.sum().acked);
    s.tell_series(stage::latency::deliver);
    std::uint64_t overdue = 0;
    std::uint64_t not_compared = 0;
    for (const talk_crowd* c : crowds) {
      overdue += c->overdue();
      not_compared += c->not_compared();
    }
    if (options.how.rate > 0) r.add("overdue_at_the_end", static_cast<double>(overdue));
    if (not_compared != 0) r.add("order_not_compared", static_cast<double>(not_compared));
  }
  s.tell_faults();
  return r;
}

}  // namespace conclave::bench
