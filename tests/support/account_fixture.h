/// A gateway world with people in it who have passwords and devices, and an operator: what the
/// tests of logins, devices, policies and inboxes share. One thread per test beside the world's
/// own.
#pragma once

#include "schemas/account_messages.h"
#include "schemas/inbox_messages.h"
#include "schemas/policy_messages.h"
#include "tests/support/gateway_fixture.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace conclave::test {

inline constexpr std::string_view good_password = "correct horse";

class account_world : public gateway_world {
 public:
  explicit account_world(std::size_t gates = 1, bool real_actors = false)
      : gateway_world(real_actors, gates) {
    tokens = provision(tenant_id{1}, {"alice", "bob"});
    operator_token = provision(system_tenant, {"root"}).front();
  }

  std::vector<std::string> tokens;  ///< alice's and bob's
  std::string operator_token;

  /// The operator, logged in.
  wire_client& root() {
    if (root_ == nullptr) {
      root_ = std::make_unique<wire_client>(admin_port);
      EXPECT_TRUE(root_->login(operator_token));
    }
    return *root_;
  }
  errc give_password(std::string_view user, std::string_view password = good_password,
                     bool end_devices = false) {
    const auto answer = root().ask(set_password{"tenant1", user, password, end_devices});
    return answer ? answer->code() : errc::not_ready;
  }
  errc allow(const tenant_policy& policy) {
    const auto answer = root().ask(set_policy{"tenant1", policy});
    return answer ? answer->code() : errc::not_ready;
  }

 private:
  std::unique_ptr<wire_client> root_;
};

/// LOGIN_PASSWORD on a fresh connection.
struct entrance {
  std::uint64_t op_id = 1;
  std::string_view user = "alice";
  std::string_view password = good_password;
  device_kind kind = device_kind::mobile;
  std::string_view device = "pocket";
  std::string_view tenant = "tenant1";

  login_password message() const { return {op_id, tenant, user, password, kind, device}; }
};

/// A connection that has come in by password, or was refused.
struct visitor {
  explicit visitor(std::uint16_t port, const entrance& how = {}) : client(port) {
    client.ask(hello{});
    answer = client.ask(how.message());
    if (!answer) return;
    const auto who = answer->as<logged_in>();
    if (!who.ok()) return;
    device = who->device;
    token = who->token;
    renew_by = who->renew_by;
    inbox_head = who->inbox_head;
  }

  errc code() const { return answer ? answer->code() : errc::not_ready; }
  bool in() const { return answer && answer->is(frame_type::logged_in); }

  wire_client client;
  std::optional<wire_frame> answer;
  device_id device{};
  std::string token;
  time_ms renew_by = 0;
  std::uint64_t inbox_head = 0;
};

/// The GOAWAY with which a connection ends; a frame of another type when it goes on.
inline wire_frame goodbye_of(wire_client& client) {
  wire_frame last;
  while (auto frame = client.next()) {
    last = *frame;
    if (last.is(frame_type::goaway)) break;
  }
  client.read_until_closed();
  return last;
}

/// "seq kind" of the INBOX_ENTRY pushes that came up to now.
inline std::vector<std::string> inbox_pushes(wire_client& client) {
  EXPECT_TRUE(client.ask(ping{}));
  std::vector<std::string> heard;
  for (const auto& frame : client.pushes())
    if (const auto entry = frame.as<inbox_entry>())
      heard.push_back(std::to_string(entry->seq) + ' ' +
                      std::to_string(static_cast<int>(entry->kind)));
  return heard;
}

/// Waits until exactly these have come: news may stand behind the answer that it goes with.
inline ::testing::AssertionResult hears(wire_client& client, const std::vector<std::string>& all) {
  if (wait_until([&] { return inbox_pushes(client).size() >= all.size(); }) &&
      inbox_pushes(client) == all)
    return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << ::testing::PrintToString(inbox_pushes(client));
}

}  // namespace conclave::test
