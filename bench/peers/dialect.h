/// What a broker's protocol is to the scenarios: a name, a login, numbered messages that are
/// acknowledged, and deliveries. Bytes in, bytes out, no sockets, no clock: pure; any thread, in
/// fact the generator's one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace conclave::bench::peers {

/// Who a connection is, and what it is for.
struct role {
  std::string run;         ///< new for each run, part of every name that the broker keeps
  std::size_t room = 0;    ///< where it speaks and listens
  std::size_t member = 0;  ///< its number among all connections
  bool speaks = false;
  bool listens = false;
  bool fan_out = false;   ///< several listen in each room
  bool prepares = false;  ///< makes what all need; the others come when it is ready

  std::string name() const { return run + "-" + std::to_string(member); }
};

class dialect {
 public:
  class events {
   public:
    events() = default;
    events(const events&) = delete;
    events& operator=(const events&) = delete;
    virtual ~events() = default;
    /// Logged in, and, if it listens, subscribed. May end the connection, as all of these may.
    virtual void on_ready() = 0;
    /// The broker answers for message `number`, counted from 0.
    virtual void on_acked(std::uint64_t number) = 0;
    /// … for it and all before it.
    virtual void on_acked_up_to(std::uint64_t number) = 0;
    virtual void on_delivered(std::string_view body) = 0;
    virtual void on_refused(const std::string& why) = 0;
  };

  dialect() = default;
  dialect(const dialect&) = delete;
  dialect& operator=(const dialect&) = delete;
  virtual ~dialect() = default;

  /// The server says a line in the clear before TLS.
  virtual bool line_first() const { return false; }
  /// False: there is no acknowledgement; the first delivery stands for it.
  virtual bool acknowledges() const { return true; }

  /// Asks for the login; `out` is what to send, here and below.
  virtual void open(std::string& out) = 0;
  /// How many of the bytes were understood.
  virtual std::size_t feed(std::string_view in, std::string& out) = 0;
  virtual void publish(std::string_view body, std::string& out) = 0;
  virtual void leave(std::string& out) = 0;
};

std::unique_ptr<dialect> make_mqtt(role who, dialect::events& to);

enum class nats_use {
  core,             ///< no JetStream, no acknowledgement
  stream,           ///< publish to JetStream, whose answer is the acknowledgement; one stream for
                    ///< all rooms; receive by a push consumer with explicit acknowledgements
  stream_per_room,  ///< … with a stream for each room
  stream_unread,    ///< publish to JetStream, receive as a plain subscriber of the same subject
};
std::unique_ptr<dialect> make_nats(role who, dialect::events& to, nats_use use);
std::unique_ptr<dialect> make_amqp(role who, dialect::events& to);

/// `mqtt`, `nats`, `jetstream`, `jetstream-rooms`, `jetstream-core` or `amqp`; null: no such
/// protocol.
std::unique_ptr<dialect> make_dialect(const std::string& protocol, role who, dialect::events& to);

}  // namespace conclave::bench::peers
