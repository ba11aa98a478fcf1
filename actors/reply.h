/// How an answer finds its way back: the address of a request, the port that takes answers, and the
/// ticket that makes sure there is exactly one (promise P9).
///
/// A request is admitted on a loop's thread, travels through actors and the shard writer inside a
/// ticket, and is answered from whatever thread knows the outcome. A ticket that dies unanswered,
/// for instance in the mailbox of an actor that crashed, answers `outcome_unknown` by itself, so
/// that the client resends and the window of its sender row decides.
#pragma once

#include "net/connection.h"
#include "schemas/errc.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace conclave::actors {

struct delivery;
struct head_hint;
struct signal;
struct user_news;

/// Where an answer goes. The slot is the request's place in its session's table of open requests;
/// it is freed when the answer arrives at the loop, also when the connection is gone by then.
struct reply_address {
  net::connection_id connection;
  std::uint64_t correlation = 0;
  std::uint16_t slot = 0;
  std::uint16_t generation = 0;
  std::uint32_t admitted_bytes = 0;
};

struct answer {
  reply_address to;
  std::string frame;
};

/// A loop's side of the engine. All calls are thread-safe and never block.
class reply_port {
 public:
  virtual ~reply_port() = default;
  virtual void post(std::vector<answer> answers) = 0;
  virtual void post(std::shared_ptr<const delivery> news) = 0;
  virtual void post(std::shared_ptr<const head_hint> hint) = 0;
  virtual void post(std::shared_ptr<const signal> news) = 0;
  virtual void post(std::shared_ptr<const user_news> news) = 0;
};

/// An ERROR frame for one request. Codes from inside the node become `internal`, without detail.
std::string error_frame(std::uint64_t correlation, errc code, std::string_view detail = {},
                        std::uint32_t retry_after_ms = 0, std::string_view leader = {});

/// Move-only; any thread, one at a time. The port outlives every ticket (engine.h, shutdown order).
class ticket {
 public:
  ticket() = default;
  ticket(reply_port* port, const reply_address& to) : port_(port), to_(to) {}
  ticket(ticket&& other) noexcept : port_(std::exchange(other.port_, nullptr)), to_(other.to_) {}
  ticket& operator=(ticket&& other) noexcept {
    std::swap(port_, other.port_);
    std::swap(to_, other.to_);
    return *this;
  }
  ~ticket() {
    if (port_ != nullptr) give_up();
  }

  bool armed() const { return port_ != nullptr; }
  const reply_address& to() const { return to_; }
  reply_port* port() const { return port_; }

  void answer_with(std::string frame);
  void reject(errc code, std::string_view detail = {}, std::uint32_t retry_after_ms = 0);

  /// Somebody else answers this address from here on.
  reply_address disarm() {
    port_ = nullptr;
    return to_;
  }

 private:
  void give_up() noexcept;

  reply_port* port_ = nullptr;
  reply_address to_;
};

}  // namespace conclave::actors
