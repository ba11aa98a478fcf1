/// What a tenant allows of its users' requests: how fast, and how many unanswered; see gateway.h.
/// The policy is kept in the session and looked up again only when some tenant's has changed.
#include "actors/gateway.h"

namespace conclave::actors {

namespace {
constexpr std::uint32_t open_retry_ms = 100;
}

bool gateway::within_policy(session& s, std::uint64_t correlation) {
  if (s.user_usage == nullptr) return true;  // operators
  const std::uint64_t generation = shared_.ports->policy_generation();
  if (s.policy_generation != generation) {
    s.policy = shared_.ports->policy_of(s.tenant);
    s.policy_generation = generation;
  }
  const tenant_policy& policy = *s.policy;
  const auto too_many = [&](std::uint32_t most, const usage& used, std::string_view whose) {
    if (most == 0 || used.open.load(std::memory_order_relaxed) < most) return false;
    answer_error(s, correlation, errc::too_many_requests, whose, open_retry_ms);
    return true;
  };
  if (too_many(policy.user_open_requests, *s.user_usage,
               "too many unanswered requests of this user") ||
      too_many(policy.tenant_open_requests, *s.tenant_usage,
               "too many unanswered requests of this tenant"))
    return false;

  if ((policy.device_rate | policy.user_rate | policy.tenant_rate) == 0) return true;
  const time_ms now = shared_.time->boot();
  const auto too_fast = [&](std::uint32_t rate, rate_bucket& bucket, std::string_view whose) {
    const std::uint32_t wait = bucket.take(rate, now);
    if (wait == 0) return false;
    answer_error(s, correlation, errc::rate_limited, whose, wait);
    return true;
  };
  if (policy.device_rate != 0) {
    if (s.device_usage == nullptr)
      s.device_usage = shared_.usages.of({s.tenant, s.user, s.device}, now);
    if (too_fast(policy.device_rate, s.device_usage->rate, "the rate of this device is reached"))
      return false;
  }
  return !too_fast(policy.user_rate, s.user_usage->rate, "the rate of this user is reached") &&
         !too_fast(policy.tenant_rate, s.tenant_usage->rate, "the rate of this tenant is reached");
}

}  // namespace conclave::actors
