/// Connections, frames and answers of one loop; see gateway.h.
#include "actors/gateway.h"

#include "actors/inline_rule.h"
#include "conf/log.h"
#include "net/flush_helper.h"

#include <thread>

namespace conclave::actors {

namespace {

constexpr std::chrono::milliseconds tick_every{500};
constexpr std::uint32_t overload_retry_ms = 100;
/// HELLO and LOGIN have one handshake_timeout each.
constexpr time_ms login_patience_ms = 2 * static_cast<time_ms>(limits::handshake_timeout.count());

net::loop_options loop_options_of(const gateway_shared& shared) {
  net::loop_options options;
  options.max_connections = shared.max_connections;
  options.io_uring = shared.io_uring;
  if (std::thread::hardware_concurrency() > 1)
    options.share_flush_from = net::flush_helper::worth_it_from;
  return options;
}

session& session_of(net::connection& c) {
  return *static_cast<session*>(c.user.get());
}

}  // namespace

gateway::gateway(std::uint8_t number, gateway_shared& shared)
    : shared_(shared),
      loop_(number, *this, loop_options_of(shared)),
      fanout_(loop_, online_, this, fanout_counters_) {}

void gateway::start() {
  loop_.after(tick_every, [this] { tick(); });
}

// -- connections
// -----------------------------------------------------------------------------------

void gateway::on_open(net::connection& c) {
  auto s = std::make_unique<session>(c);
  s->admin = c.tag() == admin_listener;
  s->login_by = shared_.time->boot() + login_patience_ms;
  c.user = std::move(s);
  c.set_max_frame(limits::max_frame_bytes_before_login);
  c.set_idle_timeout(static_cast<std::uint32_t>(limits::handshake_timeout.count()));
  if (!leaving_) return;
  c.send(error_frame(0, leaving_->code, {}, leaving_->reconnect_after_ms, way_for(session_of(c))));
  c.close(net::close_reason::by_us, true);
}

void gateway::on_close(net::connection& c, net::close_reason reason, const std::string& detail) {
  if (c.user != nullptr) {
    session& s = session_of(c);
    if (s.phase == session_phase::logging_in) logging_in_.remove(s);
    if (s.phase == session_phase::ready) {
      online_.remove(s);
      watched_presence_.forget(s);
      if (shared_.board.left(s.tenant, s.user, s.device)) announce_presence(s);
      counters_.sessions.fetch_sub(1, std::memory_order_relaxed);
    }
  }
  log::debug("gateway", "connection closed",
             {{"peer", c.peer()}, {"reason", net::name_of(reason)}, {"detail", detail}});
}

void gateway::on_drained(net::connection& c) {
  session& s = session_of(c);
  c.resume_reading();
  if (s.lagging) fanout_.pay_heads(s);
}

std::string_view gateway::way_for(const session& s) const {
  return leaving_ && !s.admin ? std::string_view(leaving_->leader) : std::string_view();
}

void gateway::drain(const farewell& word) {
  leaving_ = word;
  loop_.close_listeners();
  loop_.for_each([&](net::connection& c) {
    if (c.user == nullptr || c.closing()) return;
    const error_info& why = describe(word.code);
    session& s = session_of(c);
    answer_now(s, 0, goaway{why.code, why.text, word.reconnect_after_ms, way_for(s)});
  });
}

void gateway::stop() {
  {
    const std::lock_guard lock(stop_mutex_);
    stopped_ = true;
  }
  loop_.stop();
}

// -- frames in
// -------------------------------------------------------------------------------------

namespace {

/// Passwords and tokens: their handlers have copied what they need, and wipe that themselves.
constexpr bool carries_secret(frame_type type) {
  return type == frame_type::login || type == frame_type::login_password ||
         type == frame_type::change_password || type == frame_type::set_password;
}

}  // namespace

void gateway::on_frames(net::connection& c, std::span<const frame_view> frames) {
  session& s = session_of(c);
  for (const frame_view& frame : frames) {
    if (!c.closing()) on_frame(s, frame);
    if (carries_secret(frame.header.type)) net::wipe(frame);
  }
  if (c.closing()) return;
  if (c.above_high()) c.pause_reading();
}

void gateway::on_frame(session& s, const frame_view& frame) {
  counters_.requests.fetch_add(1, std::memory_order_relaxed);
  const frame_type type = frame.header.type;
  if (type == frame_type::ping) {
    if (s.phase == session_phase::greeting) return fail_connection(s, errc::unexpected_frame);
    return answer_now(s, frame.header.correlation, pong{shared_.ports->now()});
  }
  if (s.phase == session_phase::greeting) {
    if (type == frame_type::hello) return on_hello(s, frame);
    return fail_connection(s, errc::unexpected_frame, "HELLO comes first");
  }
  if (frame.header.correlation == 0)
    return fail_connection(s, errc::malformed, "a request's correlation is not 0");
  if (s.phase == session_phase::anonymous && type == frame_type::login) return on_login(s, frame);
  if (s.phase == session_phase::anonymous && type == frame_type::login_password)
    return on_login_password(s, frame);
  if (s.phase != session_phase::ready)
    return fail_connection(s, errc::not_authenticated, "LOGIN comes first");

  const request_handler handle = s.admin ? operator_request(type) : user_request(type);
  if (handle != nullptr) return (this->*handle)(s, frame);
  if (type == frame_type::hello || type == frame_type::login || type == frame_type::login_password)
    return fail_connection(s, errc::unexpected_frame);
  if (s.admin)
    return answer_error(s, frame.header.correlation, errc::unsupported,
                        "not a request of the admin listener");
  if (operator_request(type) != nullptr)
    return answer_error(s, frame.header.correlation, errc::forbidden,
                        "a request for the admin listener");
  answer_error(s, frame.header.correlation, errc::unsupported);
}

gateway::request_handler gateway::user_request(frame_type type) {
  switch (type) {
    case frame_type::send:
      return &gateway::on_send;
    case frame_type::history:
      return &gateway::on_history;
    case frame_type::create_conversation:
      return &gateway::on_create;
    case frame_type::add_members:
      return &gateway::on_add_members;
    case frame_type::add_external:
      return &gateway::on_add_external;
    case frame_type::remove_member:
      return &gateway::on_remove_member;
    case frame_type::list_conversations:
      return &gateway::on_list_conversations;
    case frame_type::list_members:
      return &gateway::on_list_members;
    case frame_type::resolve_users:
      return &gateway::on_resolve_users;
    case frame_type::renew_token:
      return &gateway::on_renew_token;
    case frame_type::logout:
      return &gateway::on_logout;
    case frame_type::list_devices:
      return &gateway::on_list_devices;
    case frame_type::end_device:
      return &gateway::on_end_device;
    case frame_type::change_password:
      return &gateway::on_change_password;
    case frame_type::inbox:
      return &gateway::on_inbox;
    case frame_type::set_conversation:
      return &gateway::on_set_conversation;
    case frame_type::edit:
      return &gateway::on_edit;
    case frame_type::recall:
      return &gateway::on_recall;
    case frame_type::react:
      return &gateway::on_react;
    case frame_type::pin:
      return &gateway::on_pin;
    case frame_type::forward:
      return &gateway::on_forward;
    case frame_type::mark_read:
      return &gateway::on_mark_read;
    case frame_type::open_burning:
      return &gateway::on_open;
    case frame_type::set_role:
      return &gateway::on_set_role;
    case frame_type::mute_member:
      return &gateway::on_mute_member;
    case frame_type::change_settings:
      return &gateway::on_change_settings;
    case frame_type::dissolve:
      return &gateway::on_dissolve;
    case frame_type::new_join_code:
      return &gateway::on_new_join_code;
    case frame_type::join:
      return &gateway::on_join;
    case frame_type::answer_join:
      return &gateway::on_answer_join;
    case frame_type::typing:
      return &gateway::on_typing;
    case frame_type::watch:
      return &gateway::on_watch;
    case frame_type::watch_presence:
      return &gateway::on_watch_presence;
    case frame_type::list_gone:
      return &gateway::on_list_gone;
    case frame_type::list_readers:
      return &gateway::on_list_readers;
    case frame_type::list_versions:
      return &gateway::on_list_versions;
    case frame_type::list_pins:
      return &gateway::on_list_pins;
    case frame_type::list_join_requests:
      return &gateway::on_list_join_requests;
    default:
      return nullptr;
  }
}

gateway::request_handler gateway::operator_request(frame_type type) {
  switch (type) {
    case frame_type::create_tenant:
      return &gateway::on_create_tenant;
    case frame_type::list_tenants:
      return &gateway::on_list_tenants;
    case frame_type::provision_users:
      return &gateway::on_provision;
    case frame_type::list_users:
      return &gateway::on_list_users;
    case frame_type::set_password:
      return &gateway::on_set_password;
    case frame_type::set_policy:
      return &gateway::on_set_policy;
    case frame_type::get_policy:
      return &gateway::on_get_policy;
    case frame_type::send_notice:
      return &gateway::on_send_notice;
    // His own devices, like anybody.
    case frame_type::list_devices:
    case frame_type::end_device:
    case frame_type::renew_token:
    case frame_type::logout:
      return user_request(type);
    default:
      return nullptr;
  }
}

void gateway::fail_connection(session& s, errc code, std::string_view detail) {
  s.connection->send(error_frame(0, code, detail));
  s.connection->close(net::close_reason::malformed, true);
}

void gateway::answer_error(session& s, std::uint64_t correlation, errc code,
                           std::string_view detail, std::uint32_t retry_after_ms) {
  s.connection->send(error_frame(correlation, code, detail, retry_after_ms));
}

/// What is read for one connection at a time, and what answers may add to its outbox, is bounded.
bool gateway::has_room(const session& s, request_cost cost) {
  if (cost == request_cost::opening)
    return s.open_reads + s.requests.count(cost) < limits::max_open_reads;
  return cost == request_cost::little || s.requests.count(cost) < limits::max_open_targets;
}

ticket gateway::admit(session& s, std::uint64_t correlation, std::size_t bytes, request_cost cost) {
  if (leaving_) {
    s.connection->send(error_frame(correlation, leaving_->code, {}, overload_retry_ms, way_for(s)));
    return {};
  }
  if (admitted_bytes_ + bytes > shared_.max_admitted_bytes) {
    answer_error(s, correlation, errc::overloaded, {}, overload_retry_ms);
    return {};
  }
  if (!within_policy(s, correlation)) return {};
  reply_address to;
  const time_ms deadline =
      shared_.time->boot() + static_cast<time_ms>(limits::answer_deadline.count());
  if (!has_room(s, cost) || !s.requests.take(correlation, deadline, cost, to)) {
    answer_error(s, correlation, errc::too_many_requests, {}, overload_retry_ms);
    return {};
  }
  if (s.user_usage != nullptr) {
    s.user_usage->open.fetch_add(1, std::memory_order_relaxed);
    s.tenant_usage->open.fetch_add(1, std::memory_order_relaxed);
  }
  to.connection = s.connection->id();
  to.admitted_bytes = static_cast<std::uint32_t>(bytes);
  admitted_bytes_ += bytes;
  counters_.open.fetch_add(1, std::memory_order_relaxed);
  return ticket(this, to);
}

/// Little work, nothing to flush, and a loop that sleeps half of its time: nobody else waits for
/// this thread.
bool gateway::runs_here() const {
  return !pending_.empty() && !loop_.has_output() && loop_.rests() &&
         runs_inline(pending_.size(), pending_.front().batch->requests);
}

void gateway::on_iteration_end() {
  directory& actors = *shared_.ports->actors;
  const bool here = runs_here();
  for (pending_batch& p : pending_) {
    conversation_work work{std::move(p.batch)};
    if (here)
      actors.deliver_and_run(p.entity, std::move(work), inline_runner_);
    else
      actors.deliver_to_conversation(p.entity, std::move(work));
  }
  pending_.clear();
  pending_at_.clear();
}

// -- answers out
// -----------------------------------------------------------------------------------

void gateway::post(std::vector<answer> answers) {
  loop_.post_brief([this, answers = std::move(answers)] {
    for (const answer& a : answers) give(a);
  });
}

void gateway::give(const answer& a) {
  admitted_bytes_ -= a.to.admitted_bytes;
  counters_.open.fetch_sub(1, std::memory_order_relaxed);
  net::connection* c = loop_.find(a.to.connection);
  if (c == nullptr || c->closing()) return;
  if (!session_of(*c).settle(a.to)) return;
  c->send(a.frame);
  note_renewed(session_of(*c), a);
  counters_.answers.fetch_add(1, std::memory_order_relaxed);
}

void gateway::post(std::shared_ptr<const delivery> news) {
  const bool brief = is_brief(*news);
  auto tell = [this, news = std::move(news)] { pass_on(*news); };
  if (brief)
    loop_.post_brief(std::move(tell));
  else
    loop_.post(std::move(tell));
}

void gateway::pass_on(const delivery& news) {
  std::uint64_t settled = 0;
  for (const delivery_part& part : news.parts) {
    for (const delivered_event& event : part.events) {
      if (event.port != this) continue;
      admitted_bytes_ -= event.origin.admitted_bytes;
      ++settled;
    }
  }
  counters_.open.fetch_sub(settled, std::memory_order_relaxed);
  fanout_.deliver(news);
  publish_counters();
}

void gateway::post(std::shared_ptr<const signal> news) {
  loop_.post(
      [this, news = std::move(news)] { fanout_.tell_watchers(*news, shared_.time->boot()); });
}

void gateway::post(std::shared_ptr<const head_hint> hint) {
  loop_.post([this, hint = std::move(hint)] {
    fanout_.hint(*hint);
    publish_counters();
  });
}

void gateway::post(std::shared_ptr<const user_news> news) {
  const std::lock_guard lock(stop_mutex_);
  if (stopped_) return;
  loop_.post([this, news = std::move(news)] {
    on_user_news(*news);
    publish_counters();
  });
}

void gateway::tick() {
  const time_ms now = shared_.time->boot();
  loop_.for_each([&](net::connection& c) {
    if (c.user == nullptr || c.closing()) return;
    session& s = session_of(c);
    end_overdue_login(s, now);
    s.requests.expire(now, [&](std::uint64_t correlation) {
      counters_.overdue.fetch_add(1, std::memory_order_relaxed);
      answer_error(s, correlation, errc::outcome_unknown);
    });
  });
  loop_.after(tick_every, [this] { tick(); });
}

void gateway::end_overdue_login(session& s, time_ms now) {
  if (s.phase == session_phase::ready || now < s.login_by) return;
  const error_info& why = describe(errc::handshake_timeout);
  answer_now(s, 0, goaway{why.code, why.text, 0});
  s.connection->close(net::close_reason::handshake_timeout, true);
}

/// The fan-out counts in plain numbers of the loop's thread; others read these copies.
void gateway::publish_counters() {
  counters_.fanout_answers.store(fanout_counters_.answers, std::memory_order_relaxed);
  counters_.pushes.store(fanout_counters_.pushes, std::memory_order_relaxed);
  counters_.heads_owed.store(fanout_counters_.heads_owed, std::memory_order_relaxed);
}

gateway_counters gateway::counters() const {
  gateway_counters c;
  c.sessions = counters_.sessions.load(std::memory_order_relaxed);
  c.requests = counters_.requests.load(std::memory_order_relaxed);
  c.rejected_logins = counters_.rejected_logins.load(std::memory_order_relaxed);
  c.overdue = counters_.overdue.load(std::memory_order_relaxed);
  c.open_requests = counters_.open.load(std::memory_order_relaxed);
  c.answers = counters_.answers.load(std::memory_order_relaxed) +
              counters_.fanout_answers.load(std::memory_order_relaxed);
  c.pushes = counters_.pushes.load(std::memory_order_relaxed);
  c.heads_owed = counters_.heads_owed.load(std::memory_order_relaxed);
  return c;
}

}  // namespace conclave::actors
