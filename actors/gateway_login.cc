/// HELLO and LOGIN: from a stranger to a session, and what ends sessions again; see gateway.h. The
/// token is checked on the reader pool (login_check.h), everything else is the loop's.
///
/// A device may end while its token is being looked at. The loop hears of the end after the commit
/// (user_news.h), as posted work like the outcome of the look. Whichever comes first, the session
/// is found: among those logging in, and is refused, or among those online, and is sent away.
#include "actors/gateway.h"
#include "conf/log.h"
#include "schemas/session_messages.h"

#include <algorithm>
#include <utility>

namespace conclave::actors {

namespace {

constexpr std::uint32_t overload_retry_ms = 1000;

/// Orders that a login gives to its user's registrar and does not wait for.
template <class Order>
void order_user(const engine_ports& ports, tenant_id tenant, user_id user, Order order) {
  auto request = std::make_shared<registrar_request>();
  request->order = std::move(order);
  ports.actors->deliver_to_registrar(entity_ref{entity_kind::user, tenant, user.value},
                                     registrar_work{std::move(request)});
}

/// The rows say what the token is worth; what follows from it is the user's registrar's to write.
outcome<login_result> judge_token(const storage::store& store, const engine_ports& ports,
                                  const crypto::token_parts& token) {
  token_verdict verdict = check_token(store, ports, token);
  if (verdict.stolen)
    order_user(
        ports, token.tenant, token.user,
        end_device_order{token.device, {}, errc::invalid_token, crypto::token_hash(token.secret)});
  if (verdict.who.ok() && verdict.who->former_is_over)
    order_user(ports, token.tenant, token.user,
               former_over_order{token.device, verdict.who->token_hash});
  return std::move(verdict.who);
}

}  // namespace

void gateway::on_hello(session& s, const frame_view& frame) {
  const auto message = decode<hello>(frame.payload);
  if (!message.ok()) return fail_connection(s, message.error().code, message.error().detail);
  if (message->min_version > protocol_version || message->max_version < protocol_version)
    return fail_connection(s, errc::unsupported_version, "this node speaks version 1");
  s.phase = session_phase::anonymous;
  welcome answer;
  answer.time = shared_.ports->now();  // what the times in events are reckoned by
  answer.max_frame_bytes = limits::max_frame_bytes;
  answer.max_body_bytes = limits::max_body_bytes;
  answer.max_open_requests = static_cast<std::uint32_t>(limits::max_open_requests);
  answer.idle_timeout_ms = shared_.idle_timeout_ms;
  answer.node = shared_.node_name;
  answer_now(s, frame.header.correlation, answer);
}

void gateway::on_login(session& s, const frame_view& frame) {
  const auto message = decode<login>(frame.payload);
  if (!message.ok()) return fail_connection(s, message.error().code, message.error().detail);
  const auto token = crypto::parse_token(message->token);
  const std::uint64_t correlation = frame.header.correlation;
  const net::connection_id id = s.connection->id();
  s.phase = session_phase::logging_in;
  if (!token.ok() || (token->tenant == system_tenant) != s.admin)
    return finish_login(id, correlation, failure{errc::invalid_token, {}});
  // From here on the news of this user reach the session, so that it is not let in by what the
  // reader pool saw of a device that has ended since.
  s.tenant = token->tenant;
  s.user = token->user;
  s.device = token->device;
  s.token_hash = crypto::token_hash(token->secret);
  logging_in_.add(s);
  const bool taken = shared_.ports->on_reader([this, id, correlation, token = *token] {
    auto who = judge_token(*shared_.store, *shared_.ports, token);
    loop_.post([this, id, correlation, who = std::move(who)] {
      if (!who.ok()) return finish_login(id, correlation, who.error());
      finish_login(id, correlation, *who);
    });
  });
  if (!taken) finish_login(id, correlation, failure{errc::overloaded, {}}, overload_retry_ms);
}

void gateway::finish_login(net::connection_id id, std::uint64_t correlation, const failure& why,
                           std::uint32_t retry_after_ms) {
  net::connection* c = loop_.find(id);
  if (c == nullptr || c->closing()) return;
  session& s = *static_cast<session*>(c->user.get());
  logging_in_.remove(s);
  counters_.rejected_logins.fetch_add(1, std::memory_order_relaxed);
  log::warn("gateway", "login refused", {{"peer", c->peer()}, {"why", name_of(why.code)}});
  answer_error(s, correlation, why.code, {}, retry_after_ms);
  c->close(net::close_reason::by_us, true);
}

void gateway::finish_login(net::connection_id id, std::uint64_t correlation,
                           const login_result& who) {
  net::connection* c = loop_.find(id);
  if (c == nullptr || c->closing()) return;
  session& s = *static_cast<session*>(c->user.get());
  if (s.ended) return finish_login(id, correlation, failure{errc::invalid_token, {}});
  logging_in_.remove(s);
  s.tenant = who.tenant;
  s.user = who.user;
  s.device = who.device;
  s.kind = who.kind;
  s.account = who.tenant_name + '/' + who.user_name;
  s.token_hash = who.token_hash;
  s.login_number = shared_.logins.fetch_add(1) + 1;
  s.phase = session_phase::ready;
  c->set_max_frame(limits::max_frame_bytes);
  c->set_idle_timeout(shared_.idle_timeout_ms);
  logged_in answer;
  answer.tenant = who.tenant;
  answer.user = who.user;
  answer.device = who.device;
  answer.user_name = who.user_name;
  answer.tenant_name = who.tenant_name;
  answer.token = who.token;
  answer.renew_by = who.renew_by;
  answer.inbox_head = std::max(who.inbox_head, std::exchange(s.owed_inbox_head, 0));
  answer_now(s, correlation, answer);
  s.links = with_links(s.links, who.links);
  s.logged_in_at = std::chrono::steady_clock::now();
  online_.add(s);
  if (!s.admin) {
    const time_ms now = shared_.time->boot();
    s.user_usage = shared_.usages.of({s.tenant, s.user}, now);
    s.tenant_usage = shared_.usages.of({s.tenant}, now);
  }
  if (shared_.board.came(s.tenant, s.user, s.device)) announce_presence(s);
  counters_.sessions.fetch_add(1, std::memory_order_relaxed);
  // Every loop ends older connections, and a race between two logins leaves the one with the higher
  // number: each is counted and stands in online_ before anything else runs on its loop.
  login_note note{s.tenant,       s.user,        s.device,       s.kind,
                  s.login_number, who.exclusive, who.device_name};
  for (gateway* other : shared_.gateways) {
    if (other == this)
      end_older(note);
    else
      other->loop().post([other, note] { other->end_older(note); });
  }
}

void gateway::end_older(const login_note& login) {
  const auto* sessions = online_.of(login.tenant, login.user);
  if (sessions == nullptr) return;
  for (session* s : *sessions) {
    if (s->login_number >= login.number) continue;
    if (s->device == login.device)
      end_session(*s, errc::replaced, {});
    else if (login.exclusive && s->kind == login.kind)
      end_session(*s, errc::kicked,
                  "Another device of the same kind logged in: " + login.device_name);
  }
}

void gateway::end_session(session& s, errc why, std::string_view text) {
  if (s.connection->closing()) return;
  const error_info& info = describe(why);
  answer_now(s, 0, goaway{info.code, text.empty() ? info.text : text, 0});
  s.connection->close(net::close_reason::by_us, true);
}

void gateway::on_user_news(const user_news& news) {
  fanout_.tell(news);
  const auto hit_by = [](const session& s, const user_news::ended_device& end) {
    return s.device == end.device && (end.only_token.empty() || s.token_hash == end.only_token);
  };
  if (const auto* strangers = logging_in_.of(news.tenant, news.user)) {
    for (session* s : *strangers) {
      s->owed_inbox_head = std::max(s->owed_inbox_head, news.inbox_head);
      s->links = with_links(s->links, news.links);
      for (const auto& end : news.ended) s->ended = s->ended || hit_by(*s, end);
    }
  }
  const auto* sessions = online_.of(news.tenant, news.user);
  if (sessions == nullptr) return;
  if (!news.links.empty())
    for (session* s : std::vector(*sessions)) online_.add_links(*s, news.links);
  for (session* s : *sessions)
    for (const auto& end : news.ended)
      if (hit_by(*s, end)) end_session(*s, end.why, {});
}

}  // namespace conclave::actors
