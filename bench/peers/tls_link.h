/// One TLS 1.3 connection to a broker, never blocking: TCP, a line in the clear where the protocol
/// begins with one (NATS), handshake, bytes. On the thread of its event_loop. OpenSSL is known to
/// tls_link.cc only.
#pragma once

#include "bench/peers/event_loop.h"

#include <cstdint>
#include <string>
#include <string_view>

struct ssl_st;
struct ssl_ctx_st;
struct ssl_session_st;

namespace conclave::bench::peers {

/// What all connections have in common: whom to trust, and the newest ticket where one is kept.
class tls_client {
 public:
  /// Throws std::runtime_error when the file of the authority cannot be read.
  tls_client(const std::string& ca_file, bool resume, bool delayed_acks);
  ~tls_client();
  tls_client(const tls_client&) = delete;
  tls_client& operator=(const tls_client&) = delete;

  ssl_st* connect(int fd) const;
  void keep(ssl_session_st* ticket);
  bool delays_acks() const { return delayed_acks_; }

 private:
  ssl_ctx_st* context_;
  bool delayed_acks_;
  ssl_session_st* newest_ = nullptr;
};

struct endpoint {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
};

class tls_link final : public event_loop::source {
 public:
  class user {
   public:
    user() = default;
    user(const user&) = delete;
    user& operator=(const user&) = delete;
    virtual ~user() = default;
    virtual void on_open() = 0;
    /// How many of them were understood; the others come again with more.
    virtual std::size_t on_bytes(std::string_view bytes) = 0;
    /// By the server or by a failure, never by close().
    virtual void on_closed(const std::string& why) = 0;
  };

  tls_link(event_loop& loop, const tls_client& tls, const endpoint& to, bool line_first, user& u);
  ~tls_link() override;

  /// What is appended here leaves at the end of the iteration.
  std::string& out();
  void close();
  bool resumed() const;

  void on_events(std::uint32_t events) override;
  void flush() override;

 private:
  enum class phase { connecting, line, handshake, open, closed };

  void begin_handshake();
  void step_handshake();
  void read_line();
  void read();
  void take(std::string_view bytes);
  void want(bool writable);
  void fail(const std::string& why);

  event_loop& loop_;
  const tls_client& tls_;
  user& user_;
  phase phase_ = phase::connecting;
  bool line_first_;
  bool writable_wanted_ = true;
  bool flush_due_ = false;
  int fd_ = -1;
  ssl_st* ssl_ = nullptr;
  std::string in_;
  std::string out_;
  std::size_t sent_ = 0;
};

}  // namespace conclave::bench::peers
