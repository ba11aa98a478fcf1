/// See ack_run.h.
#include "tests/e2e/ack_run.h"

#include "net/tls_context.h"
#include "tests/e2e/ack_fence.h"
#include "tests/e2e/ack_receivers.h"
#include "tests/e2e/ack_scene.h"
#include "tests/e2e/ack_writers.h"
#include "tests/support/loopback.h"
#include "tests/support/node_process.h"
#include "tests/support/waiting.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <random>
#include <stdexcept>

namespace conclave::ackcheck {

namespace {

using test::node_process;
using test::patience;
using namespace std::chrono_literals;

constexpr int exit_storage = 4;
constexpr int exit_disk = 74;
/// The last part of a round: as many texts as the windows allow, so that the kill meets a full
/// pipe.
constexpr std::chrono::milliseconds storm{250};

test::node_settings settings_of(const run_options& o) {
  test::node_settings settings;
  settings.program = o.node.empty() ? CONCLAVE_BINARY_DIR "/conclaved-faulty" : o.node;
  settings.options["limits.passivate_after_ms"] = std::to_string(o.passivate_after_ms);
  settings.options["listen.metrics_port"] = std::to_string(test::free_port());
  return settings;
}

class ack_run {
 public:
  explicit ack_run(const run_options& options)
      : options_(options), random_(seed_of(options)), node_(settings_of(options)) {
    result_.seed = seed_of(options_);
  }

  run_result go() {
    found_groups();
    if (options_.disk_failure)
      start_healthy();
    else
      start_faulty();
    start_clients();
    for (unsigned i = 0; i < options_.rounds; ++i) {
      if (options_.disk_failure)
        round_with_broken_disk();
      else
        round();
      ++result_.rounds;
      say();
    }
    settle();
    judge_all();
    return std::move(result_);
  }

 private:
  std::uint64_t seed_of(const run_options& o) {
    if (seed_ == 0)
      seed_ = o.seed != 0 ? o.seed
                          : static_cast<std::uint64_t>(
                                std::chrono::system_clock::now().time_since_epoch().count());
    return seed_;
  }

  /// With a healthy disk: the tenant, its people and the groups are not what is tested.
  void found_groups() {
    node_.operator_token();
    node_.start();
    scene_ = found_scene(node_, {options_.writers, options_.groups, options_.receivers});
    if (node_.terminate() != 0)
      throw std::runtime_error("the node did not end: " + node_.log_tail());
  }

  void start_faulty() {
    arm();
    node_.start();
  }

  void arm() {
    auto& environment = node_.settings().environment;
    environment.clear();
    if (!options_.fault.empty()) environment.emplace_back("CONCLAVE_FAULT", options_.fault);
    if (options_.crash_actor_every != 0)
      environment.emplace_back("CONCLAVE_FAULT_ACTOR_EVERY",
                               std::to_string(options_.crash_actor_every));
  }

  void start_healthy() {
    node_.settings().environment.clear();
    node_.start();
  }

  void start_clients() {
    for (const std::string& token : scene_.reader_tokens)
      readers_.push_back(std::make_unique<ack_receiver>(node_.options_for(token)));
    ack_writers::options o;
    o.servers = {{"127.0.0.1", node_.client_port(), "127.0.0.1"}};
    auto tls = net::tls_context::client({node_.ca_file()});
    if (!tls) throw std::runtime_error(tls.error().detail);
    o.tls = *tls;
    o.tokens = scene_.writer_tokens;
    o.groups = scene_.groups;
    o.window = options_.window;
    o.idle_gaps = options_.idle_gaps;
    o.crashes = options_.crash_actor_every != 0;
    o.ack_file = ack_file();
    o.seed = result_.seed;
    writers_ = std::make_unique<ack_writers>(std::move(o));
    // Where the disk breaks, most of the time nobody can come in.
    if (options_.disk_failure || !options_.fence) return;
    ack_fence::options f;
    f.host = node_.options_for(scene_.host_token);
    f.host.follow = false;
    f.guest = scene_.guest.user;
    f.guest_token = scene_.guest.token;
    f.nodes = {test::loopback(node_.client_port())};
    f.groups = scene_.groups;
    fence_ = std::make_unique<ack_fence>(std::move(f));
  }

  std::chrono::milliseconds some_time() {
    const double seconds = options_.seconds_per_round * (0.5 + double(random_() % 1000) / 1000);
    return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
  }

  /// Nothing is judged by these pauses: they only decide when the kill comes.
  void round() {
    wait_for_traffic();
    if (!options_.kill) {
      writers_->set_rate(options_.rate);
      node_.wait(some_time());
      if (!node_.running())
        throw std::runtime_error("the node ended by itself:\n" + node_.log_tail());
      return;
    }
    const auto time = some_time();
    writers_->set_rate(options_.rate);
    node_.wait(std::max(time - storm, 1ms));
    writers_->set_rate(ack_writers::unlimited);
    node_.wait(std::min(time, storm) + std::chrono::milliseconds(random_() % 50));
    if (!node_.running())
      throw std::runtime_error("the node ended by itself:\n" + node_.log_tail());
    const std::uint64_t from = wall_ms();
    node_.kill9();
    ++result_.ended;
    node_.start();
    down_.emplace_back(from, wall_ms());
  }

  /// The node has the fault and must stop by itself; then it lives for a while on a sound disk.
  /// What it writes while it starts may meet the fault too: that is a refusal to open the data
  /// folder.
  void round_with_broken_disk() {
    wait_for_traffic();
    node_.wait(some_time());
    const std::uint64_t from = wall_ms();
    node_.kill9();
    arm();
    const std::size_t before = node_.log().size();
    const bool served = node_.try_start();
    writers_->set_rate(ack_writers::unlimited);
    const auto code = node_.wait(patience);
    const int expected = served ? exit_disk : exit_storage;
    if (code != expected) {
      result_.broken.push_back(code ? "with a broken disk the node ended with code " +
                                          std::to_string(*code)
                                    : "with a broken disk the node went on");
      node_.kill9();
    }
    if (node_.log().substr(before).find("conclaved: ") == std::string::npos)
      result_.broken.push_back("the node did not say why it ended");
    ++result_.ended;
    start_healthy();
    down_.emplace_back(from, wall_ms());  // it may have served in between, on a broken disk
  }

  /// A round counts only when texts are answered in it.
  void wait_for_traffic() {
    writers_->set_rate(options_.rate);
    const std::uint64_t before = writers_->acked();
    if (!test::wait_until([&] { return writers_->acked() > before; }))
      throw std::runtime_error("no text is answered any more:\n" + node_.log_tail());
  }

  void settle() {
    if (fence_) fence_->stop();
    if (!writers_->settle(patience)) result_.unanswered = writers_->open();
    result_.resent = writers_->resent();
    result_.logins = writers_->logins();
    writers_->stop();
    result_.refused = writers_->refused();
    result_.actors_crashed = node_.metric("conclave_actors_crashed_total").value_or(0);
    result_.actors_retired = node_.metric("conclave_actors_retired_total").value_or(0);
  }

  void judge_all() {
    const auto reader = client::session::connect(judge_options());
    if (!reader) throw std::runtime_error("the judge cannot log in: " + reader.error().detail);
    scene_end end;
    end.sent = writers_->sent();
    end.ack_file = ack_file();
    end.down = down_;
    // The storms take all that the machine has; that a timer is a second late at most is
    // viewcheck's to judge, on a node that is not driven to its limit.
    end.late_ms = options_.crash_actor_every != 0 ? 20'000 : 5'000;
    result_.found = judge_scene(**reader, scene_, end, readers_);
    if (fence_) {
      result_.removals = fence_->removals();
      readers_.clear();
      judge_members(
          **reader, scene_, *fence_,
          [this](const std::string& token) { return node_.options_for(token); }, result_.found);
    }
    if (!result_.clean()) result_.node_log = node_.log_tail();
    if (node_.terminate() != 0)
      result_.broken.push_back("SIGTERM did not end the node with code 0");
  }

  void say() {
    if (!options_.verbose) return;
    std::printf("round %llu: %llu acknowledged, %llu resent, %llu open\n",
                static_cast<unsigned long long>(result_.rounds),
                static_cast<unsigned long long>(writers_->acked()),
                static_cast<unsigned long long>(writers_->resent()),
                static_cast<unsigned long long>(writers_->open()));
    std::fflush(stdout);
  }

  client::session_options judge_options() const {
    client::session_options o = node_.options_for(scene_.judge_token);
    o.follow = false;
    return o;
  }
  std::string ack_file() const { return node_.folder() + "/acks"; }

  run_options options_;
  std::uint64_t seed_ = 0;
  std::mt19937_64 random_;
  node_process node_;
  run_result result_;
  scene scene_;
  std::vector<std::unique_ptr<ack_receiver>> readers_;
  std::unique_ptr<ack_writers> writers_;
  std::unique_ptr<ack_fence> fence_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> down_;
};

}  // namespace

run_result run(const run_options& options) {
  return ack_run(options).go();
}

}  // namespace conclave::ackcheck
