/// Slows down whoever guesses passwords: counts failed logins per account and per network, and
/// tells how long the next one has to wait.
///
/// * Account: five failures are free; the sixth makes the next login wait 1 s, and each further one
///   twice as long, up to 300 s. Nobody is locked out for good, or anybody could lock out anybody.
/// * Network (IPv4: the address; IPv6: its /64, what one customer is given): the same, with 50
/// free.
/// * A login that succeeds clears its account, takes from its network what that account had failed,
///   and halves what is left, which each account does once an hour: an office behind one address
///   lives, and the owner of one account cannot wash off his guesses at others.
/// * An hour after its last failure an entry is forgotten.
///
/// The caller refuses a login that must wait without looking at its password, and does not count
/// it. Logins run side by side: if a failure counted only after its hash, as many guesses as the
/// pool holds would be free. So `failed` is called as soon as the hash is queued, and `succeeded`
/// takes it back. Unknown users count like any, or the waiting would tell who exists.
///
/// Pure logic that is given the time, a clock that never runs back (clock::boot). Owned by the
/// engine; any thread: one lock, held for a few lookups. Accounts that have to wait survive a
/// restart: save() gives them as a record, restore() takes it. Who writes it down looks at
/// changes() and takes his time, so that whoever guesses cannot make the disk write; networks are
/// forgotten. Memory: limits::max_login_limiter_entries accounts, as many networks and as many
/// accounts that relieved one; at the bound
/// the one that failed longest ago goes. Two tables, so that somebody with many addresses does not
/// push accounts out.
#pragma once

#include "conf/limits.h"
#include "schemas/ids.h"
#include "schemas/records.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace conclave::actors {

struct login_account {
  tenant_id tenant{};
  std::string_view user;  ///< its name as stored
};

class login_limiter {
 public:
  explicit login_limiter(std::size_t max_entries = limits::max_login_limiter_entries);
  ~login_limiter();
  login_limiter(const login_limiter&) = delete;
  login_limiter& operator=(const login_limiter&) = delete;

  /// 0: go ahead. `source` is net::connection::peer(), "192.0.2.1:5123" or "[2001:db8::1]:5123".
  std::uint32_t must_wait_ms(const login_account& account, std::string_view source,
                             time_ms now) const;

  void failed(const login_account& account, std::string_view source, time_ms now);
  void succeeded(const login_account& account, std::string_view source, time_ms now);

  /// Rises whenever an account begins to wait, has to wait longer, or need not wait any more.
  std::uint64_t changes() const;
  /// The accounts that have to wait: the newest limits::max_saved_login_failures. `wall` ties the
  /// given time to that of another process.
  failed_logins_record save(time_ms now, time_ms wall) const;
  /// Before the first login: what an earlier process saved.
  void restore(const failed_logins_record& saved, time_ms now, time_ms wall);

  /// Accounts and networks held, for the metric.
  std::size_t entries() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace conclave::actors
