/// See ack_run.h.
#include "tests/e2e/ack_run.h"

#include "net/tls_context.h"
#include "tests/e2e/ack_fence.h"
#include "tests/e2e/ack_receivers.h"
#include "tests/e2e/ack_writers.h"
#include "tests/support/node_process.h"
#include "tests/support/waiting.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <random>
#include <set>
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

std::uint64_t wall_ms() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                        std::chrono::system_clock::now().time_since_epoch())
                                        .count());
}

/// Was everything that expires told to be gone?
bool all_told(const std::vector<stored_event>& history) {
  std::set<std::uint64_t> told;
  for (const stored_event& event : history)
    told.insert(event.told_gone.begin(), event.told_gone.end());
  return std::all_of(history.begin(), history.end(), [&](const stored_event& event) {
    return !event.text || event.expires == 0 || (event.flags & flag_recalled) != 0 ||
           told.contains(event.seq);
  });
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
    std::vector<std::string> names;
    for (unsigned i = 0; i < writer_users; ++i) names.push_back("writer" + std::to_string(i));
    std::vector<test::new_user> people;
    for (unsigned device = 0; writer_tokens_.size() < options_.writers; ++device) {
      people = node_.provision("acme", "pipe" + std::to_string(device), names);
      for (const auto& user : people)
        if (writer_tokens_.size() < options_.writers) writer_tokens_.push_back(user.token);
    }
    names.clear();
    for (unsigned i = 0; i < options_.receivers; ++i) names.push_back("reader" + std::to_string(i));
    std::vector<user_id> members;
    for (const auto& user : people) members.push_back(user.user);
    if (!names.empty()) {
      for (const auto& user : node_.provision("acme", "ear", names)) {
        members.push_back(user.user);
        reader_tokens_.push_back(user.token);
      }
    }
    judge_token_ = node_.provision("acme", "bench", {"judge"}).front().token;
    host_token_ = node_.provision("acme", "door", {"judge"}).front().token;
    guest_ = node_.provision("acme", "window", {"guest"}).front();
    guest_reader_token_ = node_.provision("acme", "eye", {"guest"}).front().token;
    const auto judge = client::session::connect(judge_options());
    if (!judge) throw std::runtime_error("the judge cannot log in: " + judge.error().detail);
    for (unsigned i = 0; i < options_.groups; ++i) {
      const auto made = (*judge)->create_conversation("group " + std::to_string(i), members,
                                                      history_visibility::all);
      if (!made) throw std::runtime_error("founding a group: " + made.error().detail);
      groups_.push_back(made->conversation);
    }
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
    for (const std::string& token : reader_tokens_)
      readers_.push_back(std::make_unique<ack_receiver>(node_.options_for(token)));
    ack_writers::options o;
    o.servers = {{"127.0.0.1", node_.client_port(), "127.0.0.1"}};
    auto tls = net::tls_context::client({node_.ca_file()});
    if (!tls) throw std::runtime_error(tls.error().detail);
    o.tls = *tls;
    o.tokens = writer_tokens_;
    o.groups = groups_;
    o.window = options_.window;
    o.idle_gaps = options_.idle_gaps;
    o.ack_file = ack_file();
    o.seed = result_.seed;
    writers_ = std::make_unique<ack_writers>(std::move(o));
    // Where the disk breaks, most of the time nobody can come in.
    if (options_.disk_failure || !options_.fence) return;
    ack_fence::options f;
    f.host = node_.options_for(host_token_);
    f.host.follow = false;
    f.guest = guest_.user;
    f.guest_token = guest_.token;
    f.ports = {node_.client_port()};
    f.groups = groups_;
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
    const auto sent = writers_->sent();
    std::vector<conversation_facts> all;
    for (const conversation_id group : groups_) {
      conversation_facts& facts = all.emplace_back();
      facts.id = group.value;
      facts.down = down_;
      // The storms take all that the machine has; that a timer is a second late at most is
      // viewcheck's to judge, on a node that is not driven to its limit.
      facts.late_ms = options_.crash_actor_every != 0 ? 20'000 : 5'000;
      facts.history = read_history(**reader, group);
      // What never is told, the judge finds.
      test::wait_until(
          [&] {
            if (all_told(facts.history)) return true;
            facts.history = read_history(**reader, group);
            return all_told(facts.history);
          },
          10s);
      facts.sent = sent.at(group.value);
      for (const auto& ear : readers_) {
        const std::uint64_t head = facts.history.size();
        test::wait_until([&] { return ear->reached(group.value) >= head; });
        facts.streams.push_back(ear->stream(group.value));
      }
    }
    result_.found = judge(read_ack_file(ack_file()), all);
    if (fence_) judge_members(**reader);
    if (!result_.clean()) result_.node_log = node_.log_tail();
    if (node_.terminate() != 0)
      result_.broken.push_back("SIGTERM did not end the node with code 0");
  }

  void judge_members(client::session& host) {
    result_.removals = fence_->removals();
    for (const std::string& sentence : fence_->leaks())
      count(result_.found, &verdict::leaked, sentence);
    std::vector<std::string> tokens = reader_tokens_;
    tokens.push_back(guest_reader_token_);
    readers_.clear();  // a device has one connection
    for (const std::string& token : tokens) {
      client::session_options o = node_.options_for(token);
      o.follow = false;
      const auto user = client::session::connect(o);
      if (!user) throw std::runtime_error("a reader cannot log in: " + user.error().detail);
      // Entries are owed by the conversations and come a moment later.
      std::vector<std::string> wrong;
      test::wait_until([&] { return (wrong = check_inbox(host, **user, groups_)).empty(); }, 5s);
      for (const std::string& sentence : wrong)
        count(result_.found, &verdict::bad_inboxes, sentence);
    }
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
    client::session_options o = node_.options_for(judge_token_);
    o.follow = false;
    return o;
  }
  std::string ack_file() const { return node_.folder() + "/acks"; }

  static constexpr unsigned writer_users = 4;

  run_options options_;
  std::uint64_t seed_ = 0;
  std::mt19937_64 random_;
  node_process node_;
  run_result result_;
  std::vector<std::string> writer_tokens_;
  std::vector<std::string> reader_tokens_;
  std::string judge_token_;
  std::string host_token_;
  test::new_user guest_;
  std::string guest_reader_token_;
  std::vector<conversation_id> groups_;
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
