/// The requests of a session, from enqueue to their one answer: kept until they are answered, put
/// off when the node says so, given up at their deadline with what is then known.
#include "client/failures.h"
#include "client/session_clock.h"
#include "client/session_core.h"
#include "conf/log.h"
#include "schemas/presence_messages.h"

#include <algorithm>
#include <utility>

namespace conclave::client {

std::uint64_t session_core::next_client_seq(conversation_id c) {
  std::uint64_t& highest = state_.conversations[c].client_seq;
  // The first one of this run starts at the clock; those after it simply count on.
  highest = std::max(highest + 1, counting_.insert(c).second ? wall_us() : 0);
  state_dirty_ = true;
  return highest;
}

std::uint64_t session_core::next_notice_number() {
  notice_number_ = std::max(notice_number_ + 1, wall_us());
  return notice_number_;
}

time_ms session_core::node_time() const {
  return static_cast<time_ms>(static_cast<std::int64_t>(wall_us() / 1000) + clock_ahead_ms_);
}

void session_core::enqueue(std::uint64_t correlation, std::string frame, std::uint64_t lane,
                           std::uint64_t timeout_ms, answered then) {
  if (ended_) return then(failure{errc::shutting_down, "the session has ended"});
  queue::entry e;
  e.frame = std::move(frame);
  e.lane = lane;
  e.deadline_ms = timeout_ms == no_deadline ? no_deadline : steady_ms() + timeout_ms;
  e.context.then = std::move(then);
  requests_.add(correlation, std::move(e));
}

void session_core::pump() {
  if (!ready_) return;
  requests_.pump(steady_ms(), [this](std::uint64_t, queue::entry& e) {
    // A window of large requests is more than a connection may have waiting.
    if (reactor_.above_high(link_) || !reactor_.transmit(link_, e.frame)) return false;
    e.context.transmitted = true;
    // What was said of the attempt before tells nothing now.
    e.context.last = failure{errc::ok, {}};
    return true;
  });
}

void session_core::on_answer(session_ref, std::uint64_t correlation, const frame_view& answer) {
  answered_ms_ = steady_ms();
  patience_.reset();  // not at the login: a node may let in and close, each time
  queue::entry* e = requests_.find(correlation);
  if (e == nullptr) return;  // given up at its deadline, or nobody waits for it
  if (answer.header.type != frame_type::error) {
    auto taken = requests_.take(correlation);
    return taken->context.then(answer);
  }
  const auto error = decode<error_answer>(answer.payload);
  failure why = error ? failure{error->code, std::string(error->text)}
                      : failure{errc::outcome_unknown,
                                "the node sent an ERROR that cannot be read; it may be done"};
  // The class on the wire counts: a code of a later protocol is unknown here.
  const bool again = error && error->code != errc::resend_expired &&
                     (error->kind == error_class::retry || error->kind == error_class::unknown);
  if (!again) {
    auto taken = requests_.take(correlation);
    const waiting& w = taken->context;
    if (w.perhaps_done && w.once_done == why.code) {
      why = {errc::outcome_unknown,
             "it was asked twice, and perhaps done the first time: " +
                 (why.detail.empty() ? std::string(name_of(why.code)) : why.detail)};
    }
    return w.then(why);
  }
  if (error->kind == error_class::unknown) e->context.perhaps_done = true;
  e->context.last = std::move(why);
  requests_.put_off(correlation, steady_ms(), random_(), error->retry_after_ms);
}

void session_core::expire() {
  for (auto& [correlation, e] : requests_.expired(steady_ms())) {
    const waiting& w = e.context;
    if (w.perhaps_done || (w.transmitted && w.last.code == errc::ok)) {
      w.then(failure{errc::outcome_unknown, "no answer in time; it may have been done"});
    } else if (w.last.code != errc::ok) {
      w.then(w.last);
    } else {
      w.then(unreachable_because("no connection in time; nothing was sent"));
    }
  }
}

void session_core::send_message(conversation_id c, std::string_view body,
                                const message_extras& extras, std::uint64_t timeout_ms,
                                std::function<void(outcome<receipt>)> then) {
  conclave::send message;
  message.conversation = c;
  message.kind = extras.kind;
  message.body.data = body;
  message.reply_to = extras.reply_to;
  message.thread = extras.thread;
  message.mentions = extras.mentions;
  message.mentions_all = extras.mentions_all;
  message.expires_at = extras.expires_at;
  message.expires_after_ms = extras.expires_after_ms;
  message.burn_ms = extras.burn_ms;
  // What the node makes of these is its decision, and in a conversation that no list has told yet
  // nobody knows who says it: the event is fetched.
  const conversation_place* place = places_.find(c);
  const bool plain = extras.mentions.empty() && extras.expires_after_ms == 0 && extras.burn_ms == 0;
  if (!plain || !follower_ || place == nullptr)
    return change(std::move(message), timeout_ms, std::move(then));
  message.client_seq = next_client_seq(c);
  event_view own;
  own.kind = message.kind;
  own.flags = message.mentions_all ? event_flags::mentions_all : 0;
  own.expires = message.expires_at;
  own.client_seq = message.client_seq;
  own.sender = place->self;
  own.reply_to = message.reply_to;
  own.thread = message.thread;
  call(message, c.value, timeout_ms,
       [this, c, own = std::move(own), kept = std::string(body),
        then = std::move(then)](const outcome<frame_view>& answer) mutable {
         const auto ok = effect_as<ok_answer>(answer);
         if (!ok) return then(ok.error());
         own.seq = ok->seq;
         own.time = ok->time;
         own.device = who_.device;
         own.body = kept;
         std::string bytes;
         append_event(bytes, own);
         follower_->on_event(c, own, bytes);
         then(receipt{ok->seq, ok->time});
       });
}

void session_core::typing(conversation_id c, bool stopped) {
  conclave::typing word;
  word.conversation = c;
  word.stopped = stopped;
  if (!ready_ || !within_bounds(word)) return;
  std::string frame;
  append_frame(frame, next_correlation(), word);
  reactor_.transmit(link_, frame);
}

void session_core::logout(std::uint64_t timeout_ms, std::function<void(status)> then) {
  logging_out_ = true;
  call(conclave::logout{}, 0, timeout_ms,
       [this, then = std::move(then)](const outcome<frame_view>& answer) {
         const auto word = answer_as<done_answer>(answer);
         if (word) logged_out_ = true;
         // An end for one of the reasons that follow a logout is its answer.
         if (logged_out_) return then(done{});
         logging_out_ = false;
         then(word.error());
       });
}

}  // namespace conclave::client
