/// Passwords: published vectors, what a broken hash answers, and that the dummy costs its time.
#include "crypto/password.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>

namespace conclave::crypto {
namespace {

/// The least that libargon2 takes, so that the tests are quick.
constexpr password_cost cheap{8, 1, 1};

constexpr const char* good = "correct horse";

/// From the test suite of the PHC's reference implementation (phc-winner-argon2, src/test.c,
/// version 0x13): the password is "password", the salt "somesalt".
TEST(password, verifies_the_vectors_of_the_reference) {
  for (const char* phc :
       {"$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPP"
        "c"}) {
    EXPECT_TRUE(verify_password("password", phc)) << phc;
    EXPECT_FALSE(verify_password("Password", phc)) << phc;
  }
}

TEST(password, a_hash_verifies_its_password_and_no_other) {
  const std::string phc = hash_password(good, password_cost{});
  EXPECT_TRUE(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << phc;
  EXPECT_EQ(phc.size(), std::string("$argon2id$v=19$m=19456,t=2,p=1$").size() + 22 + 1 + 43);
  EXPECT_TRUE(verify_password(good, phc));
  for (const char* wrong : {"", "correct hors", "correct horsf", "correct horse "})
    EXPECT_FALSE(verify_password(wrong, phc)) << wrong;
}

TEST(password, every_byte_counts_even_zeros_and_none) {
  const std::string with_zero("correct\0horse", 13);
  const std::string phc = hash_password(with_zero, cheap);
  EXPECT_TRUE(verify_password(with_zero, phc));
  EXPECT_FALSE(verify_password("correct", phc));
  const std::string of_nothing = hash_password({}, cheap);
  EXPECT_TRUE(verify_password({}, of_nothing));
  EXPECT_FALSE(verify_password("x", of_nothing));
}

TEST(password, the_same_password_is_salted_anew) {
  EXPECT_NE(hash_password(good, cheap), hash_password(good, cheap));
}

TEST(password, the_most_that_a_cost_can_name_still_fits) {
  // Only its length: nobody has the memory to compute it.
  const std::string phc = "$argon2id$v=19$m=4294967295,t=4294967295,p=16777215$" +
                          std::string(22, 'A') + "$" + std::string(43, 'A');
  EXPECT_LE(phc.size(), 128u);
  EXPECT_FALSE(needs_rehash(phc, {4'294'967'295u, 4'294'967'295u, 16'777'215u}));
}

TEST(password, a_broken_hash_verifies_nothing) {
  const std::string phc = hash_password(good, cheap);
  ASSERT_TRUE(verify_password(good, phc));
  for (std::size_t size = 0; size < phc.size(); ++size)
    EXPECT_FALSE(verify_password(good, phc.substr(0, size))) << phc.substr(0, size);
  for (std::size_t at = 0; at < phc.size(); ++at) {  // numbers of one digit stay small
    std::string bent = phc;
    bent[at] = bent[at] == '1' ? '2' : '1';
    EXPECT_FALSE(verify_password(good, bent)) << bent;
  }
  using namespace std::string_literals;
  const std::string behind_cost = phc.substr("$argon2id$v=19$m=8,t=1,p=1$"s.size());
  const std::string behind_type = phc.substr("$argon2id"s.size());
  for (const std::string& bent :
       {""s, "x"s, phc + "A", phc + "$", phc + "\0"s, phc + "\0x"s, " " + phc, phc + "=",
        phc + std::string(1000, 'A'), "$argon2i" + behind_type, "$argon2d" + behind_type,
        "$argon2id$v=19$m=7,t=1,p=1$" + behind_cost, "$argon2id$v=19$m=8,t=0,p=1$" + behind_cost,
        "$argon2id$v=19$m=8,t=1,p=0$" + behind_cost,
        "$argon2id$v=19$m=99999999999,t=1,p=1$" + behind_cost}) {
    EXPECT_FALSE(verify_password(good, bent)) << bent;
  }
}

TEST(password, a_hash_of_another_cost_is_to_be_made_anew) {
  const std::string phc = hash_password(good, cheap);
  EXPECT_FALSE(needs_rehash(phc, cheap));
  EXPECT_TRUE(needs_rehash(phc, {16, 1, 1}));
  EXPECT_TRUE(needs_rehash(phc, {8, 2, 1}));
  EXPECT_TRUE(needs_rehash(phc, {8, 1, 2}));
  EXPECT_TRUE(needs_rehash(phc, {80, 1, 1}));
  EXPECT_TRUE(needs_rehash(phc, password_cost{}));
}

TEST(password, an_older_or_shorter_or_broken_hash_is_to_be_made_anew) {
  const std::string rest = "$" + std::string(22, 'A') + "$" + std::string(43, 'A');
  ASSERT_FALSE(needs_rehash("$argon2id$v=19$m=8,t=1,p=1" + rest, cheap));
  EXPECT_TRUE(needs_rehash("$argon2id$v=16$m=8,t=1,p=1" + rest, cheap));
  EXPECT_TRUE(needs_rehash("$argon2i$v=19$m=8,t=1,p=1" + rest, cheap));
  EXPECT_TRUE(
      needs_rehash("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$" + std::string(43, 'A'), cheap));
  EXPECT_TRUE(needs_rehash("", cheap));
}

std::clock_t cpu_time_of(auto&& work) {
  const std::clock_t before = std::clock();
  work();
  return std::clock() - before;
}

TEST(password, the_dummy_costs_what_a_check_costs) {
  // Processor time of the process, the least of three: a dummy that is not computed takes a
  // thousandth of a check.
  const password_cost cost{8'192, 2, 1};
  const std::string phc = hash_password(good, cost);
  std::clock_t check = cpu_time_of([&] { (void)verify_password("wrong", phc); });
  std::clock_t dummy = cpu_time_of([&] { spend_like_verify("wrong", cost); });
  for (int i = 0; i < 2; ++i) {
    check = std::min(check, cpu_time_of([&] { (void)verify_password("wrong", phc); }));
    dummy = std::min(dummy, cpu_time_of([&] { spend_like_verify("wrong", cost); }));
  }
  EXPECT_GT(dummy * 4, check);
  EXPECT_LT(dummy, check * 4);
}

TEST(password, a_check_of_an_older_hash_and_what_is_left_cost_what_a_check_costs) {
  const password_cost today{8'192, 2, 1};
  const std::string phc = hash_password(good, today);
  for (const password_cost old : {password_cost{1'024, 1, 1}, {4'096, 2, 1}, {8'192, 2, 1}}) {
    const std::string older = hash_password(good, old);
    std::clock_t check = 1'000'000'000, both = check;
    for (int i = 0; i < 3; ++i) {
      check = std::min(check, cpu_time_of([&] { (void)verify_password("wrong", phc); }));
      both = std::min(both, cpu_time_of([&] {
                        (void)verify_password("wrong", older);
                        spend_what_is_left("wrong", older, today);
                      }));
    }
    EXPECT_GT(both * 2, check) << old.memory_kib;
    EXPECT_LT(both, check * 2) << old.memory_kib;
  }
}

TEST(password, the_rule_for_new_ones) {
  for (const std::string& fine :
       {std::string("12345678"), std::string("aaaaaaab"), std::string("pass word"),
        std::string("größere"), std::string("\u00A0\u00A1\u00A0\u00A1"),
        std::string("ab") + std::string(126, 'c')}) {
    EXPECT_TRUE(acceptable_password(fine)) << fine;
  }
  for (const std::string& bad :
       {std::string(), std::string("1234567"), std::string("ab") + std::string(127, 'c'),
        std::string(8, 'a'), std::string("éééé"), std::string("\U0001F600\U0001F600"),
        std::string("tab\tulator"), std::string("new\nline"), std::string("zero\0byte", 9),
        std::string("delete\x7F!"), std::string("c1 \u0085 next"), std::string("c1 \u009F next"),
        std::string("latin\xE4\xF6\xFC"), std::string("cut short \xC2")}) {
    EXPECT_FALSE(acceptable_password(bad)) << bad;
  }
}

TEST(password_death_test, a_cost_that_cannot_be_ends_the_process) {
  EXPECT_DEATH((void)hash_password(good, {8, 0, 1}), "refuses the cost");
}

}  // namespace
}  // namespace conclave::crypto
