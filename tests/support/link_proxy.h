/// What stands between the nodes of a cluster in a test: each node reaches each other one through a
/// port of the proxy, so that a test can take the network away between two of them and give it
/// back. Bytes of a cut direction are swallowed, as on a cable that is cut: neither side is told.
///
/// Thread: one of its own, from the constructor to the destructor; the functions may be called from
/// any. What cannot be set up throws. Limits: what one side does not read waits in memory up to a
/// bound, then the other side has to wait.
#pragma once

#include "tests/support/node_links.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace conclave::test {

class link_proxy final : public node_links {
 public:
  link_proxy();
  ~link_proxy() override;
  link_proxy(const link_proxy&) = delete;
  link_proxy& operator=(const link_proxy&) = delete;

  /// `from` reaches `to`, which listens on `port` of this machine, at the port that is returned.
  std::uint16_t add(unsigned from, unsigned to, std::uint16_t port);

  void cut_one_way(unsigned from, unsigned to) override;
  /// Connections that have lost something end now, as TCP's own would.
  void heal() override;
  /// Ends all connections between the two, at once; they may dial again.
  void reset(unsigned a, unsigned b);
  /// Each byte comes so much later, from now on, everywhere.
  void delay(std::chrono::milliseconds by) { delay_ms_ = static_cast<unsigned>(by.count()); }

 private:
  using nodes = std::pair<unsigned, unsigned>;  ///< who speaks, who hears
  using instant = std::chrono::steady_clock::time_point;

  struct route {
    nodes way;
    std::uint16_t target = 0;
    int listener = -1;
  };
  struct half {
    int from = -1;
    int to = -1;
    nodes way;
    std::deque<std::pair<instant, std::string>> waiting;
    std::size_t bytes = 0;
    bool ended = false;
  };
  struct connection {
    half out, back;  ///< as seen from who has dialled
    bool damaged = false;
  };

  void run();
  void accept(const route& r);
  bool read(half& h, connection& c);
  bool write(half& h);
  bool is_cut(const nodes& way) const { return cut_.contains(way) && cut_.at(way); }
  void wake();

  std::mutex mutex_;  ///< over everything below
  std::vector<std::unique_ptr<route>> routes_;
  std::vector<std::unique_ptr<connection>> connections_;
  std::map<nodes, bool> cut_;
  std::atomic<unsigned> delay_ms_{0};
  bool stopping_ = false;
  int wake_[2] = {-1, -1};
  std::thread thread_;
};

}  // namespace conclave::test
