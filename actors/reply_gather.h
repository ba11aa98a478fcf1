/// One answer for a request that many actors carry out: DONE once all of them have, else the first
/// failure. Any thread; shared by the parts. A part that dies without a word counts as unknown.
#pragma once

#include "actors/frame_of.h"
#include "actors/reply.h"
#include "schemas/account_messages.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace conclave::actors {

class reply_gather {
 public:
  reply_gather(ticket asked, std::size_t parts) : asked_(std::move(asked)), left_(parts) {}

  void done() { settle(errc::ok); }
  void failed(errc why) { settle(why); }

 private:
  void settle(errc how) {
    const std::lock_guard lock(mutex_);
    if (left_ == 0) return;
    if (how != errc::ok && why_ == errc::ok) why_ = how;
    if (--left_ > 0) return;
    if (why_ != errc::ok) return asked_.reject(why_, {}, 100);
    asked_.answer_with(frame_of(asked_.to().correlation, done_answer{}));
  }

  std::mutex mutex_;
  ticket asked_;  ///< dies unanswered with the last part: outcome_unknown
  std::size_t left_;
  errc why_ = errc::ok;
};

}  // namespace conclave::actors
