/// A client that does exactly what it is told: bytes, frames, silence, several requests at once.
/// For tests that look at each frame, where a well-behaved client would hide what they are after.
///
/// Blocking, with a deadline on every wait; one thread at a time. A connection that ends is not an
/// error here: closed() tells. The peer's certificate is not verified, but can be looked at.
#pragma once

#include "schemas/codec.h"
#include "schemas/conversation_messages.h"
#include "schemas/frame.h"
#include "schemas/history_messages.h"
#include "schemas/operator_messages.h"
#include "schemas/session_messages.h"
#include "tests/support/waiting.h"

#include <chrono>
#include <cstdint>
#include <netinet/in.h>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct ssl_st;
struct ssl_ctx_st;

namespace conclave::test {

/// A frame that owns its payload.
struct wire_frame {
  frame_header header;
  std::string payload;

  bool is(frame_type type) const { return header.type == type; }
  template <class Message>
  outcome<Message> as() const {
    if (header.type != Message::type) return errc::malformed;
    return decode<Message>(payload);
  }
  /// The code of an ERROR or GOAWAY; errc::ok for every other frame.
  errc code() const;
};

class wire_client {
 public:
  /// Connects, by TLS unless `plain`. `receive_buffer`: of the kernel, 0: its default.
  explicit wire_client(std::uint16_t port, bool plain = false, int receive_buffer = 0);
  /// The same, to a node that is not on the loopback.
  explicit wire_client(const sockaddr_in& to, bool plain = false, int receive_buffer = 0);
  ~wire_client();
  wire_client(const wire_client&) = delete;
  wire_client& operator=(const wire_client&) = delete;

  bool connected() const { return connected_; }
  /// The other side has ended the connection; noticed while reading.
  bool closed() const { return closed_; }
  std::string peer_serial() const;

  // -- sending
  // -------------------------------------------------------------------------------------

  /// False: the connection ended, or the other side takes nothing until the deadline.
  bool send_bytes(std::string_view bytes, std::chrono::milliseconds deadline = patience);
  template <class Message>
  bool send(std::uint64_t correlation, const Message& message) {
    std::string frame;
    append_frame(frame, correlation, message);
    return send_bytes(frame);
  }
  /// Ends the sending side without a word, as a process that dies.
  void abandon();

  // -- receiving
  // -----------------------------------------------------------------------------------

  /// The next frame; nothing at the end of the connection and at the deadline.
  std::optional<wire_frame> next(std::chrono::milliseconds deadline = patience);

  /// The answer to a correlation; everything else that comes before it is kept in pushes().
  std::optional<wire_frame> answer(std::uint64_t correlation,
                                   std::chrono::milliseconds deadline = patience);
  template <class Message>
  std::optional<wire_frame> ask(const Message& message) {
    const std::uint64_t correlation = ++last_correlation_;
    if (!send(correlation, message)) return std::nullopt;
    return answer(correlation);
  }

  /// HELLO and LOGIN. False: refused; last_error() says why.
  bool login(std::string_view token);
  errc last_error() const { return last_error_; }
  const logged_in& who() const { return who_; }

  std::vector<wire_frame>& pushes() { return pushes_; }
  /// Reads until nothing comes for this long; what came is in pushes().
  void read_for(std::chrono::milliseconds quiet);
  /// Reads until the other side ends the connection; false: it does not.
  bool read_until_closed(std::chrono::milliseconds deadline = patience);

 private:
  bool fill(std::chrono::steady_clock::time_point until);
  bool wait_for(bool writing, std::chrono::steady_clock::time_point until);

  int fd_ = -1;
  ssl_ctx_st* context_ = nullptr;
  ssl_st* ssl_ = nullptr;
  bool connected_ = false;
  bool closed_ = false;
  std::string buffer_;
  std::uint64_t last_correlation_ = 1'000'000;
  std::vector<wire_frame> pushes_;
  errc last_error_ = errc::ok;
  logged_in who_;
};

}  // namespace conclave::test
