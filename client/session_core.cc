/// The life of a session: start -> connect_next -> on_ready -> (requests, events) -> on_closed ->
/// connect_later -> connect_next …, until finish().
#include "client/session_core.h"

#include "client/failures.h"
#include "conf/log.h"

#include <algorithm>
#include <utility>

namespace conclave::client {

namespace {

constexpr std::chrono::milliseconds tick_every{100};
constexpr std::uint64_t save_every_ms = 1'000;
constexpr std::chrono::milliseconds short_while{200};

std::uint64_t steady_ms() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(since).count());
}

std::uint64_t wall_us() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(since).count());
}

/// Codes after which no reconnect can help.
bool is_final(errc code) {
  switch (code) {
    case errc::invalid_token:
    case errc::not_authenticated:
    case errc::forbidden:
    case errc::unsupported_version:
    case errc::unexpected_frame:
    case errc::replaced:
      return true;
    default:
      return false;
  }
}

reactor_options reactor_options_of(const session_options& options) {
  reactor_options r;
  r.client_name = options.client_name;
  r.login_deadline = options.connect_timeout;
  return r;
}

}  // namespace

session_core::session_core(const session_options& options, std::vector<endpoint> servers,
                           std::shared_ptr<const net::tls_context> tls, session_state state,
                           session_events events, first_word first)
    : options_(options),
      servers_(std::move(servers)),
      tls_(std::move(tls)),
      state_(std::move(state)),
      events_(std::move(events)),
      first_(std::move(first)),
      random_(std::random_device{}()),
      reactor_(*this, reactor_options_of(options)) {}

void session_core::start() {
  connect_next();
  tick();
}

// -- connecting
// ------------------------------------------------------------------------------------

void session_core::connect_next() {
  if (ended_) return;
  const std::size_t index = next_server_++ % servers_.size();
  ++tried_;
  // Resolved each time: a name may move to another machine. This thread serves nobody else.
  auto server = resolve(servers_[index]);
  if (server) {
    link_ = reactor_.open(*server, tls_, options_.token, 0);
    return;
  }
  end_of_session end;
  end.reason = net::close_reason::connect_failed;
  end.detail = server.error().detail;
  on_closed(link_, end);
}

void session_core::connect_later(std::uint32_t at_least_ms) {
  const auto wait = patience_.next(random_(), std::chrono::milliseconds{at_least_ms});
  const std::uint64_t round = ++connect_round_;
  reactor_.after(wait, [this, round] {
    if (round == connect_round_) connect_next();
  });
}

void session_core::on_ready(session_ref, const logged_in& who, const welcome& node) {
  identity me{who.tenant, who.user, who.device, std::string(who.user_name),
              std::string(who.tenant_name)};
  if (!adopt(me)) {
    return finish(
        failure{errc::invalid_argument, "the state file belongs to another user than the token"});
  }
  ready_ = true;
  tried_ = 0;
  patience_.reset();
  // A reserve for reads that the follower makes: its requests go through the same queue.
  if (node.max_open_requests > 1) requests_.set_window(node.max_open_requests - 1);
  if (options_.follow && !follower_) {
    follower_ = std::make_unique<follower>(
        *this, state_, options_.start,
        [this](conversation_id c, const event_view& event) {
          if (events_.on_event) events_.on_event(c, event);
        },
        [this](std::function<void()> task) {
          reactor_.after(short_while, [this, task = std::move(task)] {
            if (!ended_) task();
          });
        });
  }
  say_first(done{});
  if (events_.on_link) events_.on_link(link_state::connected, {errc::ok, {}});
  if (follower_) follower_->on_ready(who_.user);
}

bool session_core::adopt(const identity& me) {
  who_ = me;
  const bool same_user = state_.tenant == me.tenant && state_.user == me.user;
  if (!state_.empty() && !same_user) return false;
  if (state_.device != me.device) {
    // The counters were another device's; the cursors are the user's all the same.
    for (auto& [id, at] : state_.conversations) at.client_seq = 0;
  }
  state_.tenant = me.tenant;
  state_.user = me.user;
  state_.device = me.device;
  return true;
}

void session_core::on_closed(session_ref, const end_of_session& end) {
  ready_ = false;
  requests_.on_disconnect([](waiting& w) { w.perhaps_done = true; });
  if (ended_) return;
  const failure why =
      end.code == errc::ok ? unreachable_because(end.detail) : failure{end.code, end.detail};
  if (is_final(end.code)) return finish(why);
  if (first_ && tried_ >= servers_.size()) return finish(why);
  if (end.was_ready && events_.on_link) events_.on_link(link_state::lost, why);
  if (tried_ != 0 && tried_ % servers_.size() != 0) return connect_next();
  connect_later(end.reconnect_after_ms);
}

void session_core::say_first(status word) {
  if (first_) std::exchange(first_, nullptr)(std::move(word));
}

void session_core::finish(const failure& why) {
  if (ended_) return;
  ended_ = true;
  ready_ = false;
  ++connect_round_;
  if (!options_.state_file.empty() && !state_.empty()) {
    const status saved = save();
    if (!saved) log::warn("client", saved.error().detail);
  }
  for (auto& [correlation, e] : requests_.expired(no_deadline)) {
    e.context.then(e.context.perhaps_done || e.context.transmitted
                       ? failure{errc::outcome_unknown, why.detail}
                       : why);
  }
  say_first(why);
  if (events_.on_link) events_.on_link(link_state::ended, why);
  reactor_.close(link_);
}

// -- requests
// --------------------------------------------------------------------------------------

std::uint64_t session_core::next_client_seq(conversation_id c) {
  std::uint64_t& highest = state_.conversations[c].client_seq;
  // The first one of this run starts at the clock; those after it simply count on.
  highest = std::max(highest + 1, counting_.insert(c).second ? wall_us() : 0);
  state_dirty_ = true;
  return highest;
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
    if (!reactor_.transmit(link_, e.frame)) return false;
    e.context.transmitted = true;
    return true;
  });
}

void session_core::on_answer(session_ref, std::uint64_t correlation, const frame_view& answer) {
  queue::entry* e = requests_.find(correlation);
  if (e == nullptr) return;  // given up at its deadline
  if (answer.header.type != frame_type::error) {
    auto taken = requests_.take(correlation);
    return taken->context.then(answer);
  }
  const auto error = decode<error_answer>(answer.payload);
  failure why = error ? failure{error->code, std::string(error->text)}
                      : failure{errc::malformed, "the node sent an ERROR that cannot be read"};
  // The class on the wire counts: a code of a later protocol is unknown here.
  const bool again = error && error->code != errc::resend_expired &&
                     (error->kind == error_class::retry || error->kind == error_class::unknown);
  if (!again) {
    auto taken = requests_.take(correlation);
    return taken->context.then(why);
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

void session_core::send_text(conversation_id c, std::string_view text, std::uint64_t timeout_ms,
                             std::function<void(outcome<receipt>)> then) {
  conclave::send message;
  message.conversation = c;
  message.client_seq = next_client_seq(c);
  message.body.data = text;
  const std::uint64_t client_seq = message.client_seq;
  // Kept for handing it out when the OK comes; not needed when nobody follows.
  std::string kept = options_.follow ? std::string(text) : std::string();
  call(message, c.value, timeout_ms,
       [this, c, client_seq, body = std::move(kept),
        then = std::move(then)](const outcome<frame_view>& answer) {
         const auto ok = answer_as<ok_answer>(answer);
         if (!ok) return then(ok.error());
         if (follower_) {
           event_view own;
           own.seq = ok->seq;
           own.kind = event_kind::text;
           own.sender = who_.user;
           own.device = who_.device;
           own.time = ok->time;
           own.client_seq = client_seq;
           own.body = body;
           std::string bytes;
           append_event(bytes, own);
           follower_->on_event(c, own, bytes);
         }
         then(receipt{ok->seq, ok->time});
       });
}

// -- events and state
// ------------------------------------------------------------------------------

void session_core::on_event(session_ref, conversation_id c, const event_view& event,
                            std::string_view bytes) {
  if (follower_) follower_->on_event(c, event, bytes);
}

void session_core::on_head(session_ref, conversation_id c, event_seq head) {
  if (follower_) follower_->on_head(c, head);
}

void session_core::when_caught_up(std::function<void()> then) {
  if (follower_) return follower_->when_caught_up(std::move(then));
  then();
}

status session_core::save() {
  if (options_.state_file.empty()) {
    return failure{errc::invalid_argument, "the session has no state file"};
  }
  if (state_.empty()) return failure{errc::not_authenticated, "nobody has logged in yet"};
  state_dirty_ = false;
  saved_ms_ = steady_ms();
  return save_state(options_.state_file, state_);
}

void session_core::tick() {
  if (ended_) return;
  expire();
  pump();
  if (follower_ && follower_->take_dirty()) state_dirty_ = true;
  if (state_dirty_ && !options_.state_file.empty() && steady_ms() - saved_ms_ >= save_every_ms) {
    const status saved = save();
    if (!saved) log::warn("client", saved.error().detail);
  }
  reactor_.after(tick_every, [this] { tick(); });
}

}  // namespace conclave::client
