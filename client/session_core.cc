/// The life of a session: start -> connect_next -> on_ready -> (requests, events) -> on_closed ->
/// connect_later -> connect_next …, until finish(). What goes out in requests is in
/// session_requests.cc.
#include "client/session_core.h"

#include "client/failures.h"
#include "client/renewal.h"
#include "client/session_clock.h"
#include "conf/log.h"

#include <algorithm>
#include <utility>

namespace conclave::client {

namespace {

constexpr std::chrono::milliseconds tick_every{100};
constexpr std::uint64_t save_every_ms = 1'000;
constexpr std::chrono::milliseconds short_while{200};

constexpr std::uint64_t renew_again_ms = 3'600'000;

/// Nodes that disagree about who leads need time, not visitors.
constexpr std::uint32_t confused_wait_ms = 1'000;

/// A node that asks for more time than this between itself and the next one is not waited for.
constexpr std::uint64_t longest_spread_ms = 2'000;

/// Codes after which no reconnect can help.
bool is_final(errc code) {
  switch (code) {
    case errc::invalid_token:
    case errc::wrong_credentials:
    case errc::not_authenticated:
    case errc::forbidden:
    case errc::unsupported_version:
    case errc::unexpected_frame:
    case errc::replaced:
    case errc::kicked:
    case errc::device_ended:
    case errc::logged_out:
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
      places_(*this),
      marks_(*this),
      watches_(*this,
               [this](user_id user, bool online) {
                 if (events_.on_presence) events_.on_presence(user, online);
               }),
      token_(options.token),
      login_op_id_(options.login_op_id != 0 ? options.login_op_id : random_()),
      reactor_(*this, reactor_options_of(options)) {}

void session_core::start() {
  settle_by_ms_ = steady_ms() + static_cast<std::uint64_t>(options_.connect_timeout.count());
  connect_next();
  tick();
}

// -- connecting
// ------------------------------------------------------------------------------------

void session_core::connect_next() {
  if (ended_) return;
  // Resolved each time: a name may move to another machine. This thread serves nobody else.
  auto server = resolve(servers_.take());
  if (server && !token_.empty()) {
    link_ = reactor_.open(*server, tls_, token_, 0);
    return;
  }
  if (server) {
    login_password proof;
    proof.op_id = login_op_id_;
    proof.tenant_name = options_.tenant;
    proof.user_name = options_.user;
    proof.password = options_.password;
    proof.kind = options_.device;
    proof.device_name = options_.device_name;
    link_ = reactor_.open(*server, tls_, proof, 0);
    return;
  }
  end_of_session end;
  end.reason = net::close_reason::connect_failed;
  end.detail = server.error().detail;
  on_closed(link_, end);
}

void session_core::connect_later(std::uint32_t at_least_ms) {
  connect_after(patience_.next(random_(), std::chrono::milliseconds{at_least_ms}));
}

void session_core::connect_after(std::chrono::milliseconds wait) {
  const std::uint64_t round = ++connect_round_;
  reactor_.after(wait, [this, round] {
    if (round == connect_round_) connect_next();
  });
}

void session_core::on_ready(session_ref, const logged_in& who, const welcome& node) {
  identity me{who.tenant,
              who.user,
              who.device,
              std::string(who.user_name),
              std::string(who.tenant_name),
              std::string(who.token),
              who.renew_by};
  if (!adopt(me)) {
    return finish(
        failure{errc::invalid_argument, "the state file belongs to another user than the token"});
  }
  if (node.time != 0) {
    clock_ahead_ms_ =
        static_cast<std::int64_t>(node.time) - static_cast<std::int64_t>(wall_us() / 1000);
  }
  ready_ = true;
  elsewhere_ = false;
  servers_.on_ready(steady_ms());
  patience_.ease();
  // A reserve for what goes out beside the queue (typing).
  if (node.max_open_requests > 8) requests_.set_window(node.max_open_requests - 8);
  if (!who.token.empty()) take_new_token(who);
  renew_later(who.renew_by, !who.token.empty());
  places_.on_ready(who_.user);
  if (options_.follow) follow();
  say_first(done{});
  if (events_.on_link) events_.on_link(link_state::connected, {errc::ok, {}});
  if (inbox_) inbox_->on_ready(who.inbox_head);
  if (follower_) follower_->on_ready();
  watches_.on_ready(steady_ms());
}

void session_core::take_new_token(const logged_in& who) {
  token_ = who.token;
  own_token_ = true;
  options_.password.clear();
  login_in_doubt_ = false;
  if (!events_.on_token) return;
  const status stored = events_.on_token(token_, who.renew_by);
  if (!stored) log::warn("client", stored.error().detail);
}

void session_core::follow() {
  const follower::later later = [this](std::function<void()> task) {
    reactor_.after(short_while, [this, task = std::move(task)] {
      if (!ended_) task();
    });
  };
  if (!follower_) {
    follower_ = std::make_unique<follower>(
        *this, places_, state_, options_.start,
        [this](conversation_id c, const event_view& event) {
          if (events_.on_event) events_.on_event(c, event);
        },
        events_.on_gone, later);
  }
  if (!inbox_ && events_.on_inbox) {
    inbox_ = std::make_unique<inbox_follower>(
        *this, state_, options_.start, events_.on_inbox,
        [this] {
          follower_->relist();
          if (events_.on_inbox_lost) events_.on_inbox_lost();
        },
        later);
  }
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
  if (logged_out_) return finish({errc::logged_out, "this device logged out"});
  if (is_final(end.code)) return finish(why);
  if (end.was_ready && events_.on_link) events_.on_link(link_state::lost, why);
  if (end.code == errc::not_leading) elsewhere_ = true;
  note_doubt(end);
  const auto step = servers_.on_closed(end.was_ready, end.leader, steady_ms());
  if (step == server_list::step::next) return connect_next();
  if (step == server_list::step::follow) {
    // Everybody who was in is sent on at the same moment: they spread over the time that was given.
    if (!end.was_ready || end.reconnect_after_ms == 0) return connect_next();
    const std::uint64_t most_ms =
        std::min<std::uint64_t>(end.reconnect_after_ms, longest_spread_ms);
    return connect_after(std::chrono::milliseconds{random_() % most_ms});
  }
  if (first_ && !try_first_again()) {
    if (login_in_doubt_) {
      return finish({errc::outcome_unknown,
                     "no answer to the login; it may have made a device (" + why.detail + ")"});
    }
    if (elsewhere_) {
      return finish({errc::not_leading, "none of the servers leads just now (" + why.detail + ")"});
    }
    return finish(why);
  }
  const bool confused = step == server_list::step::confused;
  connect_later(std::max(end.reconnect_after_ms, confused ? confused_wait_ms : 0));
}

/// The same op_id gives the same device, so asking again is safe, and the only way to know.
void session_core::note_doubt(const end_of_session& end) {
  if (!token_.empty() || !end.login_sent || end.code != errc::ok || login_in_doubt_) return;
  login_in_doubt_ = true;
  give_up_ms_ = steady_ms() + static_cast<std::uint64_t>(options_.connect_timeout.count());
}

bool session_core::try_first_again() const {
  if (login_in_doubt_) return steady_ms() < give_up_ms_;
  // A cluster that has just lost its leader has another one within seconds.
  return elsewhere_ && steady_ms() < settle_by_ms_;
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
  if (logging_out_) {
    logged_out_ = why.code == errc::logged_out || why.code == errc::device_ended ||
                  why.code == errc::invalid_token;
  }
  // What was saved is how far the program has heard: nothing of what follows is news.
  if (follower_) follower_->end();
  for (auto& [correlation, e] : requests_.expired(no_deadline)) {
    e.context.then(e.context.perhaps_done || e.context.transmitted
                       ? failure{errc::outcome_unknown, why.detail}
                       : why);
  }
  say_first(why);
  if (events_.on_link) events_.on_link(link_state::ended, why);
  reactor_.close(link_);
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

void session_core::on_inbox_entry(session_ref, const inbox_entry& entry) {
  if (inbox_) inbox_->on_entry(entry);
}

void session_core::on_inbox_head(session_ref, std::uint64_t head) {
  if (inbox_) inbox_->on_head(head);
}

void session_core::on_typing(session_ref, const typing_push& push) {
  if (events_.on_typing) events_.on_typing(push.conversation, push.user, push.stopped);
}

void session_core::on_read_by(session_ref, const read_by_push& push) {
  if (events_.on_read_by) events_.on_read_by(push.conversation, push.user, push.seq);
}

void session_core::on_presence(session_ref, const presence_push& push) {
  watches_.on_presence(push.user, push.online);
}

void session_core::when_caught_up(std::function<void()> then) {
  std::function<void()> conversations = [this, then = std::move(then)] {
    if (follower_) return follower_->when_caught_up(then);
    then();
  };
  if (inbox_) return inbox_->when_caught_up(std::move(conversations));
  conversations();
}

void session_core::renew_later(time_ms renew_by, bool fresh) {
  // What was settled when this session got the token holds over reconnects.
  if (!fresh && own_token_ && renew_at_ms_ != no_deadline) return;
  renew_at_ms_ = no_deadline;
  if (renew_by == 0 || !events_.on_token) return;
  renew_at_ms_ =
      std::max(steady_ms() + renew_after_ms(renew_by, node_time(), fresh), renew_not_before_ms_);
  if (!fresh) renew_if_due();
}

void session_core::renew_if_due() {
  if (steady_ms() < renew_at_ms_ || !ready_) return;
  renew_at_ms_ = no_deadline;
  renew_token([](const outcome<renewed_token>&) {});
}

void session_core::renew_token(std::function<void(outcome<renewed_token>)> then) {
  renewing_.push_back(std::move(then));
  if (renewing_.size() > 1) return;  // one is under way: its answer is for all
  const auto timeout_ms = static_cast<std::uint64_t>(options_.request_timeout.count());
  call(conclave::renew_token{}, 0, timeout_ms,
       [this](const outcome<frame_view>& answer) { take_renewed(answer); });
}

void session_core::take_renewed(const outcome<frame_view>& answer) {
  const auto fresh = answer_as<token_renewed>(answer);
  // The node takes what it gave for what the device holds, and at the next renewal the token before
  // it is worth nothing. Only a new login with the one that is held here tells it better.
  bool misunderstood = !fresh && fresh.error().code == errc::outcome_unknown;
  outcome<renewed_token> result =
      fresh ? outcome<renewed_token>(renewed_token{std::string(fresh->token), fresh->renew_by})
            : outcome<renewed_token>(fresh.error());
  if (fresh && events_.on_token) {
    const status stored = events_.on_token(result->token, fresh->renew_by);
    if (stored) {
      // Only now: whoever starts again from what is stored must not find an old one.
      token_ = result->token;
      own_token_ = true;
      renew_later(fresh->renew_by, true);
    } else {
      log::warn("client", stored.error().detail);
      misunderstood = true;
      result = stored.error();  // it is not to be used
    }
  }
  if (misunderstood && !ended_) {
    renew_not_before_ms_ = steady_ms() + renew_again_ms;
    reactor_.close(link_);
  }
  if (renew_at_ms_ == no_deadline && who_.renew_by != 0 && events_.on_token && !ended_) {
    renew_at_ms_ = steady_ms() + renew_again_ms;
  }
  for (auto& then : std::exchange(renewing_, {})) then(result);
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

/// An answer may take its time, a node that is there says so at once.
void session_core::doubt() {
  const std::uint64_t now = steady_ms();
  // What is still to be written waits for a slow line; the ordinary PING judges that.
  if (!ready_ || requests_.under_way() == 0 || reactor_.outbox_bytes(link_) != 0) {
    answered_ms_ = now;
  } else if (now - answered_ms_ >= static_cast<std::uint64_t>(options_.doubt_after.count())) {
    reactor_.probe(link_, options_.doubt_after);
  }
}

void session_core::tick() {
  if (ended_) return;
  expire();
  pump();
  doubt();
  const std::uint64_t now = steady_ms();
  watches_.tick(now);
  renew_if_due();
  if (follower_ && follower_->take_dirty()) state_dirty_ = true;
  if (inbox_ && inbox_->take_dirty()) state_dirty_ = true;
  if (state_dirty_ && !options_.state_file.empty() && now - saved_ms_ >= save_every_ms) {
    const status saved = save();
    if (!saved) log::warn("client", saved.error().detail);
  }
  reactor_.after(tick_every, [this] { tick(); });
}

}  // namespace conclave::client
