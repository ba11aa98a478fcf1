/// Real actors and the real directory under CAF's deterministic scheduler, in a world of fakes: a
/// test says when the writer commits, when the reader pool reads, and when anything runs at all.
#pragma once

#include "actors/conversation.h"
#include "actors/directory.h"
#include "actors/registrar.h"
#include "tests/support/actor_fakes.h"
#include "tests/support/conversation_driver.h"

#include <caf/scheduler/test_coordinator.hpp>

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

namespace conclave::test {

class actor_world {
 public:
  using verb = actors::conversation_verb;

  actor_world()
      : scheduler_(dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler())),
        directory_({[this](const entity_ref& e, std::uint64_t n, bool recovered) {
                      ++conversations_born;
                      return actors::spawn_conversation(system_, ports, e, n, recovered);
                    },
                    [this](const entity_ref& e, std::uint64_t n) {
                      return actors::spawn_registrar(system_, ports, e, n);
                    }}) {
    scheduler_.clock().current_time += std::chrono::hours(1);
    ports.commits = &commits;
    ports.actors = &directory_;
    ports.loops = {&loop, &other_loop};
    ports.on_reader = [this](std::function<void()> job) {
      if (refuse_reads) return false;
      if (hold_reads)
        held_reads_.push_back(std::move(job));
      else
        job();
      return true;
    };
    ports.load_conversation = [this](const entity_ref& e) -> outcome<storage::conversation_image> {
      if (fail_loads) return failure{errc::io_error, "the disk is gone"};
      auto image = commits.rows.image(e.tenant, conversation_id{e.id});
      if (written_elsewhere) image.head = event_seq{image.head.value + 1};
      return image;
    };
    ports.plan = [this](const entity_ref& e, const actors::registrar_request& r,
                        std::uint64_t version) { return plan(e, r, version); };
    ports.now = [this] { return now; };
    ports.load_target = [this](const entity_ref& e, user_id asker, event_seq seq) {
      return outcome<storage::target_image>(
          commits.rows.target(e.tenant, conversation_id{e.id}, asker, seq));
    };
    ports.load_burned_out = [this](const entity_ref& e, const std::vector<user_id>& members) {
      return outcome<storage::burned_out>(
          commits.rows.burned_out(e.tenant, conversation_id{e.id}, members, limits::max_job_step));
    };
  }
  ~actor_world() {
    directory_.stop();
    run();
    commits.settle();
    run();
  }
  actor_world(const actor_world&) = delete;
  actor_world& operator=(const actor_world&) = delete;

  fake_commits commits;
  fake_loop loop;
  fake_loop other_loop;
  actors::engine_ports ports;
  time_ms now = 1'000;
  bool refuse_reads = false;
  bool hold_reads = false;
  bool written_elsewhere = false;  ///< another leader's entry came between claim and load
  bool fail_loads = false;
  std::size_t conversations_born = 0;
  std::vector<actors::index_order> index_orders;  ///< those that registrars planned
  std::vector<actors::inbox_order> inbox_orders;

  actors::directory& directory() { return directory_; }

  /// Lets every actor run until all of them wait.
  void run() {
    while (scheduler_.try_run_once()) {
    }
  }
  void run_once() { scheduler_.try_run_once(); }

  std::size_t held_reads() const { return held_reads_.size(); }
  void release_reads() {
    hold_reads = false;
    for (auto& job : std::exchange(held_reads_, {})) job();
  }

  static entity_ref entity(conversation_id id = room) {
    return {entity_kind::conversation, acme, id.value};
  }

  // -- requests
  // ------------------------------------------------------------------------------------

  struct wanted {
    verb what = verb::send;
    std::uint64_t user = 1;
    std::uint64_t key = 1;
    std::uint64_t correlation = 0;
    std::vector<user_id> named = {};
    std::string text = "hello";
    std::shared_ptr<const actors::request_details> more = nullptr;
    std::uint64_t device = 1;
  };
  /// Delivers one batch; nothing runs yet.
  bool post(const std::vector<wanted>& list, conversation_id id = room) {
    return directory_.deliver_to_conversation(entity(id), work_of(list));
  }
  actors::conversation_work work_of(const std::vector<wanted>& list) {
    auto batch = std::make_shared<actors::conversation_batch>();
    for (const wanted& w : list) {
      auto& request = append_request(*batch, w.what, w.user, w.device, w.key, w.text, w.named);
      request.more = w.more;
      if (w.correlation != 0) request.asked = loop.ticket_for(w.correlation);
    }
    return {batch};
  }
  bool say(std::uint64_t user, std::uint64_t key, std::uint64_t correlation) {
    return post({{verb::send, user, key, correlation, {}, "hello"}});
  }
  /// A room of user 1 with these others, committed, its index known, nothing to be heard of it.
  void found(std::initializer_list<std::uint64_t> others) {
    post({{verb::create, 1, 99, 1, users(others), "room"}});
    run();
    loop = {};
    other_loop = {};
    commits.seen.clear();
    index_orders.clear();
  }

  /// Commits what waits, and what that brings, until commits are at once again.
  void settle_all() {
    commits.at_once = true;
    for (int i = 0; i < 2; ++i) {
      commits.settle();
      run();
    }
  }

  /// One sweep that finds everybody idle.
  void doze_all() {
    swept_ms_ += 1'000'000;
    directory_.sweep(swept_ms_, 1);
  }

 private:
  actors::registrar_plan plan(const entity_ref& e, const actors::registrar_request& r,
                              std::uint64_t version) {
    actors::registrar_plan made;
    if (const auto* order = std::get_if<actors::index_order>(&r.order)) {
      index_orders.push_back(*order);
      made.redo.put(keys::user_conversation(e.tenant, user_id{e.id}, order->conversation),
                    encode(index_record{order->seq, order->member}));
    }
    if (const auto* order = std::get_if<actors::inbox_order>(&r.order))
      inbox_orders.push_back(*order);
    made.redo.put(keys::entity_version(e), encode_number(version));
    if (planner) planner(e, r, made);
    return made;
  }

  struct test_config : caf::actor_system_config {
    test_config() { set("scheduler.policy", caf::atom("testing")); }
  };
  test_config config_;
  caf::actor_system system_{config_};
  caf::scheduler::test_coordinator& scheduler_;
  std::vector<std::function<void()>> held_reads_;
  std::uint64_t swept_ms_ = 0;

 public:
  /// Changes what a registrar's request comes to.
  std::function<void(const entity_ref&, const actors::registrar_request&, actors::registrar_plan&)>
      planner;

 private:
  actors::directory directory_;
};

}  // namespace conclave::test
