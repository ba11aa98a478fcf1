/// HELLO and LOGIN: from a stranger to a session; see gateway.h. The token is checked on the reader
/// pool against the device's row; the failures of an unknown tenant, user or device and of a wrong
/// secret are one and the same to the asker.
#include "actors/gateway.h"
#include "conf/log.h"
#include "crypto/digest.h"
#include "crypto/token.h"
#include "schemas/session_messages.h"
#include "storage/reads.h"

#include <algorithm>

namespace conclave::actors {

namespace {

struct identity {
  tenant_id tenant{};
  user_id user{};
  device_id device{};
  std::string user_name;
  std::string tenant_name;
};

outcome<identity> check_token(const storage::store& store, const shard_map& shards,
                              const crypto::token_parts& token) {
  identity who{token.tenant, token.user, token.device, {}, "system"};
  const auto home = store.view(shards.home_of(token.tenant));
  const auto device = storage::get_device(home, token.tenant, token.user, token.device);
  // The hash is computed and compared whatever was found, so that time tells nothing either.
  const std::string shown = crypto::token_hash(token.secret);
  const std::string stored = device.ok() ? device->token_hash : std::string(shown.size(), '\0');
  const bool equal = crypto::equal_constant_time(shown, stored);
  if (!device.ok() && device.error().code != errc::not_found) return device.error();
  if (!device.ok() || !equal) return errc::invalid_token;
  auto user = storage::get_user(home, token.tenant, token.user);
  if (!user.ok()) return std::move(user).error();
  who.user_name = std::move(user->name);
  if (token.tenant != system_tenant) {
    auto tenant = storage::get_tenant(store.view(system_shard), token.tenant);
    if (!tenant.ok()) return std::move(tenant).error();
    who.tenant_name = std::move(tenant->name);
  }
  return who;
}

}  // namespace

void gateway::on_hello(session& s, const frame_view& frame) {
  const auto message = decode<hello>(frame.payload);
  if (!message.ok()) return fail_connection(s, message.error().code, message.error().detail);
  if (message->min_version > protocol_version || message->max_version < protocol_version)
    return fail_connection(s, errc::unsupported_version, "this node speaks version 1");
  s.phase = session_phase::anonymous;
  welcome answer;
  answer.time = shared_.time->wall();
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
  const bool taken = shared_.ports->on_reader([this, id, correlation, token = *token] {
    auto who = check_token(*shared_.store, shared_.ports->shards, token);
    loop_.post([this, id, correlation, who = std::move(who)] {
      if (!who.ok()) return finish_login(id, correlation, who.error());
      logged_in answer;
      answer.tenant = who->tenant;
      answer.user = who->user;
      answer.device = who->device;
      answer.user_name = who->user_name;
      answer.tenant_name = who->tenant_name;
      finish_login(id, correlation, answer);
    });
  });
  if (!taken) finish_login(id, correlation, failure{errc::overloaded, {}});
}

void gateway::finish_login(net::connection_id id, std::uint64_t correlation, const failure& why) {
  net::connection* c = loop_.find(id);
  if (c == nullptr || c->closing()) return;
  session& s = *static_cast<session*>(c->user.get());
  counters_.rejected_logins.fetch_add(1, std::memory_order_relaxed);
  log::warn("gateway", "login refused", {{"peer", c->peer()}, {"why", name_of(why.code)}});
  answer_error(s, correlation, why.code, {}, why.code == errc::overloaded ? 1000 : 0);
  c->close(net::close_reason::by_us, true);
}

void gateway::finish_login(net::connection_id id, std::uint64_t correlation, const logged_in& who) {
  net::connection* c = loop_.find(id);
  if (c == nullptr || c->closing()) return;
  session& s = *static_cast<session*>(c->user.get());
  s.tenant = who.tenant;
  s.user = who.user;
  s.device = who.device;
  s.login_number = shared_.logins.fetch_add(1) + 1;
  s.phase = session_phase::ready;
  c->set_max_frame(limits::max_frame_bytes);
  c->set_idle_timeout(shared_.idle_timeout_ms);
  answer_now(s, correlation, who);
  s.logged_in_at = std::chrono::steady_clock::now();
  online_.add(s);
  counters_.sessions.fetch_add(1, std::memory_order_relaxed);
  // One connection per device: every loop ends older ones, and a race between two logins leaves the
  // one with the higher number.
  for (gateway* other : shared_.gateways) {
    if (other == this)
      end_replaced(s.tenant, s.user, s.device, s.login_number);
    else
      other->loop().post(
          [other, tenant = s.tenant, user = s.user, device = s.device, number = s.login_number] {
            other->end_replaced(tenant, user, device, number);
          });
  }
}

void gateway::end_replaced(tenant_id tenant, user_id user, device_id device,
                           std::uint64_t login_number) {
  const auto* sessions = online_.of(tenant, user);
  if (sessions == nullptr) return;
  for (session* s : *sessions) {
    if (s->device != device || s->login_number >= login_number || s->connection->closing())
      continue;
    const error_info& why = describe(errc::replaced);
    answer_now(*s, 0, goaway{why.code, why.text, 0});
    s->connection->close(net::close_reason::by_us, true);
  }
}

}  // namespace conclave::actors
