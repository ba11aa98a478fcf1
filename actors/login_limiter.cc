/// Two tables of failures, each a list in the order of the last failure with an index over it.
/// Their keys are digests of what the client sent, under a secret of this process: an entry has the
/// same size however long the name is, and nobody can aim at one bucket of the index.
#include "actors/login_limiter.h"

#include "crypto/digest.h"
#include "crypto/random.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <iterator>
#include <limits>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>

namespace conclave::actors {

namespace {

constexpr std::uint32_t free_per_account = 5;
constexpr std::uint32_t free_per_network = 50;
constexpr std::uint32_t first_wait_ms = 1'000;
constexpr std::uint32_t max_wait_ms = 300'000;
constexpr std::uint32_t doublings_to_max = 9;
static_assert(first_wait_ms << doublings_to_max >= max_wait_ms);
constexpr time_ms forget_after_ms = 3'600'000;
constexpr std::uint32_t all_failures = std::numeric_limits<std::uint32_t>::max();

/// Entries whose hour is over that one call removes: more than it adds, too few to be felt.
constexpr int removed_per_failure = 16;

using table_key = hash16;

struct key_hash {
  std::size_t operator()(const table_key& key) const noexcept {
    std::size_t value = 0;
    std::memcpy(&value, key.data(), sizeof value);
    return value;
  }
};

/// "192.0.2.1:5123" to the four bytes of the address, "[2001:db8::1]:5123" to the eight of its /64.
/// What is no address stands for itself.
std::string network_of(std::string_view source) {
  std::string host(source.substr(0, source.rfind(':')));
  in_addr v4{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1)
    return {reinterpret_cast<const char*>(&v4), sizeof v4};
  if (host.size() < 2 || host.front() != '[' || host.back() != ']') return host;
  in6_addr v6{};
  if (::inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &v6) == 1)
    return {reinterpret_cast<const char*>(&v6), 8};
  return host;
}

/// Not thread-safe: the limiter's lock guards it.
class failure_table {
 public:
  failure_table(std::uint32_t free_failures, std::size_t max_entries)
      : free_(free_failures), max_entries_(max_entries) {}

  std::uint32_t wait_ms(const table_key& key, time_ms now) const {
    const auto found = index_.find(key);
    if (found == index_.end() || is_over(*found->second, now)) return 0;
    const entry& e = *found->second;
    if (e.failures <= free_) return 0;
    const std::uint32_t doublings = std::min(e.failures - free_ - 1, doublings_to_max);
    const std::uint32_t wait = std::min(first_wait_ms << doublings, max_wait_ms);
    const time_ms waited = age(e, now);
    return waited >= wait ? 0 : wait - static_cast<std::uint32_t>(waited);
  }

  void add(const table_key& key, time_ms now) {
    for (int i = 0; i < removed_per_failure && !order_.empty(); ++i) {
      if (!is_over(order_.front(), now)) break;
      remove_oldest();
    }
    const auto found = index_.find(key);
    if (found != index_.end()) {
      entry& e = *found->second;
      e.failures = is_over(e, now) ? 1 : e.failures + 1;
      e.last = now;
      order_.splice(order_.end(), order_, found->second);
      return;
    }
    if (order_.size() >= max_entries_) remove_oldest();
    order_.push_back({key, 1, now});
    index_.emplace(key, std::prev(order_.end()));
  }

  /// Failures of an earlier process; given in the order of their last ones.
  void put(const table_key& key, std::uint32_t failures, time_ms last) {
    if (order_.size() >= max_entries_ || index_.contains(key)) return;
    order_.push_back({key, failures, last});
    index_.emplace(key, std::prev(order_.end()));
  }

  bool is_slowed(const table_key& key) const {
    const auto found = index_.find(key);
    return found != index_.end() && found->second->failures > free_;
  }

  /// Calls visit(key, failures, age) for at most `most` of those that have to wait, the newest
  /// first. Names that were only tried do not crowd them out: up to max_entries are looked at.
  template <class Visit>
  void each_slowed(std::size_t most, time_ms now, Visit visit) const {
    for (auto at = order_.rbegin(); at != order_.rend() && most > 0; ++at) {
      if (at->failures <= free_ || is_over(*at, now)) continue;
      visit(at->key, at->failures, age(*at, now));
      --most;
    }
  }

  bool holds(const table_key& key, time_ms now) const {
    const auto found = index_.find(key);
    return found != index_.end() && !is_over(*found->second, now);
  }
  std::uint32_t failures(const table_key& key) const {
    const auto found = index_.find(key);
    return found == index_.end() ? 0 : found->second->failures;
  }

  /// Takes back `count` failures, or as many as there are; returns how many.
  std::uint32_t take_back(const table_key& key, std::uint32_t count) {
    const auto found = index_.find(key);
    if (found == index_.end()) return 0;
    const std::uint32_t taken = std::min(count, found->second->failures);
    found->second->failures -= taken;
    if (found->second->failures == 0) {
      order_.erase(found->second);
      index_.erase(found);
    }
    return taken;
  }

  std::size_t size() const { return order_.size(); }

 private:
  struct entry {
    table_key key;
    std::uint32_t failures;
    time_ms last;
  };

  static time_ms age(const entry& e, time_ms now) { return now < e.last ? 0 : now - e.last; }
  static bool is_over(const entry& e, time_ms now) { return age(e, now) >= forget_after_ms; }

  void remove_oldest() {
    index_.erase(order_.front().key);
    order_.pop_front();
  }

  const std::uint32_t free_;
  const std::size_t max_entries_;
  std::list<entry> order_;  ///< by last failure, the oldest first; at most max_entries_
  std::unordered_map<table_key, std::list<entry>::iterator, key_hash> index_;
};

}  // namespace

struct login_limiter::impl {
  explicit impl(std::size_t max_entries)
      : accounts(free_per_account, max_entries),
        networks(free_per_network, max_entries),
        reliefs(0, max_entries) {}

  table_key key_of(std::string_view text) const {
    const crypto::sha256_bytes digest = crypto::sha256(secret, text);
    table_key key;
    std::copy_n(digest.begin(), key.size(), key.begin());
    return key;
  }
  table_key key_of(const login_account& account) const {
    return key_of(std::to_string(account.tenant.value) + '/' + std::string(account.user));
  }

  std::string secret = crypto::random_bytes(32);
  mutable std::mutex mutex;
  failure_table accounts;
  failure_table networks;
  failure_table reliefs;  ///< accounts whose login relieved a network within the hour
  std::uint64_t changes = 0;
};

login_limiter::login_limiter(std::size_t max_entries)
    : impl_(std::make_unique<impl>(max_entries)) {}

login_limiter::~login_limiter() = default;

std::uint32_t login_limiter::must_wait_ms(const login_account& account, std::string_view source,
                                          time_ms now) const {
  const table_key user = impl_->key_of(account);
  const table_key network = impl_->key_of(network_of(source));
  const std::lock_guard lock(impl_->mutex);
  return std::max(impl_->accounts.wait_ms(user, now), impl_->networks.wait_ms(network, now));
}

void login_limiter::failed(const login_account& account, std::string_view source, time_ms now) {
  const table_key user = impl_->key_of(account);
  const table_key network = impl_->key_of(network_of(source));
  const std::lock_guard lock(impl_->mutex);
  impl_->accounts.add(user, now);
  if (impl_->accounts.is_slowed(user)) ++impl_->changes;
  impl_->networks.add(network, now);
}

void login_limiter::succeeded(const login_account& account, std::string_view source, time_ms now) {
  const table_key user = impl_->key_of(account);
  const table_key network = impl_->key_of(network_of(source));
  const std::lock_guard lock(impl_->mutex);
  if (impl_->accounts.is_slowed(user)) ++impl_->changes;
  impl_->networks.take_back(network, impl_->accounts.take_back(user, all_failures));
  const std::uint32_t others = impl_->networks.failures(network);
  if (others == 0 || impl_->reliefs.holds(user, now)) return;
  impl_->reliefs.add(user, now);
  impl_->networks.take_back(network, others - others / 2);
}

std::uint64_t login_limiter::changes() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->changes;
}

failed_logins_record login_limiter::save(time_ms now, time_ms wall) const {
  failed_logins_record record;
  record.saved = wall;
  const std::lock_guard lock(impl_->mutex);
  record.secret = impl_->secret;
  impl_->accounts.each_slowed(limits::max_saved_login_failures, now,
                              [&](const table_key& key, std::uint32_t failures, time_ms age) {
                                record.accounts.push_back({key, failures, age});
                              });
  std::reverse(record.accounts.begin(), record.accounts.end());
  return record;
}

void login_limiter::restore(const failed_logins_record& saved, time_ms now, time_ms wall) {
  if (saved.secret.empty()) return;
  const time_ms between = wall < saved.saved ? 0 : wall - saved.saved;
  const std::lock_guard lock(impl_->mutex);
  impl_->secret = saved.secret;
  for (const failed_login& of : saved.accounts) {
    const time_ms age = of.ago + between;
    if (of.ago >= forget_after_ms || age >= forget_after_ms) continue;
    // A machine that started since counts from its start: longer than it need be, never shorter.
    impl_->accounts.put(of.account, of.failures, now < age ? 0 : now - age);
  }
}

std::size_t login_limiter::entries() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->accounts.size() + impl_->networks.size();
}

}  // namespace conclave::actors
