/// Names to people and tenants.
#include "client/cli/people_words.h"

#include <algorithm>

namespace conclave::client::cli {

namespace {

void add_once(std::vector<std::string>& to, std::string name) {
  if (std::find(to.begin(), to.end(), name) == to.end()) to.push_back(std::move(name));
}

std::string policy_command(const std::string& tenant, const char* rule) {
  return "conclave admin tenant policy set " + tenant + " " + rule + "=yes";
}

}  // namespace

people_named people_from(const std::vector<std::string>& words, const std::string& own_tenant) {
  people_named people;
  for (std::string word : words) {
    if (!word.empty() && word.front() == '@') word.erase(0, 1);
    const auto at = word.find('@');
    const std::string tenant = at == std::string::npos ? own_tenant : word.substr(at + 1);
    const std::string name = word.substr(0, at);
    add_once(tenant == own_tenant ? people.own : people.external[tenant], name);
  }
  return people;
}

std::string advice_for_adding(errc code, const std::string& own_tenant, const std::string& tenant) {
  if (code == errc::forbidden || code == errc::policy_forbids) {
    return "Owner and admins may do it where the operator lets " + own_tenant +
           " have guests: " + policy_command(own_tenant, "host_external");
  }
  if (code == errc::not_found) {
    return "Is the name right? If so, an operator has to let people of " + tenant +
           " visit others: " + policy_command(tenant, "visit_external");
  }
  return {};
}

}  // namespace conclave::client::cli
