/// reactor: the promises of its handler interface, keeping alive, and the cost of its receive path.
#include "client/reactor.h"

#include "tests/client/fake_node.h"
#include "tests/support/waiting.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <new>

namespace {

/// Allocations of the calling thread, counted where a test asks for it.
thread_local std::uint64_t allocations = 0;

}  // namespace

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define CONCLAVE_COUNTS_ALLOCATIONS
// GCC takes malloc in operator new and free in operator delete for a mismatch once it inlines one.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
void* operator new(std::size_t size) {
  ++allocations;
  if (void* p = std::malloc(size)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept {
  std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
  std::free(p);
}
#endif

namespace conclave::client {
namespace {

using test::wait_until;

std::uint64_t thread_cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec);
}

class probe : public reactor_handler {
 public:
  void on_ready(session_ref s, const logged_in& who, const welcome&) override {
    link = s;
    user = who.user.value;
    ++readies;
  }
  void on_event(session_ref s, conversation_id c, const event_view& e, std::string_view) override {
    if (s.context != context || c != fake_node::group || e.kind != event_kind::text) ++wrong;
    const std::uint64_t n = events + 1;
    if (n == count_from) {
      allocations_before = allocations;
      cpu_before = thread_cpu_ns();
    }
    if (n == count_to) {
      allocations_between = allocations - allocations_before;
      cpu_between = thread_cpu_ns() - cpu_before;
    }
    events = n;
  }
  void on_head(session_ref, conversation_id, event_seq h) override { head = h.value; }
  void on_answer(session_ref, std::uint64_t correlation, const frame_view& f) override {
    answered = correlation;
    answer_type = f.header.type;
  }
  void on_closed(session_ref s, const end_of_session& e) override {
    if (s.context != context) ++wrong;
    end = e;
    ++closes;
  }

  std::uint64_t context = 42;
  session_ref link;
  std::atomic<std::uint64_t> user{0};
  std::atomic<unsigned> readies{0};
  std::atomic<unsigned> closes{0};
  std::atomic<unsigned> wrong{0};
  std::atomic<std::uint64_t> events{0};
  std::atomic<std::uint64_t> head{0};
  std::atomic<std::uint64_t> answered{0};
  std::atomic<frame_type> answer_type{};
  end_of_session end;
  std::uint64_t count_from = 0;
  std::uint64_t count_to = 0;
  std::uint64_t allocations_before = 0;
  std::uint64_t cpu_before = 0;
  std::atomic<std::uint64_t> allocations_between{0};
  std::atomic<std::uint64_t> cpu_between{0};
};

/// A reactor on a thread, with one way to open a session.
class running {
 public:
  explicit running(probe& p, reactor_options options = {}) : loop(p, std::move(options)) {
    auto made = net::tls_context::client({certificates().ca_file()});
    CONCLAVE_CHECK(made.ok(), "the test CA is usable");
    tls_ = *made;
    thread_ = std::thread([this] { loop.run(); });
  }
  ~running() {
    loop.stop();
    thread_.join();
  }
  void open(const std::string& address, const std::string& token, std::uint64_t context) {
    loop.post([this, address, token, context] {
      loop.open(*resolve(*parse_endpoint(address)), tls_, token, context);
    });
  }

  reactor loop;

 private:
  std::shared_ptr<const net::tls_context> tls_;
  std::thread thread_;
};

TEST(reactor, a_session_logs_in_asks_and_hears) {
  fake_node node;
  node.start();
  probe p;
  running r(p);
  r.open(node.address(), "u5", 42);
  ASSERT_TRUE(wait_until([&] { return p.readies == 1; }));
  EXPECT_EQ(p.user, 5u);
  r.loop.post([&] {
    list_conversations ask;
    EXPECT_TRUE(r.loop.request(p.link, 9, ask));
  });
  ASSERT_TRUE(wait_until([&] { return p.answered == 9; }));
  EXPECT_EQ(p.answer_type, frame_type::conversations_page);
  node.say("hello");
  node.hint(17);
  ASSERT_TRUE(wait_until([&] { return p.events == 1 && p.head == 17; }));
  EXPECT_EQ(p.wrong, 0u);
}

TEST(reactor, every_session_is_closed_exactly_once_whatever_ends_it) {
  fake_node node;
  node.start();
  const std::string address = node.address();
  probe p;
  running r(p);
  r.open(address, "u0", 42);  // refused
  ASSERT_TRUE(wait_until([&] { return p.closes == 1; }));
  EXPECT_EQ(p.end.code, errc::invalid_token);
  EXPECT_FALSE(p.end.was_ready);
  r.open(address, "u1", 42);  // cut by the node
  ASSERT_TRUE(wait_until([&] { return p.readies == 1; }));
  node.cut_all();
  ASSERT_TRUE(wait_until([&] { return p.closes == 2; }));
  EXPECT_TRUE(p.end.was_ready);
  r.open(address, "u1", 42);  // closed by us
  ASSERT_TRUE(wait_until([&] { return p.readies == 2; }));
  r.loop.post([&] { r.loop.close(p.link); });
  ASSERT_TRUE(wait_until([&] { return p.closes == 3; }));
  r.loop.post([&] {
    EXPECT_FALSE(r.loop.request(p.link, 1, list_conversations{})) << "the slot has moved on";
  });
  node.stop();
  r.open(address, "u1", 42);  // nobody listens
  ASSERT_TRUE(wait_until([&] { return p.closes == 4; }));
  EXPECT_EQ(p.wrong, 0u);
  EXPECT_EQ(p.readies, 2u);
}

TEST(reactor, a_silent_session_is_kept_alive_by_pings_and_ended_without_pongs) {
  fake_node node;
  node.start();
  probe p;
  reactor_options options;
  options.ping_after = std::chrono::milliseconds{100};
  options.pong_within = std::chrono::milliseconds{300};
  running r(p, options);
  r.open(node.address(), "u1", 42);
  ASSERT_TRUE(wait_until([&] { return node.pings >= 3; }));
  EXPECT_EQ(p.closes, 0u);
  node.mute_pings = true;
  ASSERT_TRUE(wait_until([&] { return p.closes == 1; }));
  EXPECT_EQ(p.end.reason, net::close_reason::idle_timeout);
}

TEST(reactor, a_node_that_does_not_log_us_in_is_given_up) {
  // Speaks TLS, answers nothing: a fake node that hears nothing is not at hand, a plain listener
  // is.
  struct deaf final : net::loop_handler {
    void on_open(net::connection&) override {}
    void on_frames(net::connection&, std::span<const frame_view>) override {}
    void on_drained(net::connection&) override {}
    void on_close(net::connection&, net::close_reason, const std::string&) override {}
  } handler;
  net::event_loop loop(8, handler);
  auto tls = net::tls_context::server(
      {certificates().certificate_file(), certificates().key_file(), false});
  const auto port = loop.listen("127.0.0.1", 0, *tls, 1);
  std::thread thread([&] { loop.run(); });
  {
    probe p;
    reactor_options options;
    options.login_deadline = std::chrono::milliseconds{300};
    running r(p, options);
    r.open("127.0.0.1:" + std::to_string(*port), "u1", 42);
    EXPECT_TRUE(wait_until([&] { return p.closes == 1; }));
    EXPECT_EQ(p.end.reason, net::close_reason::handshake_timeout);
  }
  loop.stop();
  thread.join();
}

TEST(reactor, hundreds_of_sessions_share_one_thread) {
  fake_node node;
  node.start();
  probe p;
  running r(p);
  constexpr unsigned sessions = 200;
  for (unsigned i = 1; i <= sessions; ++i) r.open(node.address(), "u" + std::to_string(i), 42);
  ASSERT_TRUE(wait_until([&] { return p.readies == sessions; }));
  node.say("to all");
  ASSERT_TRUE(wait_until([&] { return p.events == sessions; }));
  EXPECT_EQ(p.closes, 0u);
}

#ifdef CONCLAVE_COUNTS_ALLOCATIONS
TEST(reactor, receiving_a_frame_allocates_nothing_and_costs_below_two_microseconds) {
  constexpr std::uint64_t batch = 20'000;
  constexpr int batches = 5;
  double best_us = 1e9;
  std::uint64_t least = batch;
  for (int i = 0; i < batches; ++i) {
    fake_node node;
    node.start();
    probe p;
    p.count_from = 1 + batch / 10;
    p.count_to = 1 + batch;
    running r(p);
    r.open(node.address(), "u1", 42);
    ASSERT_TRUE(wait_until([&] { return p.readies == 1; }));
    node.say(std::string(160, 'x'));
    node.flood(batch);
    ASSERT_TRUE(wait_until([&] { return p.events == batch + 1; }));
    EXPECT_EQ(p.wrong, 0u);
    const double us = static_cast<double>(p.cpu_between) / 1000 / (0.9 * batch);
    best_us = std::min(best_us, us);
    least = std::min<std::uint64_t>(least, p.allocations_between);
  }
  std::printf(
      "receive path: %.3f us CPU per frame of 160 bytes, TLS included; %llu allocations in "
      "%llu frames\n",
      best_us, static_cast<unsigned long long>(least), static_cast<unsigned long long>(batch));
  EXPECT_LE(best_us, 2.0);
  // The loop may need something per wake-up; a frame may not.
  EXPECT_LE(least, batch / 50);
}
#endif

}  // namespace
}  // namespace conclave::client
