/// The scenario `login`: users who log in, leave and log in again, as fast as so many at once get
/// through: by resume token or password, with full or resumed TLS handshakes. Main thread; the
/// crowds have their own.
#include "bench/crowd.h"
#include "bench/provision.h"
#include "bench/scenarios.h"
#include "bench/stage.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <random>
#include <vector>

namespace conclave::bench {

namespace {

/// Each account is one that logs in over and over; so many are under way at once.
class login_crowd final : public crowd {
 public:
  login_crowd(crowd_settings settings, std::vector<account> accounts, std::string tenant,
              std::string password)
      : crowd(std::move(settings), std::move(accounts)),
        tenant_(std::move(tenant)),
        password_(std::move(password)),
        began_ns_(accounts_.size()) {}
  ~login_crowd() override { join(); }

  /// After join().
  std::uint64_t resumed() const { return reactor_.counters().resumed; }

 private:
  client::session_ref connect(std::size_t index) override {
    began_ns_[index] = now_ns();
    if (password_.empty()) return crowd::connect(index);
    login_password proof;
    proof.op_id = random_();
    proof.tenant_name = tenant_;
    proof.user_name = accounts_[index].name;
    proof.password = password_;
    proof.device_name = "bench login";
    return reactor_.open(settings_.server, settings_.tls, proof, index);
  }

  void on_logged_in(std::size_t index) override {
    if (accounts_[index].user && accounts_[index].user != callers_[index].user) {
      fault("wrong_member", "logged in as somebody else");
    }
    if (phase_ == phase::connecting) return;
    count_ack(began_ns_[index]);
    come_again(index);
  }

  void on_everybody_logged_in() override { say_ready(); }

  void on_begin() override {
    for (std::size_t i = 0; i < callers_.size(); ++i) come_again(i);
  }

  void come_again(std::size_t index) {
    // By password each login makes a device, and a user may have only so many.
    if (password_.empty()) return leave(index);
    if (!ask(index, {1, 0, 0, now_ns()}, logout{})) fault("not_sent", "LOGOUT");
    callers_[index].leaving = true;
  }

  void on_left(std::size_t index) override {
    if (phase_ == phase::sending) open(index);
    check_quiet();
  }

  void on_reply(std::size_t, const request_slot&, const frame_view&) override {}
  void on_event(client::session_ref, conversation_id, const event_view&,
                std::string_view) override {}
  void on_head(client::session_ref, conversation_id, event_seq) override {}

  std::string tenant_;
  std::string password_;
  std::vector<std::uint64_t> began_ns_;
  std::mt19937_64 random_{std::random_device{}()};
};

class login_scenario final : public scenario {
 public:
  std::string name() const override { return "login"; }
  std::string summary() const override {
    return "logins per second, by token or password, with full or resumed handshakes";
  }

  void add_options(CLI::App& command) override {
    command.add_option("--at-once", at_once_, "logins under way at once")
        ->capture_default_str()
        ->check(CLI::Range(1, 10'000));
    command.add_option("--by", by_, "token or password")
        ->capture_default_str()
        ->check(CLI::IsMember({"token", "password"}));
    command.add_option("--tls", tls_, "full or resumed")
        ->capture_default_str()
        ->check(CLI::IsMember({"full", "resumed"}));
  }

  outcome<report> run(const target& t) override {
    auto settings = settings_for(t);
    if (!settings) return failure(settings.error());
    if (tls_ == "resumed") {
      auto resuming = net::tls_context::client({t.ca_file, true});
      if (!resuming) return std::move(resuming).error();
      settings->tls = *resuming;
    }
    auto accounts = provision(t, at_once_);
    if (!accounts) return std::move(accounts).error();
    const std::string password =
        by_ == "password" ? "bench-" + std::to_string(std::random_device{}()) : "";
    if (!password.empty()) {
      const status set = give_password(t, *accounts, password);
      if (!set) return failure(set.error());
    }
    report r(name());
    r.option("at_once", std::to_string(at_once_));
    r.option("by", by_);
    r.option("tls", tls_);
    stage s(t, r);
    const std::size_t threads = std::min<std::size_t>(t.threads, at_once_);
    r.option("threads", std::to_string(threads));
    std::vector<login_crowd*> crowds;
    for (std::size_t i = 0; i < threads; ++i) {
      const auto part = [&](std::size_t k) {
        return accounts->begin() + static_cast<std::ptrdiff_t>(at_once_ * k / threads);
      };
      crowds.push_back(&s.add(std::make_unique<login_crowd>(
          *settings, std::vector<account>(part(i), part(i + 1)), t.tenant, password)));
    }
    if (s.gather(std::chrono::seconds(60))) {
      s.rehearse();
      s.measure();
      s.drain();
      s.tell_rates("logins", {});
      s.tell_latencies("connect_to_logged_in", {});
      s.tell_costs("login", s.sum().acked);
      s.tell_commits(s.sum().acked);
      s.tell_series(stage::latency::ack);
      std::uint64_t resumed = 0;
      for (const login_crowd* c : crowds) resumed += c->resumed();
      r.add("resumed_handshakes", static_cast<double>(resumed));
    }
    s.tell_faults();
    return r;
  }

 private:
  std::size_t at_once_ = 32;
  std::string by_ = "token";
  std::string tls_ = "full";
};

}  // namespace

std::unique_ptr<scenario> make_login_scenario() {
  return std::make_unique<login_scenario>();
}

}  // namespace conclave::bench
