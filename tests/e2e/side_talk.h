/// Two people who go on talking while something large happens on their node: how long their answers
/// take says whether others notice it.
///
/// Its own thread from the constructor to the end; figures of a stretch are taken by the test's.
#pragma once

#include "client/session.h"
#include "tests/support/node_process.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

namespace conclave::test {

class side_talk {
 public:
  side_talk(const node_process& node, const new_user& one, const new_user& other) {
    client::session_options options = node.options_for(one.token);
    options.follow = false;
    auto connected = client::session::connect(options);
    if (!connected) throw std::runtime_error("the talk on the side: " + connected.error().detail);
    session_ = std::move(*connected);
    const auto made = session_->create_direct(other.user);
    if (!made) throw std::runtime_error("the talk on the side: " + made.error().detail);
    thread_ = std::thread([this, c = made->conversation] { talk(c); });
  }
  ~side_talk() {
    stop_ = true;
    thread_.join();
  }

  struct figures {
    std::size_t answered = 0;
    std::size_t failed = 0;
    double p50_ms = 0, p99_ms = 0, max_ms = 0;
  };
  /// Of everything since the last call.
  figures take() {
    std::vector<double> took;
    figures f;
    {
      const std::lock_guard lock(mutex_);
      took.swap(took_ms_);
      f.failed = std::exchange(failed_, 0);
    }
    f.answered = took.size();
    if (took.empty()) return f;
    std::sort(took.begin(), took.end());
    f.p50_ms = took[took.size() / 2];
    f.p99_ms = took[took.size() * 99 / 100];
    f.max_ms = took.back();
    return f;
  }

 private:
  void talk(conversation_id c) {
    while (!stop_) {
      const auto before = std::chrono::steady_clock::now();
      const bool done = session_->send(c, "still there?").ok();
      const std::chrono::duration<double, std::milli> took =
          std::chrono::steady_clock::now() - before;
      {
        const std::lock_guard lock(mutex_);
        if (done)
          took_ms_.push_back(took.count());
        else
          ++failed_;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }

  std::unique_ptr<client::session> session_;
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::vector<double> took_ms_;
  std::size_t failed_ = 0;
  std::thread thread_;
};

}  // namespace conclave::test
