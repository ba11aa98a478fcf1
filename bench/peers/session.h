/// A user of a broker: a connection and the protocol on it. On the thread of its event_loop.
#pragma once

#include "bench/peers/dialect.h"
#include "bench/peers/tls_link.h"

#include <memory>
#include <string>
#include <utility>

namespace conclave::bench::peers {

/// Which broker, and how to reach it; the same for all sessions of a run.
struct broker {
  event_loop& loop;
  const tls_client& tls;
  endpoint to;
  std::string protocol;
};

class session final : private tls_link::user {
 public:
  /// `to` hears of the login, of acknowledgements and deliveries, and, as a refusal, of the end of
  /// the connection.
  session(const broker& b, role who, dialect::events& to)
      : to_(to),
        dialect_(make_dialect(b.protocol, std::move(who), to)),
        link_(b.loop, b.tls, b.to, dialect_->line_first(), *this) {}

  bool acknowledges() const { return dialect_->acknowledges(); }
  bool resumed() const { return link_.resumed(); }
  void publish(std::string_view body) { dialect_->publish(body, link_.out()); }
  void leave() {
    dialect_->leave(link_.out());
    link_.flush();
    link_.close();
  }

 private:
  void on_open() override { dialect_->open(link_.out()); }
  std::size_t on_bytes(std::string_view bytes) override {
    return dialect_->feed(bytes, link_.out());
  }
  void on_closed(const std::string& why) override { to_.on_refused(why); }

  dialect::events& to_;
  std::unique_ptr<dialect> dialect_;
  tls_link link_;
};

}  // namespace conclave::bench::peers
