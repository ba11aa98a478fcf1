/// Visitors who come and go. On the one thread of the event_loop.
#include "bench/peers/logins.h"

#include "bench/clock.h"
#include "bench/peers/result_line.h"

namespace conclave::bench::peers {

class logins::visitor final : public dialect::events {
 public:
  explicit visitor(logins& all) : all_(all) {}

  void come() {
    role who;
    who.run = all_.run_;
    who.member = all_.visits_++;
    began_ns_ = now_ns();
    session_ = std::make_unique<session>(all_.broker_, std::move(who), *this);
  }
  void go() {
    if (!session_) return;
    session_->leave();
    all_.broker_.loop.bury(std::move(session_));
  }
  bool resumed() const { return session_->resumed(); }
  std::uint64_t began_ns() const { return began_ns_; }

 private:
  void on_ready() override { all_.came(*this); }
  void on_refused(const std::string& why) override { all_.failed(*this, why); }
  void on_acked(std::uint64_t) override {}
  void on_acked_up_to(std::uint64_t) override {}
  void on_delivered(std::string_view) override {}

  logins& all_;
  std::unique_ptr<session> session_;
  std::uint64_t began_ns_ = 0;
};

logins::logins(const broker& b, const run_options& options, std::string run)
    : broker_(b), options_(options), run_(std::move(run)) {
  for (std::size_t i = 0; i < options.at_once; ++i) {
    visitors_.push_back(std::make_unique<visitor>(*this));
  }
}

logins::~logins() = default;

int logins::run() {
  for (auto& v : visitors_) v->come();
  const auto enough = [this] { return failed_ > 100; };
  broker_.loop.run_until(now_ns() + static_cast<std::uint64_t>(options_.warmup * 1e9), enough);
  const cpu_mark from = mark_of(options_.server_pid);
  measuring_ = true;
  broker_.loop.run_until(now_ns() + static_cast<std::uint64_t>(options_.seconds * 1e9), enough);
  measuring_ = false;
  const cpu_mark to = mark_of(options_.server_pid);
  open_ = false;
  for (auto& v : visitors_) v->go();
  broker_.loop.run_until(now_ns(), [] { return true; });

  const double elapsed = static_cast<double>(to.at_ns - from.at_ns) / 1e9;
  result_line line(options_.protocol + " login");
  line.add("at_once", static_cast<double>(options_.at_once));
  line.add("tls", options_.resume ? "resumed" : "full");
  line.add("seconds", elapsed, 1);
  line.add("logins_per_second", static_cast<double>(done_) / elapsed, 1);
  line.add_latency("connect_to_logged_in", took_);
  line.add_cpu("login", static_cast<double>(done_), from, to, options_.server_pid > 0);
  line.add("resumed_handshakes", static_cast<double>(resumed_));
  line.add("failed", static_cast<double>(failed_));
  line.print();
  if (failed_ > 0) std::fprintf(stderr, "Failed: %s\n", first_failure_.c_str());
  return failed_ == 0 && done_ > 0 ? 0 : 1;
}

void logins::came(visitor& v) {
  if (measuring_) {
    ++done_;
    if (v.resumed()) ++resumed_;
    took_.record(now_ns() - v.began_ns());
  }
  v.go();
  if (open_) v.come();
}

void logins::failed(visitor& v, const std::string& why) {
  if (failed_++ == 0) first_failure_ = why;
  v.go();
  if (open_ && failed_ <= 100) v.come();
}

}  // namespace conclave::bench::peers
