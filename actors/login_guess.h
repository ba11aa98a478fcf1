/// One guess of a password, as the limiter counts it: failed as soon as it is queued, taken back
/// when it matched. The job may match before its caller has come to count it; whoever of the two is
/// second takes it back, so that a right password never leaves a failure behind.
///
/// Shared by the loop that queued the job and the password pool. Never fails.
#pragma once

#include "actors/login_limiter.h"

#include <atomic>
#include <string>
#include <utility>

namespace conclave::actors {

class login_guess {
 public:
  login_guess(login_limiter& limiter, std::string account, std::string source, time_ms now)
      : limiter_(limiter), account_(std::move(account)), source_(std::move(source)), now_(now) {}

  std::uint32_t must_wait_ms() const { return limiter_.must_wait_ms(account(), source_, now_); }
  /// The pool has taken the job.
  void queued() {
    limiter_.failed(account(), source_, now_);
    meet();
  }
  void matched() { meet(); }

 private:
  /// The tenant is part of the name here: it is looked up later, and may not exist.
  login_account account() const { return {tenant_id{}, account_}; }
  void meet() {
    if (met_.exchange(true)) limiter_.succeeded(account(), source_, now_);
  }

  login_limiter& limiter_;
  const std::string account_;  ///< "tenant/user" as asked for; names have no slash
  const std::string source_;
  const time_ms now_;
  std::atomic<bool> met_{false};
};

}  // namespace conclave::actors
