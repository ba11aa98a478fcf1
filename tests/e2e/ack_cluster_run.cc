/// A run of ackcheck on a cluster of real processes: each round something happens to the nodes or
/// to the network between them while the writers write; in the end everything that was acknowledged
/// must be there, and every copy must be the same. See ack_run.h.
#include "net/tls_context.h"
#include "tests/e2e/ack_fence.h"
#include "tests/e2e/ack_receivers.h"
#include "tests/e2e/ack_run.h"
#include "tests/e2e/ack_scene.h"
#include "tests/e2e/ack_writers.h"
#include "tests/support/cluster_process.h"
#include "tests/support/loopback.h"
#include "tests/support/waiting.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <random>
#include <stdexcept>

namespace conclave::ackcheck {

namespace {

using namespace std::chrono_literals;
using test::cluster_process;

constexpr std::chrono::milliseconds storm{250};
constexpr std::chrono::milliseconds patience{60'000};

test::cluster_settings settings_of(const run_options& o) {
  test::cluster_settings s;
  s.mode = o.mode;
  s.voters = o.voters;
  s.learners = o.learners;
  s.network = o.namespaces ? test::cluster_network::namespaces : test::cluster_network::proxied;
  s.each.program = o.node.empty() ? CONCLAVE_BINARY_DIR "/conclaved-faulty" : o.node;
  s.each.options["limits.passivate_after_ms"] = std::to_string(o.passivate_after_ms);
  if (!o.fault.empty()) s.each.environment.emplace_back("CONCLAVE_FAULT", o.fault);
  // So little that copies which were away need a snapshot now and then.
  s.each.environment.emplace_back("CONCLAVE_LOG_KEEP_KIB", "1024");
  return s;
}

std::size_t times_in(const std::string& text, const std::string& words) {
  std::size_t found = 0;
  for (std::size_t at = text.find(words); at != std::string::npos; at = text.find(words, at + 1))
    ++found;
  return found;
}

class cluster_run {
 public:
  explicit cluster_run(const run_options& options)
      : options_(options),
        seed_(options.seed != 0 ? options.seed
                                : static_cast<std::uint64_t>(
                                      std::chrono::system_clock::now().time_since_epoch().count())),
        random_(seed_),
        cluster_(settings_of(options)) {
    result_.seed = seed_;
    for (const std::string& name : options.faults.empty() ? cluster_faults() : options.faults) {
      // Connections are ended and held up by a proxy, cables pulled from namespaces only.
      const bool of_proxy = name == "flap_link" || name == "delay";
      if (options.namespaces ? of_proxy : name == "unplug_leader" || name == "replace_unplugged")
        continue;
      // With one voter there is nobody else to lead.
      if (options.voters > 1 || name == "kill_leader" || name == "kill_all" ||
          name == "pause_leader")
        faults_.push_back(name);
    }
  }

  run_result go() {
    cluster_.start(options_.join ? cluster_.size() - 1 : 0);
    scene_ = found_scene(cluster_.node(1), {options_.writers, options_.groups, options_.receivers});
    start_clients();
    for (unsigned i = 0; i < options_.rounds; ++i) {
      if (i == options_.rounds / 2) halfway();
      round(next_fault());
      ++result_.rounds;
    }
    settle();
    judge_all();
    return std::move(result_);
  }

 private:
  void start_clients() {
    for (const std::string& token : scene_.reader_tokens)
      readers_.push_back(std::make_unique<ack_receiver>(cluster_.options_for(token)));
    ack_writers::options o;
    for (unsigned n = 1; n <= cluster_.size(); ++n)
      o.servers.push_back({cluster_.host_of(n), cluster_.client_port_of(n), cluster_.host_of(n)});
    auto tls = net::tls_context::client({cluster_.authority().ca_file()});
    if (!tls) throw std::runtime_error(tls.error().detail);
    o.tls = *tls;
    o.tokens = scene_.writer_tokens;
    o.groups = scene_.groups;
    o.window = options_.window;
    o.ack_file = ack_file();
    o.seed = seed_;
    writers_ = std::make_unique<ack_writers>(std::move(o));
    if (!options_.fence) return;
    ack_fence::options f;
    f.host = cluster_.options_for(scene_.host_token);
    f.host.follow = false;
    f.guest = scene_.guest.user;
    f.guest_token = scene_.guest.token;
    for (unsigned n = 1; n <= cluster_.size(); ++n)
      f.nodes.push_back(test::place_of(cluster_.host_of(n), cluster_.client_port_of(n)));
    f.groups = scene_.groups;
    fence_ = std::make_unique<ack_fence>(std::move(f));
  }

  // -- rounds
  // --------------------------------------------------------------------------------------

  /// Each of them once before one comes again.
  std::string next_fault() {
    if (bag_.empty()) {
      bag_ = faults_;
      std::shuffle(bag_.begin(), bag_.end(), random_);
    }
    const std::string fault = bag_.back();
    bag_.pop_back();
    return fault;
  }

  void round(const std::string& fault) {
    wait_for_traffic();
    const double seconds = options_.seconds_per_round * (0.5 + double(random_() % 1000) / 1000);
    std::this_thread::sleep_for(std::chrono::milliseconds(static_cast<int>(seconds * 1000)));
    writers_->set_rate(ack_writers::unlimited);
    std::this_thread::sleep_for(storm + some(0, 50));
    happen(fault);
  }

  void happen(const std::string& fault) {
    if (options_.verbose) {
      std::printf("round %llu: %s; %llu acknowledged, %llu resent, %llu open\n",
                  static_cast<unsigned long long>(result_.rounds + 1), fault.c_str(),
                  static_cast<unsigned long long>(writers_->acked()),
                  static_cast<unsigned long long>(writers_->resent()),
                  static_cast<unsigned long long>(writers_->open()));
      std::fflush(stdout);
    }
    const unsigned first = cluster_.wait_for_leader();
    const std::uint64_t from = wall_ms();
    carry_out(fault, first);
    ++result_.injected[fault];
    ++result_.ended;
    wait_for_traffic();
    const std::uint64_t until = wall_ms();
    down_.emplace_back(from, until);
    result_.longest_silence_ms = std::max(result_.longest_silence_ms, until - from);
    all_run();
  }

  void carry_out(const std::string& fault, unsigned first) {
    if (fault == "kill_leader") {
      cluster_.node(first).kill9();
      cluster_.start_node(first);
    } else if (fault == "replace_leader") {
      cluster_.node(first).kill9();
      cluster_.move_lead_to(other_voters(first));
      cluster_.start_node(first);
    } else if (fault == "kill_follower") {
      const unsigned one = another(first);
      cluster_.node(one).kill9();
      std::this_thread::sleep_for(some(0, 800));
      cluster_.start_node(one);
    } else if (fault == "kill_all") {
      const unsigned count = there();
      for (unsigned n = 1; n <= count; ++n) cluster_.node(n).signal(SIGKILL);
      for (unsigned n = 1; n <= count; ++n) cluster_.node(n).wait(patience);
      for (unsigned n = 1; n <= count; ++n) cluster_.start_node(n);
    } else if (fault == "pause_leader") {
      cluster_.pause(first);
      std::this_thread::sleep_for(some(1'000, 3'000));
      cluster_.resume(first);
    } else if (fault == "replace_paused") {
      cluster_.pause(first);
      cluster_.move_lead_to(other_voters(first));
      std::this_thread::sleep_for(some(0, 500));
      cluster_.resume(first);  // it has not heard that it leads no more
    } else if (fault == "pause_follower") {
      const unsigned one = another(first);
      cluster_.pause(one);
      std::this_thread::sleep_for(some(500, 3'000));
      cluster_.resume(one);
    } else if (fault == "move_lead") {
      cluster_.move_lead_to(other_voters(first));
    } else if (fault == "cut_link") {
      const unsigned one = another(first);
      if (random_() % 3 == 0) {
        cluster_.links().cut_one_way(first, one);
      } else if (random_() % 2 == 0) {
        cluster_.links().cut_one_way(one, first);
      } else {
        cluster_.links().cut(first, one);
      }
      std::this_thread::sleep_for(some(300, 3'000));
      cluster_.links().heal();
    } else if (fault == "flap_link") {
      const unsigned one = another(first);
      const auto times = 3 + random_() % 8;
      for (std::uint64_t i = 0; i < times; ++i) {
        cluster_.proxy().reset(first, one);
        std::this_thread::sleep_for(some(20, 300));
      }
    } else if (fault == "replace_isolated") {
      // Clients still reach the old leader, which must not acknowledge anything alone.
      for (unsigned n = 1; n <= cluster_.size(); ++n)
        if (n != first) cluster_.links().cut(first, n);
      order_one_to_lead(first);
      std::this_thread::sleep_for(some(500, 3'000));
      cluster_.links().heal();
      cluster_.wait_for_leader();
    } else if (fault == "unplug_leader") {
      cluster_.cables().unplug(first);
      std::this_thread::sleep_for(some(500, 4'000));
      cluster_.links().heal();
    } else if (fault == "replace_unplugged") {
      // Nobody tells anybody: the old leader believes that it leads, its clients that they are
      // connected.
      cluster_.cables().unplug(first);
      std::this_thread::sleep_for(some(0, 500));
      order_one_to_lead(first);
      std::this_thread::sleep_for(some(0, 3'000));
      cluster_.links().heal();
      cluster_.wait_for_leader();
    } else if (fault == "delay") {
      cluster_.proxy().delay(some(5, 60));
      std::this_thread::sleep_for(some(500, 2'000));
      cluster_.proxy().delay(0ms);
    }
  }

  /// While the old leader cannot be told.
  void order_one_to_lead(unsigned first) {
    // One that was seeded a moment ago may lag too far; then the other one holds everything.
    std::string said;
    for (const unsigned next : other_voters(first))
      if ((said = cluster_.promote(next)).empty()) return;
    result_.broken.push_back("every order to lead is refused: " + said);
  }

  void halfway() {
    const unsigned first = cluster_.wait_for_leader();
    if (options_.join) {
      wait_for_traffic();
      cluster_.start_node(cluster_.size());
      ++result_.injected["join"];
    }
    if (!options_.wipe) return;
    wiped_ = another_voter(first);
    cluster_.node(wiped_).kill9();
    cluster_.wipe(wiped_);
    cluster_.start_node(wiped_);
    ++result_.injected["wipe"];
    wait_for_traffic();
    if (cluster_.promote(wiped_).empty())
      result_.broken.push_back("a node whose disk was wiped takes the lead");
    cluster_.give_vote_back(wiped_);
    wiped_ = 0;
  }

  // -- what is going on
  // ----------------------------------------------------------------------------

  std::chrono::milliseconds some(unsigned least, unsigned most) {
    return std::chrono::milliseconds(least + random_() % (most - least + 1));
  }
  /// Nodes that take part so far.
  unsigned there() {
    return cluster_.size() - (options_.join && !result_.injected.contains("join") ? 1 : 0);
  }
  unsigned another(unsigned than) {
    const unsigned one = 1 + static_cast<unsigned>(random_() % (there() - 1));
    return one < than ? one : one + 1;
  }
  unsigned another_voter(unsigned than) {
    for (;;) {
      const unsigned one = another(than);
      if (one <= options_.voters && one != wiped_) return one;
    }
  }

  /// In some order.
  std::vector<unsigned> other_voters(unsigned than) {
    std::vector<unsigned> all;
    for (unsigned n = 1; n <= options_.voters; ++n)
      if (n != than && n != wiped_) all.push_back(n);
    std::shuffle(all.begin(), all.end(), random_);
    return all;
  }

  void all_run() {
    for (unsigned n = 1; n <= there(); ++n)
      if (!cluster_.node(n).running())
        throw std::runtime_error("node " + std::to_string(n) + " ended by itself, code " +
                                 std::to_string(cluster_.node(n).wait(0ms).value_or(-1)) + ":\n" +
                                 cluster_.node(n).log_tail());
  }

  void wait_for_traffic() {
    writers_->set_rate(options_.rate);
    const std::uint64_t before = writers_->acked();
    if (!test::wait_until([&] { return writers_->acked() > before; }, patience))
      throw std::runtime_error("no text is answered any more; node " +
                               std::to_string(cluster_.leader()) + " leads\n" +
                               cluster_.log_tails());
  }

  // -- the end
  // -------------------------------------------------------------------------------------

  void settle() {
    if (fence_) fence_->stop();
    if (!writers_->settle(patience)) result_.unanswered = writers_->open();
    result_.resent = writers_->resent();
    result_.logins = writers_->logins();
    writers_->stop();
    result_.refused = writers_->refused();
  }

  void judge_all() {
    client::session_options o = cluster_.options_for(scene_.judge_token);
    o.follow = false;
    auto reader = client::session::connect(o);
    test::wait_until([&] { return reader.ok() || (reader = client::session::connect(o)).ok(); });
    if (!reader) throw std::runtime_error("the judge cannot log in: " + reader.error().detail);
    scene_end end;
    end.sent = writers_->sent();
    end.ack_file = ack_file();
    end.down = down_;
    result_.found = judge_scene(**reader, scene_, end, readers_);
    readers_.clear();
    if (fence_) {
      result_.removals = fence_->removals();
      judge_members(
          **reader, scene_, *fence_,
          [this](const std::string& token) { return cluster_.options_for(token); }, result_.found);
    }
    reader->reset();
    judge_copies();
    judge_logs();
    if (!result_.clean()) result_.node_log = cluster_.log_tails();
  }

  void judge_copies() {
    const std::string differs = cluster_.stop_and_compare();
    if (!differs.empty()) result_.broken.push_back("the copies differ: " + differs);
  }

  /// No fault of these must make a node distrust another, but a disk that was wiped.
  void judge_logs() {
    for (unsigned n = 1; n <= cluster_.size(); ++n) {
      const std::string log = cluster_.node(n).log();
      result_.seedings += times_in(log, " a node is seeded");
      for (const char* words : {"a copy is out of service", "is refused: "})
        if (times_in(log, words) != 0)
          result_.broken.push_back("node " + std::to_string(n) + " says: " + words);
    }
  }

  std::string ack_file() { return cluster_.node(1).folder() + "/acks"; }

  run_options options_;
  std::uint64_t seed_;
  std::mt19937_64 random_;
  cluster_process cluster_;
  run_result result_;
  std::vector<std::string> faults_;
  std::vector<std::string> bag_;
  unsigned wiped_ = 0;
  scene scene_;
  std::vector<std::unique_ptr<ack_receiver>> readers_;
  std::unique_ptr<ack_writers> writers_;
  std::unique_ptr<ack_fence> fence_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> down_;
};

}  // namespace

const std::vector<std::string>& cluster_faults() {
  static const std::vector<std::string> names{
      "kill_leader",    "replace_leader",   "kill_follower", "kill_all",         "pause_leader",
      "replace_paused", "pause_follower",   "move_lead",     "cut_link",         "flap_link",
      "delay",          "replace_isolated", "unplug_leader", "replace_unplugged"};
  return names;
}

run_result run_in_cluster(const run_options& options) {
  return cluster_run(options).go();
}

}  // namespace conclave::ackcheck
