/// What a session does on its loop's thread: keeps one connection to one of the servers, reconnects
/// with jittered back-off, resends what is unanswered with the same keys, and lets a follower keep
/// the conversations complete.
///
/// Owned by session::impl; everything runs on the reactor's thread, except post() and stop() of the
/// reactor. A session ends for good when its token is refused, when another connection of the same
/// device replaces it, or when it is stopped; every open request then gets its failure.
#pragma once

#include "client/caller.h"
#include "client/follower.h"
#include "client/reactor.h"
#include "client/resend_queue.h"
#include "client/results.h"
#include "client/session.h"
#include "client/state_file.h"

#include <chrono>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <unordered_set>
#include <vector>

namespace conclave::client {

class session_core final : public caller, private reactor_handler {
 public:
  /// Called once: logged in for the first time, or why that cannot be.
  using first_word = std::function<void(status)>;

  session_core(const session_options& options, std::vector<endpoint> servers,
               std::shared_ptr<const net::tls_context> tls, session_state state,
               session_events events, first_word first);

  reactor& loop() { return reactor_; }
  const session_state& state() const { return state_; }
  const identity& who() const { return who_; }

  /// Begins to connect; called on the loop's thread.
  void start();

  /// Ends the session: open requests fail, the state is saved, the connection is closed.
  void finish(const failure& why);

  /// The next client_seq of a conversation: above all used before, and never below the clock.
  std::uint64_t next_client_seq(conversation_id c);
  std::uint64_t random() { return random_(); }

  /// A request that makes an event in `c`. An own text is handed out like any other event, in its
  /// place; other own events are fetched, because their content is the node's decision.
  void send_text(conversation_id c, std::string_view text, std::uint64_t timeout_ms,
                 std::function<void(outcome<receipt>)> then);
  template <class Message>
  void change(Message message, std::uint64_t timeout_ms,
              std::function<void(outcome<receipt>)> then) {
    message.client_seq = next_client_seq(message.conversation);
    const conversation_id c = message.conversation;
    call(message, c.value, timeout_ms,
         [this, c, then = std::move(then)](const outcome<frame_view>& answer) {
           const auto ok = answer_as<ok_answer>(answer);
           if (ok && follower_) follower_->on_own_seq(c, ok->seq);
           then(ok ? outcome<receipt>(receipt{ok->seq, ok->time}) : outcome<receipt>(ok.error()));
         });
  }

  void when_caught_up(std::function<void()> then);
  status save();

 private:
  struct waiting {
    answered then;
    bool transmitted = false;
    bool perhaps_done = false;
    failure last{errc::ok, {}};  // the latest `retry` or `unknown`; errc::ok: none
  };
  using queue = resend_queue<waiting>;

  std::uint64_t next_correlation() override { return ++last_correlation_; }
  void enqueue(std::uint64_t correlation, std::string frame, std::uint64_t lane,
               std::uint64_t timeout_ms, answered then) override;

  void on_ready(session_ref s, const logged_in& who, const welcome& node) override;
  void on_event(session_ref s, conversation_id c, const event_view& event,
                std::string_view bytes) override;
  void on_head(session_ref s, conversation_id c, event_seq head) override;
  void on_answer(session_ref s, std::uint64_t correlation, const frame_view& answer) override;
  void on_closed(session_ref s, const end_of_session& end) override;
  void on_iteration_end() override { pump(); }

  void connect_next();
  void connect_later(std::uint32_t at_least_ms);
  bool adopt(const identity& who);
  void pump();
  void expire();
  void tick();
  void say_first(status word);

  session_options options_;
  std::vector<endpoint> servers_;
  std::shared_ptr<const net::tls_context> tls_;
  session_state state_;
  session_events events_;
  first_word first_;
  identity who_;
  std::mt19937_64 random_;
  std::uint64_t last_correlation_ = 0;
  queue requests_;
  std::unique_ptr<follower> follower_;
  std::unordered_set<conversation_id> counting_;  // conversations that have counted in this run
  session_ref link_;
  bool ready_ = false;
  bool ended_ = false;
  bool state_dirty_ = false;
  std::size_t tried_ = 0;  // servers tried since the last login
  std::size_t next_server_ = 0;
  std::uint64_t connect_round_ = 0;
  std::uint64_t saved_ms_ = 0;
  backoff patience_;
  reactor reactor_;  // last: its end reports closes into the members above
};

}  // namespace conclave::client
