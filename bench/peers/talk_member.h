/// Somebody in a room of a talk, and what becomes of what he hears. On the one thread of the
/// event_loop.
#pragma once

#include "bench/peers/talk.h"

namespace conclave::bench::peers {

class talk::member final : public dialect::events {
 public:
  member(talk& t, role who) : talk_(t), who_(std::move(who)) {}

  void open(const broker& b) { session_ = std::make_unique<session>(b, who_, *this); }
  void publish(std::string_view body) { session_->publish(body); }
  void leave() {
    if (session_) session_->leave();
  }
  bool acknowledges() const { return session_->acknowledges(); }
  bool listens() const { return who_.listens; }
  std::size_t room() const { return who_.room; }
  delivery_check& check() { return check_; }

 private:
  void on_ready() override { ++talk_.ready_; }
  void on_acked(std::uint64_t number) override { talk_.acked(talk_.rooms_[who_.room], number); }
  void on_acked_up_to(std::uint64_t number) override {
    // Only what is not acknowledged yet counts, so it does no harm to begin too early.
    for (std::uint64_t n = talk_.rooms_[who_.room].oldest; n <= number; ++n) on_acked(n);
  }
  void on_delivered(std::string_view body) override { talk_.delivered(*this, body); }
  void on_refused(const std::string& why) override {
    if (talk_.refused_++ == 0) talk_.first_refusal_ = why;
  }

  talk& talk_;
  role who_;
  std::unique_ptr<session> session_;
  delivery_check check_;
};

}  // namespace conclave::bench::peers
