/// Guessing passwords gets slow, and is forgotten: the rules of the limiter, with given times.
#include "actors/login_limiter.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace conclave::actors {
namespace {

constexpr time_ms start = 1'000'000;
constexpr time_ms hour = 3'600'000;
constexpr login_account ann{tenant_id{7}, "ann"};
constexpr login_account nobody{tenant_id{7}, "nobody"};
constexpr const char* home = "192.0.2.1:5123";
constexpr const char* elsewhere = "203.0.113.9:40000";

/// Some address that no other index has.
std::string address(std::uint32_t i) {
  return "10." + std::to_string(i >> 16 & 255) + '.' + std::to_string(i >> 8 & 255) + '.' +
         std::to_string(i & 255) + ":5123";
}

/// Failures of one account from ever new addresses, so that only the account counts.
void fail_account(login_limiter& limiter, const login_account& account, int times, time_ms now) {
  static std::uint32_t next = 0;
  for (int i = 0; i < times; ++i) limiter.failed(account, address(next++), now);
}

/// Failures from one address for ever new accounts, so that only the address counts.
void fail_source(login_limiter& limiter, std::string_view source, int times, time_ms now) {
  static int next = 0;
  for (int i = 0; i < times; ++i)
    limiter.failed({tenant_id{1}, "victim" + std::to_string(next++)}, source, now);
}

TEST(login_limiter, five_failures_of_an_account_are_free_then_the_wait_doubles_to_300_s) {
  login_limiter limiter;
  std::vector<std::uint32_t> waits;
  time_ms now = start;
  for (int i = 0; i < 17; ++i) {
    fail_account(limiter, ann, 1, now);
    waits.push_back(limiter.must_wait_ms(ann, elsewhere, now));
    now += waits.back();
  }
  EXPECT_EQ(waits,
            (std::vector<std::uint32_t>{0, 0, 0, 0, 0, 1'000, 2'000, 4'000, 8'000, 16'000, 32'000,
                                        64'000, 128'000, 256'000, 300'000, 300'000, 300'000}));
}

TEST(login_limiter, fifty_failures_of_an_address_are_free_then_the_wait_doubles_to_300_s) {
  login_limiter limiter;
  fail_source(limiter, home, 50, start);
  EXPECT_EQ(limiter.must_wait_ms(nobody, home, start), 0u);
  std::vector<std::uint32_t> waits;
  for (int i = 0; i < 11; ++i) {
    fail_source(limiter, home, 1, start);
    waits.push_back(limiter.must_wait_ms(nobody, home, start));
  }
  EXPECT_EQ(waits, (std::vector<std::uint32_t>{1'000, 2'000, 4'000, 8'000, 16'000, 32'000, 64'000,
                                               128'000, 256'000, 300'000, 300'000}));
}

TEST(login_limiter, the_wait_runs_down) {
  login_limiter limiter;
  fail_account(limiter, ann, 7, start);
  EXPECT_EQ(limiter.must_wait_ms(ann, home, start), 2'000u);
  EXPECT_EQ(limiter.must_wait_ms(ann, home, start + 1), 1'999u);
  EXPECT_EQ(limiter.must_wait_ms(ann, home, start + 1'999), 1u);
  EXPECT_EQ(limiter.must_wait_ms(ann, home, start + 2'000), 0u);
}

TEST(login_limiter, the_longer_of_both_waits_counts) {
  login_limiter limiter;
  fail_account(limiter, ann, 6, start);
  fail_source(limiter, home, 52, start);
  EXPECT_EQ(limiter.must_wait_ms(ann, elsewhere, start), 1'000u);
  EXPECT_EQ(limiter.must_wait_ms(nobody, home, start), 2'000u);
  EXPECT_EQ(limiter.must_wait_ms(ann, home, start), 2'000u);
}

TEST(login_limiter, an_account_has_to_wait_after_a_restart_too) {
  constexpr time_ms wall = 1'700'000'000'000;
  login_limiter before;
  fail_account(before, ann, 10, start);
  fail_account(before, nobody, 5, start);
  const auto saved = before.save(start + 1'000, wall);
  ASSERT_EQ(saved.accounts.size(), 1u) << "who need not wait is not written down";

  // The machine has not been started anew: its clock goes on.
  login_limiter after;
  after.restore(saved, start + 3'000, wall + 2'000);
  EXPECT_EQ(after.must_wait_ms(ann, elsewhere, start + 3'000), 16'000u - 3'000u);
  EXPECT_EQ(after.must_wait_ms(nobody, elsewhere, start + 3'000), 0u);
  fail_account(after, ann, 1, start + 20'000);
  EXPECT_EQ(after.must_wait_ms(ann, home, start + 20'000), 32'000u) << "it counts on";
  after.succeeded(ann, home, start + 20'000);
  EXPECT_TRUE(after.save(start + 20'000, wall).accounts.empty());

  // It has: what happened before its start happened at its start.
  login_limiter rebooted;
  rebooted.restore(saved, 500, wall + 2'000);
  EXPECT_EQ(rebooted.must_wait_ms(ann, home, 500), 16'000u - 500u);

  login_limiter much_later;
  much_later.restore(saved, start + 2 * hour, wall + 2 * hour);
  EXPECT_EQ(much_later.entries(), 0u);
}

TEST(login_limiter, only_what_makes_somebody_wait_is_worth_writing) {
  login_limiter limiter;
  fail_account(limiter, ann, 5, start);
  fail_source(limiter, home, 100, start);
  EXPECT_EQ(limiter.changes(), 0u) << "guesses at ever new names write nothing";
  fail_account(limiter, ann, 1, start);
  EXPECT_EQ(limiter.changes(), 1u);
  limiter.succeeded(ann, home, start);
  EXPECT_EQ(limiter.changes(), 2u);
  limiter.succeeded(ann, home, start);
  EXPECT_EQ(limiter.changes(), 2u);
}

TEST(login_limiter, p7_names_that_were_only_tried_do_not_crowd_out_who_has_to_wait) {
  login_limiter limiter;
  fail_account(limiter, ann, 10, start);
  for (std::size_t i = 0; i < limits::max_saved_login_failures + 10; ++i)
    limiter.failed({tenant_id{1}, "made up " + std::to_string(i)}, home, start + i);
  EXPECT_EQ(limiter.save(start + 5'000, 0).accounts.size(), 1u);
}

TEST(login_limiter, what_is_written_is_bounded) {
  login_limiter limiter;
  for (std::size_t i = 0; i < limits::max_saved_login_failures + 10; ++i)
    for (int n = 0; n < 6; ++n)
      limiter.failed({tenant_id{1}, "victim" + std::to_string(i)}, home, start + i);
  const time_ms now = start + limits::max_saved_login_failures + 10;
  const auto saved = limiter.save(now, 0);
  EXPECT_EQ(saved.accounts.size(), limits::max_saved_login_failures);
  login_limiter after;
  after.restore(*decode_record<failed_logins_record>(encode(saved)), now, 0);
  EXPECT_EQ(after.entries(), limits::max_saved_login_failures);
  EXPECT_EQ(after.must_wait_ms({tenant_id{1}, "victim9"}, elsewhere, now), 0u) << "the oldest";
  EXPECT_GT(after.must_wait_ms({tenant_id{1}, "victim4000"}, elsewhere, start + 4'000), 0u);
}

TEST(login_limiter, one_failure_counts_for_the_account_and_the_address) {
  login_limiter limiter;
  for (int i = 0; i < 51; ++i) limiter.failed(ann, home, start);
  EXPECT_EQ(limiter.must_wait_ms(ann, elsewhere, start), 300'000u);
  EXPECT_EQ(limiter.must_wait_ms(nobody, home, start), 1'000u);
  EXPECT_EQ(limiter.must_wait_ms(nobody, elsewhere, start), 0u);
}

TEST(login_limiter, the_same_name_in_another_tenant_is_another_account) {
  login_limiter limiter;
  fail_account(limiter, {tenant_id{1}, "1/ann"}, 10, start);
  EXPECT_GT(limiter.must_wait_ms({tenant_id{1}, "1/ann"}, home, start), 0u);
  EXPECT_EQ(limiter.must_wait_ms({tenant_id{2}, "1/ann"}, home, start), 0u);
  EXPECT_EQ(limiter.must_wait_ms({tenant_id{11}, "ann"}, home, start), 0u);
}

TEST(login_limiter, an_ipv4_network_is_one_address_whatever_the_port) {
  login_limiter limiter;
  for (int i = 0; i < 51; ++i) fail_source(limiter, "192.0.2.1:" + std::to_string(i), 1, start);
  EXPECT_EQ(limiter.must_wait_ms(nobody, "192.0.2.1:65535", start), 1'000u);
  EXPECT_EQ(limiter.must_wait_ms(nobody, "192.0.2.2:0", start), 0u);
}

TEST(login_limiter, an_ipv6_network_is_a_64) {
  login_limiter limiter;
  for (int i = 0; i < 51; ++i)
    fail_source(limiter, "[2001:db8:1:2::" + std::to_string(i) + "]:" + std::to_string(i), 1,
                start);
  EXPECT_EQ(limiter.must_wait_ms(nobody, "[2001:db8:1:2:ffff:ffff:ffff:ffff]:1", start), 1'000u);
  EXPECT_EQ(limiter.must_wait_ms(nobody, "[2001:db8:1:3::1]:1", start), 0u);
}

TEST(login_limiter, a_source_that_is_no_address_counts_too) {
  login_limiter limiter;
  for (const char* odd : {"", ":", "somewhere", "[]:1", "[:1", "[x]:1", "1.2.3:4"}) {
    fail_source(limiter, odd, 51, start);
    EXPECT_GT(limiter.must_wait_ms(nobody, odd, start), 0u) << odd;
  }
  EXPECT_EQ(limiter.must_wait_ms(nobody, home, start), 0u);
}

TEST(login_limiter, a_success_clears_the_account_and_halves_the_address) {
  login_limiter limiter;
  fail_account(limiter, ann, 9, start);
  fail_source(limiter, home, 113, start);
  limiter.succeeded(ann, home, start);
  EXPECT_EQ(limiter.must_wait_ms(ann, elsewhere, start), 0u);
  EXPECT_EQ(limiter.must_wait_ms(ann, home, start), 2'000u) << "(113 - 9) / 2 - 50 = 2";
  fail_account(limiter, ann, 5, start);
  EXPECT_EQ(limiter.must_wait_ms(ann, elsewhere, start), 0u) << "five are free again";
}

TEST(login_limiter, who_owns_one_account_cannot_wash_off_his_guesses_at_others) {
  login_limiter limiter;
  for (int round = 0; round < 3; ++round) {
    fail_source(limiter, home, 49, start);
    for (int login = 0; login < 6; ++login) {
      limiter.failed(ann, home, start);
      limiter.succeeded(ann, home, start);
    }
  }
  EXPECT_GT(limiter.must_wait_ms(nobody, home, start), 0u);
  const std::uint32_t wait = limiter.must_wait_ms(ann, home, start);
  limiter.succeeded(ann, home, start + hour);
  EXPECT_LE(limiter.must_wait_ms(ann, home, start), wait) << "once an hour he may";
}

TEST(login_limiter, successes_leave_nothing_behind) {
  login_limiter limiter;
  limiter.failed(ann, home, start);
  EXPECT_EQ(limiter.entries(), 2u);
  limiter.succeeded(ann, home, start);
  EXPECT_EQ(limiter.entries(), 0u);
  limiter.succeeded(ann, home, start);
  EXPECT_EQ(limiter.entries(), 0u);
}

TEST(login_limiter, an_hour_after_the_last_failure_all_is_forgotten) {
  login_limiter limiter;
  fail_account(limiter, ann, 5, start);
  fail_account(limiter, ann, 1, start + hour - 1);  // the sixth within the hour of the fifth
  EXPECT_EQ(limiter.must_wait_ms(ann, home, start + hour - 1), 1'000u);
  fail_account(limiter, ann, 1, start + 2 * hour - 1);  // an hour after the last: the first again
  EXPECT_EQ(limiter.must_wait_ms(ann, home, start + 2 * hour - 1), 0u);
  fail_account(limiter, ann, 4, start + 2 * hour);
  EXPECT_EQ(limiter.must_wait_ms(ann, home, start + 2 * hour), 0u);
  fail_account(limiter, ann, 1, start + 2 * hour);
  EXPECT_EQ(limiter.must_wait_ms(ann, home, start + 2 * hour), 1'000u);
}

TEST(login_limiter, what_is_forgotten_is_let_go_as_failures_come) {
  login_limiter limiter;
  for (std::uint32_t i = 0; i < 100; ++i)
    limiter.failed({tenant_id{7}, std::to_string(i)}, address(i), start);
  EXPECT_EQ(limiter.entries(), 200u);
  for (int i = 0; i < 7; ++i) limiter.failed(ann, home, start + hour);
  EXPECT_EQ(limiter.entries(), 2u);
}

TEST(login_limiter, a_clock_that_ran_back_waits_no_longer_than_the_rule_says) {
  login_limiter limiter;
  fail_account(limiter, ann, 6, start);
  EXPECT_EQ(limiter.must_wait_ms(ann, home, start - 5'000), 1'000u);
}

TEST(login_limiter, at_its_bound_the_one_that_failed_longest_ago_goes) {
  login_limiter limiter(100);
  const auto user = [](std::uint32_t i) { return "user" + std::to_string(i); };
  for (std::uint32_t i = 0; i < 100; ++i)
    for (int times = 0; times < 6; ++times)
      limiter.failed({tenant_id{7}, user(i)}, address(i), start + i);
  limiter.failed({tenant_id{7}, user(0)}, address(0), start + 100);  // now the youngest
  EXPECT_EQ(limiter.entries(), 200u);
  limiter.failed(ann, home, start + 101);
  EXPECT_EQ(limiter.entries(), 200u);
  EXPECT_EQ(limiter.must_wait_ms({tenant_id{7}, user(0)}, elsewhere, start + 101), 1'999u);
  EXPECT_EQ(limiter.must_wait_ms({tenant_id{7}, user(1)}, elsewhere, start + 101), 0u) << "gone";
  EXPECT_EQ(limiter.must_wait_ms({tenant_id{7}, user(2)}, elsewhere, start + 101), 901u);
}

TEST(login_limiter, many_addresses_do_not_push_accounts_out) {
  login_limiter limiter(100);
  fail_account(limiter, ann, 6, start);
  for (std::uint32_t i = 0; i < 1'000; ++i) limiter.failed(ann, address(i), start);
  EXPECT_EQ(limiter.must_wait_ms(ann, elsewhere, start), 300'000u);
  EXPECT_EQ(limiter.entries(), 101u);
}

TEST(login_limiter, its_memory_ends_at_the_limit_of_a_node) {
  login_limiter limiter;
  const auto limit = static_cast<std::uint32_t>(limits::max_login_limiter_entries);
  for (std::uint32_t i = 0; i < limit + 1'000; ++i)
    limiter.failed({tenant_id{7}, std::to_string(i)}, address(i), start);
  EXPECT_EQ(limiter.entries(), 2 * limits::max_login_limiter_entries);
}

TEST(login_limiter, no_failure_is_lost_between_threads) {
  login_limiter limiter;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&limiter, t] {
      for (int i = 0; i < 13; ++i) {
        limiter.failed({tenant_id{7}, std::to_string(t)}, home, start);
        (void)limiter.must_wait_ms(ann, home, start);
        limiter.succeeded({tenant_id{9}, std::to_string(i)}, elsewhere, start);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(limiter.must_wait_ms(ann, home, start), 2'000u) << "52 failures of one address";
  EXPECT_EQ(limiter.entries(), 5u);
}

}  // namespace
}  // namespace conclave::actors
