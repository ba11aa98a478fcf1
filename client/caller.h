/// Carries requests to a node and answers back, over as many connections as it takes. Seen by those
/// who need answers (the follower, the blocking calls) and not the connection. Loop thread only.
#pragma once

#include "client/within_bounds.h"
#include "schemas/codec.h"
#include "schemas/frame.h"
#include "schemas/outcome.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <string>

namespace conclave::client {

inline constexpr std::uint64_t no_deadline = std::numeric_limits<std::uint64_t>::max();

class caller {
 public:
  /// Called exactly once per request. A failure is the node's ERROR (its code and text), or our own
  /// word when the deadline passed or the session ended. The frame lives for the call only.
  using answered = std::function<void(const outcome<frame_view>& answer)>;

  virtual ~caller() = default;

  /// `lane`: requests of one lane keep their order; 0 has none. `timeout_ms`: no_deadline waits for
  /// as long as the session lasts. A message with a field outside its bounds is not sent: `then`
  /// gets invalid_argument at once.
  template <class Message>
  void call(const Message& message, std::uint64_t lane, std::uint64_t timeout_ms, answered then) {
    const status fits = within_bounds(message);
    if (!fits) return then(fits.error());
    const std::uint64_t correlation = next_correlation();
    std::string frame;
    append_frame(frame, correlation, message);
    enqueue(correlation, std::move(frame), lane, timeout_ms, std::move(then));
  }

 protected:
  virtual std::uint64_t next_correlation() = 0;
  virtual void enqueue(std::uint64_t correlation, std::string frame, std::uint64_t lane,
                       std::uint64_t timeout_ms, answered then) = 0;
};

/// The answer as the message that it has to be.
template <class Message>
outcome<Message> answer_as(const outcome<frame_view>& answer) {
  if (!answer) return answer.error();
  if (answer->header.type != Message::type) {
    return failure{errc::malformed,
                   "the node answered with another message than " + std::string(Message::name)};
  }
  return decode<Message>(answer->payload);
}

/// The same of a request that changes something: who got an answer that cannot be read knows
/// nothing.
template <class Message>
outcome<Message> effect_as(const outcome<frame_view>& answer) {
  auto read = answer_as<Message>(answer);
  if (read || !answer) return read;
  return failure{errc::outcome_unknown, read.error().detail + "; it may have been done"};
}

}  // namespace conclave::client
