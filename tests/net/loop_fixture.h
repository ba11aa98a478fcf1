/// Loops under test, each in a thread of its own, with a handler made of replaceable functions, and
/// a way to wait for what happens on them.
#pragma once

#include "net/event_loop.h"
#include "schemas/frame.h"
#include "tests/support/test_certificates.h"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace conclave::net {

/// Long enough for a loaded machine with sanitizers; a test that waits this long has failed.
inline constexpr std::chrono::seconds patience{60};

/// A whole frame with this payload.
inline std::string make_frame(std::string_view payload, std::uint64_t correlation = 1,
                              frame_type type = frame_type::send) {
  std::string out;
  const std::size_t at = open_frame(out, type, correlation);
  out.append(payload);
  close_frame(out, at);
  return out;
}

/// A frame as it came, copied.
struct seen_frame {
  frame_header header;
  std::string payload;
};

struct seen_close {
  close_reason reason{};
  std::string detail;
};

/// A loop in a thread. Assign the hooks before start(); they run on the loop's thread.
class test_loop : public loop_handler {
 public:
  explicit test_loop(std::uint8_t number, const loop_options& options = {})
      : loop(number, *this, options) {}
  ~test_loop() override { stop(); }

  void start() {
    thread_ = std::thread([this] { loop.run(); });
  }
  void stop() {
    if (!thread_.joinable()) return;
    loop.stop();
    thread_.join();
  }

  /// Runs on the loop's thread and returns what `work` returns.
  template <class Work>
  auto call(Work work) {
    using result = std::invoke_result_t<Work>;
    auto task = std::make_shared<std::packaged_task<result()>>(std::move(work));
    auto future = task->get_future();
    loop.post([task] { (*task)(); });
    return future.get();
  }

  /// What the loop has counted, read between two of its turns: what a turn writes is at the other
  /// side before it is counted.
  loop_counters counted() {
    return call([this] { return loop.counters(); });
  }

  /// Waits until `condition` holds for what was seen; false when patience ends.
  template <class Condition>
  bool wait(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, condition);
  }
  bool wait_for_opens(std::size_t n) {
    return wait([&] { return opened.size() >= n; });
  }
  bool wait_for_frames(std::size_t n) {
    return wait([&] { return frames.size() >= n; });
  }
  bool wait_for_closes(std::size_t n) {
    return wait([&] { return closes.size() >= n; });
  }

  // -- what was seen: read after a wait
  // ---------------------------------------------------------------
  std::vector<connection_id> opened;
  std::vector<seen_frame> frames;
  std::vector<seen_close> closes;
  std::size_t drained = 0;
  std::size_t batches = 0;

  // -- hooks
  // -------------------------------------------------------------------------------------------
  std::function<void(connection&)> open_hook;
  std::function<void(connection&, std::span<const frame_view>)> frames_hook;
  std::function<void(connection&)> drained_hook;
  std::function<void(connection&, close_reason)> close_hook;
  bool keep_frames = true;

  // -- loop_handler
  // ------------------------------------------------------------------------------------
  void on_open(connection& c) override {
    note([&] { opened.push_back(c.id()); });
    if (open_hook) open_hook(c);
  }
  void on_frames(connection& c, std::span<const frame_view> batch) override {
    if (frames_hook) frames_hook(c, batch);
    note([&] {
      ++batches;
      if (!keep_frames) return;
      for (const frame_view& f : batch) frames.push_back({f.header, std::string(f.payload)});
    });
  }
  void on_drained(connection& c) override {
    if (drained_hook) drained_hook(c);
    note([&] { ++drained; });
  }
  void on_close(connection& c, close_reason reason, const std::string& detail) override {
    if (close_hook) close_hook(c, reason);
    note([&] { closes.push_back({reason, detail}); });
  }

  event_loop loop;

 private:
  template <class Change>
  void note(Change change) {
    {
      const std::lock_guard lock(mutex_);
      change();
    }
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::thread thread_;
};

/// Certificates once per process: making keys takes time.
inline test::test_certificates& certificates() {
  static test::test_certificates made;
  return made;
}

inline std::shared_ptr<const tls_context> server_tls(bool allow_tls12 = false) {
  auto made = tls_context::server(
      {certificates().certificate_file(), certificates().key_file(), allow_tls12});
  CONCLAVE_CHECK(made.ok(), "the test certificate is usable");
  return std::move(made).value();
}

inline std::shared_ptr<const tls_context> client_tls() {
  auto made = tls_context::client({certificates().ca_file()});
  CONCLAVE_CHECK(made.ok(), "the test CA is usable");
  return std::move(made).value();
}

/// A server loop that listens on a free port of 127.0.0.1, and a client loop.
class loop_pair {
 public:
  explicit loop_pair(const loop_options& server_options = {},
                     const loop_options& client_options = {})
      : server(1, server_options), client(2, client_options) {}

  void start() {
    auto listening = server.loop.listen("127.0.0.1", 0, server_tls(), 7);
    CONCLAVE_CHECK(listening.ok(), "a free port can be listened on");
    port = listening.value();
    server.start();
    client.start();
  }

  connection_id connect() {
    return client.call(
        [this] { return client.loop.connect("127.0.0.1", port, client_tls(), "localhost", 3); });
  }

  std::uint16_t port = 0;
  test_loop server;
  test_loop client;
};

/// Answers every frame with itself.
inline void echo(connection& c, std::span<const frame_view> batch) {
  for (const frame_view& f : batch) {
    std::string& out = c.tail();
    const std::size_t at = open_frame(out, f.header.type, f.header.correlation);
    out.append(f.payload);
    close_frame(out, at);
  }
  c.queued();
}

/// Queues numbered frames until `bytes` stay in the outbox although the socket was written to: how
/// many.
inline std::uint64_t send_until_stuck(test_loop& server, std::size_t bytes) {
  std::uint64_t said = 0;
  std::size_t left = 0;
  while (left < bytes) {
    left = server.call([&] {
      std::size_t in_outbox = bytes;  // ends the loop when the connection is gone
      server.loop.for_each([&](connection& c) {
        if (!c.closing()) c.send(make_frame(std::string(15'000, 'x'), ++said));
        in_outbox = c.outbox_bytes();
      });
      return in_outbox;
    });
  }
  return said;
}

}  // namespace conclave::net
