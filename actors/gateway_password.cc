/// LOGIN_PASSWORD, CHANGE_PASSWORD and SET_PASSWORD; see gateway.h. The loop asks the limiter and
/// queues a job; the password pool hashes; the user's registrar writes. Copies of passwords are
/// wiped when their job is over (crypto/secret.h).
///
/// The pool is bounded (limits::max_queued_passwords): beyond it the answer is `overloaded`, and
/// the guess does not count.
#include "actors/disk_full.h"
#include "actors/gateway.h"
#include "actors/login_guess.h"
#include "crypto/secret.h"
#include "schemas/account_messages.h"
#include "schemas/names.h"
#include "schemas/policy_messages.h"
#include "storage/reads.h"
#include "storage/reads_account.h"

#include <utility>

namespace conclave::actors {

namespace {

constexpr std::uint32_t overload_retry_ms = 1000;

/// A request whose password is being hashed.
struct password_work {
  password_work(ticket t, std::string_view old_one, std::string_view new_one)
      : asked(std::move(t)), shown(old_one), wanted(new_one) {}

  ticket asked;
  crypto::secret_text shown;
  crypto::secret_text wanted;
};

void give_order(const engine_ports& ports, const entity_ref& user,
                std::shared_ptr<registrar_request> request) {
  ports.actors->deliver_to_registrar(user, registrar_work{std::move(request)});
}

entity_ref entity_of(tenant_id tenant, user_id user) {
  return {entity_kind::user, tenant, user.value};
}

}  // namespace

/// The session that waits for its device. Untold it hears that nobody knows.
class gateway::login_waiter final : public issue_waiter {
 public:
  login_waiter(gateway& gate, net::connection_id id, std::uint64_t correlation)
      : gate_(gate), id_(id), correlation_(correlation) {}
  ~login_waiter() override {
    if (!told_) refused(errc::outcome_unknown, {});
  }
  login_waiter(const login_waiter&) = delete;
  login_waiter& operator=(const login_waiter&) = delete;

  void is_of(const password_owner& owner, std::string tenant_name, std::string user_name) {
    who_.tenant = owner.tenant;
    who_.tenant_name = std::move(tenant_name);
    who_.user_name = std::move(user_name);
  }
  void issued(const issued_device& device) override {
    told_ = true;
    who_.user = device.user;
    who_.device = device.device;
    who_.kind = device.kind;
    who_.device_name = device.name;
    who_.token = device.token;
    who_.token_hash = device.token_hash;
    who_.renew_by = device.renew_by;
    who_.inbox_head = device.inbox_head;
    who_.exclusive = device.exclusive;
    who_.links = device.links;
    gate_.loop_.post([gate = &gate_, id = id_, correlation = correlation_, who = std::move(who_)] {
      gate->finish_login(id, correlation, who);
    });
  }
  void refused(errc code, const std::string&) override {
    told_ = true;
    gate_.loop_.post([gate = &gate_, id = id_, correlation = correlation_, code] {
      gate->finish_login(id, correlation, failure{code, {}},
                         code == errc::overloaded     ? overload_retry_ms
                         : code == errc::storage_full ? storage_full_retry_ms
                                                      : 0);
    });
  }

 private:
  gateway& gate_;
  const net::connection_id id_;
  const std::uint64_t correlation_;
  login_result who_;
  bool told_ = false;
};

void gateway::on_login_password(session& s, const frame_view& frame) {
  const auto message = decode<login_password>(frame.payload);
  if (!message.ok()) return fail_connection(s, message.error().code, message.error().detail);
  const std::uint64_t correlation = frame.header.correlation;
  const net::connection_id id = s.connection->id();
  const time_ms now = shared_.time->boot();
  // It takes its turn on the pool, where others may wait already.
  s.phase = session_phase::logging_in;
  s.login_by = now + static_cast<time_ms>(limits::answer_deadline.count());
  s.connection->set_idle_timeout(2 * static_cast<std::uint32_t>(limits::answer_deadline.count()));
  if (s.admin) return finish_login(id, correlation, failure{errc::unsupported, {}});

  std::string tenant(message->tenant_name);
  std::string user(message->user_name);
  auto guess = std::make_shared<login_guess>(shared_.limiter, tenant + '/' + user,
                                             s.connection->peer(), now);
  if (const std::uint32_t wait = guess->must_wait_ms()) {
    shared_.limited_logins.fetch_add(1, std::memory_order_relaxed);
    return finish_login(id, correlation, failure{errc::rate_limited, {}}, wait);
  }
  issue_device_order order;
  order.op_id = message->op_id;
  order.kind = message->kind;
  order.name = message->device_name;
  const bool taken = shared_.on_password(
      [this, guess, order = std::move(order), tenant = std::move(tenant), user = std::move(user),
       shown = std::make_shared<crypto::secret_text>(message->password),
       waiter = std::make_shared<std::unique_ptr<login_waiter>>(
           std::make_unique<login_waiter>(*this, id, correlation))] {
        if (shared_.stopping) return (*waiter)->refused(errc::shutting_down, {});
        const auto owner = check_password(*shared_.store, shared_.ports->shards, tenant, user,
                                          shown->view(), shared_.password_cost);
        if (!owner.ok()) return (*waiter)->refused(owner.error().code, {});
        guess->matched();
        shared_.password_logins.fetch_add(1, std::memory_order_relaxed);
        const entity_ref entity = entity_of(owner->tenant, owner->user);
        auto request = std::make_shared<registrar_request>();
        auto proven = order;
        proven.proven = owner->changed;
        request->order = std::move(proven);
        (*waiter)->is_of(*owner, tenant, user);
        request->waiter = std::move(*waiter);
        give_order(*shared_.ports, entity, std::move(request));
        if (!crypto::needs_rehash(owner->password, shared_.password_cost)) return;
        auto rehash = std::make_shared<registrar_request>();
        rehash->order = rehash_order{owner->password,
                                     crypto::hash_password(shown->view(), shared_.password_cost)};
        give_order(*shared_.ports, entity, std::move(rehash));
      });
  if (!taken)
    return finish_login(id, correlation, failure{errc::overloaded, {}}, overload_retry_ms);
  guess->queued();
}

void gateway::on_change_password(session& s, const frame_view& frame) {
  const auto message = decoded<change_password>(s, frame);
  if (!message.ok()) return;
  const std::uint64_t correlation = frame.header.correlation;
  if (!crypto::acceptable_password(message->new_password))
    return answer_error(s, correlation, errc::invalid_argument, crypto::password_rule);
  auto guess = std::make_shared<login_guess>(shared_.limiter, s.account, s.connection->peer(),
                                             shared_.time->boot());
  if (const std::uint32_t wait = guess->must_wait_ms()) {
    shared_.limited_logins.fetch_add(1, std::memory_order_relaxed);
    return answer_error(s, correlation, errc::rate_limited, {}, wait);
  }
  ticket asked = admit(s, correlation, frame.payload.size());
  if (!asked.armed()) return;
  auto work = std::make_shared<password_work>(std::move(asked), message->old_password,
                                              message->new_password);
  set_password_order order;
  order.by = s.device;
  order.end_devices = message->end_others;
  const bool taken = shared_.on_password(
      [shared = &shared_, guess, work, order = std::move(order), tenant = s.tenant, user = s.user] {
        const auto home = shared->store->view(shared->ports->shards.home_of(tenant));
        const auto known = storage::get_credential(home, tenant, user);
        const bool absent = !known.ok() && known.error().code == errc::not_found;
        if (!known.ok() && !absent) return work->asked.reject(known.error().code);
        if (absent) crypto::spend_like_verify(work->shown.view(), shared->password_cost);
        if (absent || !crypto::verify_password(work->shown.view(), known->password))
          return work->asked.reject(errc::wrong_credentials, "the old password is wrong");
        guess->matched();
        auto request = std::make_shared<registrar_request>();
        auto wanted = order;
        wanted.proven = known->changed;
        wanted.password = crypto::hash_password(work->wanted.view(), shared->password_cost);
        request->order = std::move(wanted);
        request->asked = std::move(work->asked);
        give_order(*shared->ports, entity_of(tenant, user), std::move(request));
      });
  if (!taken) return work->asked.reject(errc::overloaded, {}, overload_retry_ms);
  guess->queued();
}

void gateway::on_set_password(session& s, const frame_view& frame) {
  const auto message = decoded<set_password>(s, frame);
  if (!message.ok()) return;
  if (!crypto::acceptable_password(message->password))
    return answer_error(s, frame.header.correlation, errc::invalid_argument, crypto::password_rule);
  ticket asked = admit(s, frame.header.correlation, frame.payload.size());
  if (!asked.armed()) return;
  auto work =
      std::make_shared<password_work>(std::move(asked), std::string_view(), message->password);
  const bool taken = shared_.on_password(
      [shared = &shared_, work, tenant_name = std::string(message->tenant_name),
       user_name = std::string(message->user_name), end_devices = message->end_devices] {
        const auto tenant = storage::find_tenant(shared->store->view(system_shard), tenant_name);
        if (!tenant.ok())
          return work->asked.reject(tenant.error().code, "there is no tenant of this name");
        const auto home = shared->store->view(shared->ports->shards.home_of(*tenant));
        // Somebody of another tenant, whose name has an @, proves himself there alone.
        const auto user = valid_name(user_name) ? storage::find_user(home, *tenant, user_name)
                                                : outcome<user_id>(errc::not_found);
        if (!user.ok())
          return work->asked.reject(user.error().code, "there is no user of this name");
        auto request = std::make_shared<registrar_request>();
        set_password_order order;
        order.password = crypto::hash_password(work->wanted.view(), shared->password_cost);
        order.end_devices = end_devices;
        request->order = std::move(order);
        request->asked = std::move(work->asked);
        give_order(*shared->ports, entity_of(*tenant, *user), std::move(request));
      });
  if (!taken) work->asked.reject(errc::overloaded, {}, overload_retry_ms);
}

}  // namespace conclave::actors
