/// See view_run.h.
#include "tests/e2e/view_run.h"

#include "tests/e2e/view_player.h"
#include "tests/support/loopback.h"
#include "tests/support/node_process.h"
#include "tests/support/waiting.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <exception>
#include <random>
#include <stdexcept>
#include <thread>

namespace conclave::viewcheck {

namespace {

using test::patience;

number wall_ms() {
  return static_cast<number>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                 std::chrono::system_clock::now().time_since_epoch())
                                 .count());
}

test::node_settings settings_of(const run_options& o) {
  test::node_settings settings;
  settings.program = o.node.empty() ? CONCLAVE_BINARY_DIR "/conclaved-faulty" : o.node;
  settings.options["limits.passivate_after_ms"] = std::to_string(o.passivate_after_ms);
  settings.options["listen.metrics_port"] = std::to_string(test::free_port());
  return settings;
}

class view_run {
 public:
  explicit view_run(const run_options& options)
      : options_(options),
        random_(options.seed != 0 ? options.seed : wall_ms()),
        node_(settings_of(options)) {
    result_.seed = options_.seed != 0 ? options_.seed : wall_ms();
    random_.seed(result_.seed);
  }

  run_result go() {
    make_people();
    make_conversations();
    play();
    become_quiet();
    judge();
    return std::move(result_);
  }

 private:
  void make_people() {
    node_.operator_token();
    node_.start();
    std::vector<std::string> names;
    for (unsigned i = 0; i < options_.users; ++i) names.push_back("user" + std::to_string(i));
    for (const std::string device : {"desk", "phone"})
      for (const auto& who : node_.provision("acme", device, names))
        devices_.push_back(std::make_unique<view_device>(
            node_.options_for(who.token), who.user.value, who.user_name + ' ' + device, book_));
    for (const auto& who : node_.provision("acme", "judge", names)) {
      ground_.users.push_back(who.user.value);
      judges_[who.user.value] = node_.options_for(who.token);
      judges_[who.user.value].follow = false;
    }
    for (auto& device : devices_)
      if (!device->connect(view_device::memory::none, patience))
        throw std::runtime_error(device->name() + " cannot log in");
    if (options_.crash_actor_every == 0) return;
    node_.settings().environment.emplace_back("CONCLAVE_FAULT_ACTOR_EVERY",
                                              std::to_string(options_.crash_actor_every));
    kill();
  }

  /// Groups with everybody, one of which shows its past; one where only admins speak; two of two.
  void make_conversations() {
    struct plan {
      number kind;
      number visibility;
      std::size_t owner;
      std::size_t members;  ///< besides him, from the first user on
      bool ends = false;    ///< may be dissolved
    };
    const std::size_t all = options_.users;
    for (const plan& p : {plan{kind_group, 1, 0, all}, plan{kind_group, see_all, 1, all - 1},
                          plan{kind_announcement, 1, 2, all}, plan{kind_direct, see_all, 0, 2},
                          plan{kind_direct, see_all, 2, 1}, plan{kind_group, 1, 0, all, true},
                          plan{kind_group, see_all, 1, all, true}}) {
      operation op;
      op.what = act::create;
      op.user = ground_.users[p.owner];
      op.conversation_kind = p.kind;
      op.visibility = p.visibility;
      client::new_conversation wanted;
      wanted.kind = static_cast<conversation_kind>(p.kind);
      wanted.visibility = static_cast<history_visibility>(p.visibility);
      if (p.kind != kind_direct) {
        op.title = "place " + std::to_string(ground_.conversations.size());
        op.topic = "play";
      }
      wanted.title = op.title;
      wanted.topic = op.topic;
      for (std::size_t i = 0; i < p.members; ++i) {
        if (ground_.users[i] == op.user) continue;
        op.users.push_back(ground_.users[i]);
        wanted.members.push_back(user_id{ground_.users[i]});
      }
      const auto made = devices_[p.owner]->session().create(wanted);
      if (!made) throw std::runtime_error("founding a conversation: " + made.error().detail);
      op.conversation = made->conversation.value;
      op.seq = 1;
      op.time = made->time;
      book_.did(op);
      ground_.conversations.push_back(op.conversation);
      if (p.ends) ground_.ending.insert(op.conversation);
      if (p.kind == kind_group) let_in_by_code(op.conversation, *devices_[p.owner]);
      if (p.kind == kind_direct) {
        ground_.pairs[op.conversation] = op.users;
        ground_.pairs[op.conversation].push_back(op.user);
      }
    }
    ground_.pause_ms = options_.pause_ms;
  }

  /// Open at first, so that short runs come to it too; what admins set later is chance.
  void let_in_by_code(number conversation, view_device& owner) {
    const conversation_id c{conversation};
    const auto code = owner.session().new_join_code(c);
    if (!code) throw std::runtime_error("making a join code: " + code.error().detail);
    ground_.codes[conversation] = *code;
    client::settings_change change;
    change.join = join_policy::open;
    const auto answer = owner.session().change_settings(c, change);
    if (!answer) throw std::runtime_error("opening a group: " + answer.error().detail);
    operation op;
    op.what = act::settings;
    op.conversation = conversation;
    op.user = owner.user();
    op.seq = answer->seq.value;
    op.time = answer->time;
    op.sets_join = true;
    op.join = join_open;
    book_.did(op);
  }

  void play() {
    std::atomic<bool> stop{false};
    std::atomic<std::size_t> ended{0};
    std::vector<std::exception_ptr> failures(devices_.size());
    std::vector<std::unique_ptr<view_player>> players;
    std::vector<std::thread> threads;
    for (auto& device : devices_)
      players.push_back(std::make_unique<view_player>(*device, ground_, book_, random_()));
    for (std::size_t i = 0; i < players.size(); ++i)
      threads.emplace_back([&, i] {
        try {
          players[i]->play(stop);
        } catch (...) {
          failures[i] = std::current_exception();
        }
        ++ended;
      });
    try {
      disturb();
    } catch (...) {
      failures.push_back(std::current_exception());
    }
    stop = true;
    // A node that ended by itself is started again, so that what is open gets its answer.
    while (ended < threads.size()) {
      if (node_.wait(std::chrono::milliseconds(20))) {
        result_.unanswered.push_back("the node ended by itself:\n" + node_.log_tail());
        node_.start();
      }
    }
    for (std::thread& t : threads) t.join();
    for (const std::exception_ptr& failure : failures)
      if (failure) std::rethrow_exception(failure);
    for (const auto& player : players) {
      result_.returns += player->returns();
      for (const std::string& sentence : player->unanswered())
        result_.unanswered.push_back(sentence);
      for (const auto& [code, times] : player->rejections()) result_.rejections[code] += times;
    }
    result_.operations = book_.operations();
  }

  /// These pauses only decide when the kills come.
  void disturb() {
    const double part = options_.seconds * 1000 / (options_.kills + 1);
    for (unsigned i = 0; i <= options_.kills; ++i) {
      const auto time = static_cast<std::int64_t>(part * (0.7 + double(random_() % 600) / 1000));
      watch(std::chrono::milliseconds(time));
      if (i == options_.kills) return;
      if (i % 2 == 0) {
        // Right around the moment when a message goes.
        const number now = wall_ms();
        const number due = book_.newest_due() + random_() % 400;
        if (due > now + 200 && due < now + 5000) watch(std::chrono::milliseconds(due - now - 200));
      }
      kill();
      ++result_.kills;
    }
  }

  void watch(std::chrono::milliseconds time) {
    node_.wait(time);
    if (!node_.running())
      throw std::runtime_error("the node ended by itself:\n" + node_.log_tail());
  }

  /// Of the process that runs: its counters end with it.
  void count_crashes() {
    result_.actors_crashed += node_.metric("conclave_actors_crashed_total").value_or(0);
  }

  void kill() {
    count_crashes();
    const number from = wall_ms();
    node_.kill9();
    node_.start();
    down_.emplace_back(from, wall_ms());
    if (options_.verbose) {
      std::printf("killed; %llu operations so far\n",
                  static_cast<unsigned long long>(book_.operations()));
      std::fflush(stdout);
    }
  }

  view_model model_of(number conversation, const all_logs& logs, broken how) const {
    return view_model(conversation, logs, how, down_, options_.late_ms);
  }

  /// Everything answered, everything due told, everybody up to date.
  void become_quiet() {
    using memory = view_device::memory;
    for (auto& device : devices_) {
      if (!device->connected() && !device->connect(memory::whole, patience))
        throw std::runtime_error(device->name() + " cannot come back");
      if (!device->session().wait_until_caught_up(patience))
        throw std::runtime_error(device->name() + " does not catch up");
    }
    for (auto& [user, options] : judges_) {
      auto made = client::session::connect(options);
      if (!made) throw std::runtime_error("a judge cannot log in: " + made.error().detail);
      readers_[user] = std::move(*made);
    }
    if (!test::wait_until([&] { return nothing_due(); }))
      result_.found.count(result_.found.late, "what was due was not told within 30 s: " + due_);
    for (auto& device : devices_) {
      const auto list = readers_.at(device->user())->list_conversations();
      if (!list) throw std::runtime_error("listing conversations: " + list.error().detail);
      for (const client::conversation_info& c : *list)
        book_.found_marked(c.conversation.value, device->user(), c.read.value);
      const bool there = test::wait_until([&] {
        return std::all_of(list->begin(), list->end(), [&](const client::conversation_info& c) {
          return device->last(c.conversation.value) >= c.head.value;
        });
      });
      if (!there)
        result_.found.count(result_.found.view, device->name() + " did not get to the end");
    }
  }

  /// Reads every conversation as everybody and looks for bodies whose time is over.
  bool nothing_due() {
    for (const auto& [user, reader] : readers_)
      for (const number c : ground_.conversations) read_view(*reader, book_, c);
    const all_logs logs = book_.all();
    due_.clear();
    const number now = wall_ms();
    bool later = false;
    for (const number c : ground_.conversations) {
      const view_model model = model_of(c, logs, broken::nothing);
      for (const number seq : model.overdue(now))
        due_ += " " + std::to_string(c) + '/' + std::to_string(seq);
      later = later || model.last_due() > now;
    }
    return due_.empty() && !later;
  }

  view_device* device_of(number user) {
    for (auto& device : devices_)
      if (device->user() == user) return device.get();
    return nullptr;
  }

  void judge() {
    view_judge judge(result_.found);
    const all_logs logs = book_.all();
    for (const number c : ground_.conversations) {
      const view_model model = model_of(c, logs, options_.how);
      result_.events += model.head();
      for (const auto& [seq, op] : logs.at(c).done) {
        result_.came_in += op.what == act::let_in ? 1 : 0;
        result_.dissolved += op.what == act::dissolve ? 1 : 0;
      }
      result_.latest_ms = std::max(result_.latest_ms, model.latest_ms());
      judge.take_complaints(model);
      for (auto& device : devices_)
        judge.compare(model, c, device->user(), device->name(), device->shown(c, wall_ms()), false);
      for (const auto& [user, reader] : readers_) {
        auto view = read_view(*reader, book_, c, device_of(user));
        const bool any = view.last().value != 0;
        judge.compare(model, c, user, "a fresh device of user " + std::to_string(user),
                      any ? taken_apart(view.dump()) : shown_view{}, true);
        judge.compare_lists(model, c, user, *reader);
      }
    }
    for (auto& device : devices_)
      for (const std::string& sentence : device->resurrected())
        result_.found.count(result_.found.resurrected, sentence);
    for (const std::string& sentence : book_.contradictions())
      result_.found.count(result_.found.unexplained, sentence);
    count_crashes();
    if (!result_.clean()) result_.node_log = node_.log_tail();
    devices_.clear();
    readers_.clear();
    if (node_.terminate() != 0)
      result_.unanswered.push_back("SIGTERM did not end the node with code 0");
  }

  run_options options_;
  std::mt19937_64 random_;
  test::node_process node_;
  run_result result_;
  ledger book_;
  playground ground_;
  std::vector<std::unique_ptr<view_device>> devices_;
  std::map<number, client::session_options> judges_;
  std::map<number, std::unique_ptr<client::session>> readers_;
  std::vector<std::pair<number, number>> down_;
  std::string due_;
};

}  // namespace

run_result run(const run_options& options) {
  return view_run(options).go();
}

}  // namespace conclave::viewcheck
