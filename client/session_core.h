/// What a session does on its loop's thread: keeps one connection to one of the servers
/// (server_list says which), reconnects with jittered back-off, resends what is unanswered with the
/// same keys, and lets a follower keep the conversations complete.
///
/// Owned by session::impl; everything runs on the reactor's thread, except post() and stop() of the
/// reactor. A session ends for good when its token or password is refused, when another login
/// replaces or kicks it, when its device is ended or logged out, or when it is stopped; every open
/// request then gets its failure.
#pragma once

#include "client/caller.h"
#include "client/follower.h"
#include "client/inbox_follower.h"
#include "client/places.h"
#include "client/reactor.h"
#include "client/read_marks.h"
#include "client/resend_queue.h"
#include "client/results.h"
#include "client/server_list.h"
#include "client/session.h"
#include "client/state_file.h"
#include "client/watcher.h"

#include <atomic>
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
  std::uint64_t next_notice_number();
  std::uint64_t random() { return random_(); }

  /// The node's clock; any thread.
  time_ms node_time() const;

  /// A request that makes an event in `c`. An own message is handed out like any other event, in
  /// its place, when what the node makes of it is certain; other own events are fetched.
  void send_message(conversation_id c, std::string_view body, const message_extras& extras,
                    std::uint64_t timeout_ms, std::function<void(outcome<receipt>)> then);
  template <class Message>
  void change(Message message, std::uint64_t timeout_ms,
              std::function<void(outcome<receipt>)> then) {
    message.client_seq = next_client_seq(message.conversation);
    const conversation_id c = message.conversation;
    call(message, c.value, timeout_ms,
         [this, c, then = std::move(then)](const outcome<frame_view>& answer) {
           const auto ok = effect_as<ok_answer>(answer);
           if (ok && follower_) follower_->on_own_seq(c, ok->seq);
           then(ok ? outcome<receipt>(receipt{ok->seq, ok->time}) : outcome<receipt>(ok.error()));
         });
  }

  /// A request without a key, whose resend is answered `once_done` when the first one was done:
  /// that answer is no proof then, and becomes outcome_unknown.
  template <class Message>
  void call_keyless(const Message& message, errc once_done, std::uint64_t timeout_ms,
                    answered then) {
    const std::uint64_t before = last_correlation_;
    call(message, 0, timeout_ms, std::move(then));
    if (last_correlation_ == before) return;  // not fit to be sent
    if (auto* e = requests_.find(last_correlation_)) e->context.once_done = once_done;
  }

  /// The event of seq 1 of a conversation that an own request has founded.
  void on_founded(conversation_id c) {
    places_.learn_own(c);
    if (follower_) follower_->on_own_seq(c, event_seq{1});
  }

  void renew_token(std::function<void(outcome<renewed_token>)> then);
  void logout(std::uint64_t timeout_ms, std::function<void(status)> then);
  void typing(conversation_id c, bool stopped);
  read_marks& marks() { return marks_; }
  watcher& watches() { return watches_; }
  places& whereabouts() { return places_; }

  /// Of several who ask, only the last is told.
  void when_caught_up(std::function<void()> then);
  status save();

 private:
  struct waiting {
    answered then;
    bool transmitted = false;
    bool perhaps_done = false;
    errc once_done = errc::ok;   // see call_keyless
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
  void on_inbox_entry(session_ref s, const inbox_entry& entry) override;
  void on_inbox_head(session_ref s, std::uint64_t head) override;
  void on_typing(session_ref s, const typing_push& push) override;
  void on_read_by(session_ref s, const read_by_push& push) override;
  void on_presence(session_ref s, const presence_push& push) override;
  void on_answer(session_ref s, std::uint64_t correlation, const frame_view& answer) override;
  void on_closed(session_ref s, const end_of_session& end) override;
  void on_iteration_end() override { pump(); }

  void connect_next();
  void connect_later(std::uint32_t at_least_ms);
  void connect_after(std::chrono::milliseconds wait);
  /// No server has let the first login in: is it worth another round?
  bool try_first_again() const;
  void note_doubt(const end_of_session& end);
  bool adopt(const identity& who);
  void take_new_token(const logged_in& who);
  void follow();
  void renew_later(time_ms renew_by, bool fresh);
  void renew_if_due();
  void take_renewed(const outcome<frame_view>& answer);
  void pump();
  void expire();
  void doubt();
  void tick();
  void say_first(status word);

  session_options options_;
  server_list servers_;
  std::shared_ptr<const net::tls_context> tls_;
  session_state state_;
  session_events events_;
  first_word first_;
  identity who_;
  std::mt19937_64 random_;
  std::uint64_t last_correlation_ = 0;
  queue requests_;
  places places_;
  std::unique_ptr<follower> follower_;
  std::unique_ptr<inbox_follower> inbox_;
  read_marks marks_;
  watcher watches_;
  std::unordered_set<conversation_id> counting_;  // conversations that have counted in this run
  session_ref link_;
  std::uint64_t answered_ms_ = 0;  // when the last answer came, or nothing was open
  bool ready_ = false;
  bool ended_ = false;
  bool state_dirty_ = false;
  std::string token_;
  bool own_token_ = false;  // this session has got it itself
  std::uint64_t login_op_id_ = 0;
  bool login_in_doubt_ = false;   // a password went out and nothing came back
  std::uint64_t give_up_ms_ = 0;  // a login by password is not tried again after it
  bool logging_out_ = false;
  bool logged_out_ = false;
  std::uint64_t renew_at_ms_ = no_deadline;  // on the steady clock
  std::uint64_t renew_not_before_ms_ = 0;    // by itself; after one that was not stored
  std::vector<std::function<void(outcome<renewed_token>)>> renewing_;
  std::uint64_t notice_number_ = 0;
  std::atomic<std::int64_t> clock_ahead_ms_{0};  // the node's clock less ours
  bool elsewhere_ = false;          // a node has said that it does not lead, since the last login
  std::uint64_t settle_by_ms_ = 0;  // the first login may wait so long for somebody to lead
  std::uint64_t connect_round_ = 0;
  std::uint64_t saved_ms_ = 0;
  backoff patience_;
  reactor reactor_;  // last: its end reports closes into the members above
};

}  // namespace conclave::client
