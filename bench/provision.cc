/// Provisioning by operator or from a file.
#include "bench/provision.h"

#include "client/session.h"
#include "client/token_file.h"

#include <chrono>
#include <fstream>
#include <sstream>

namespace conclave::bench {

namespace {

outcome<std::vector<account>> from_file(const target& t, std::size_t count) {
  std::ifstream in(t.tokens_file);
  if (!in) return failure{errc::invalid_argument, "cannot read " + t.tokens_file};
  std::vector<account> tokens;
  std::string line;
  while (tokens.size() < count && std::getline(in, line)) {
    std::istringstream words(line);
    std::string word;
    std::string last;
    while (words >> word) last = word;
    if (!last.empty()) tokens.push_back({last, {}, {}});
  }
  if (tokens.size() < count) {
    return failure{errc::invalid_argument, t.tokens_file + " holds " +
                                               std::to_string(tokens.size()) + " tokens, " +
                                               std::to_string(count) + " are needed"};
  }
  return tokens;
}

outcome<std::unique_ptr<client::session>> operator_of(const target& t) {
  auto token = client::read_token_file(t.operator_token_file);
  if (!token) return std::move(token).error();
  client::session_options options;
  options.servers = {t.admin};
  options.ca_file = t.ca_file;
  options.token = *token;
  options.follow = false;
  options.client_name = "conclave-bench/" CONCLAVE_VERSION;
  auto admin = client::session::connect(options);
  if (!admin) return std::move(admin).error().prefixed("operator login at " + t.admin);
  return admin;
}

outcome<std::vector<account>> by_operator(const target& t, std::size_t count) {
  auto admin = operator_of(t);
  if (!admin) return std::move(admin).error();
  const auto tenant = (*admin)->create_tenant(t.tenant);
  if (!tenant && tenant.error().code != errc::already_exists) {
    return failure(tenant.error()).prefixed("creating the tenant");
  }
  const auto run = std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) {
    names.push_back("b" + std::to_string(run) + "-" + std::to_string(i));
  }
  std::vector<client::session::new_user> users;
  const status made = (*admin)->provision_users(t.tenant, "bench", names, users);
  if (!made) return failure(made.error()).prefixed("provisioning users");
  std::vector<account> accounts;
  for (auto& user : users) {
    accounts.push_back({std::move(user.token), user.user, std::move(user.user_name)});
  }
  return accounts;
}

}  // namespace

outcome<std::vector<account>> provision(const target& t, std::size_t count) {
  if (!t.tokens_file.empty()) return from_file(t, count);
  if (!t.operator_token_file.empty() && !t.admin.empty()) return by_operator(t, count);
  return failure{errc::invalid_argument,
                 "users are needed: give --tokens FILE, or --admin with --operator-token-file"};
}

status give_password(const target& t, const std::vector<account>& accounts,
                     const std::string& password) {
  if (t.operator_token_file.empty() || t.admin.empty()) {
    return failure{errc::invalid_argument,
                   "passwords need --admin with --operator-token-file, which sets them"};
  }
  auto admin = operator_of(t);
  if (!admin) return std::move(admin).error();
  for (const account& a : accounts) {
    const status set = (*admin)->set_password(t.tenant, a.name, password);
    if (!set) return failure(set.error()).prefixed("setting a password");
  }
  return done{};
}

}  // namespace conclave::bench
