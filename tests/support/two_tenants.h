/// Two tenants with real actors over real TLS: alice and bob of the one, carol and dave of the
/// other, who may come into alice's room. One thread per test beside the world's own.
#pragma once

#include "schemas/event_messages.h"
#include "tests/support/account_fixture.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace conclave::test {

inline constexpr user_id alice_id{1};
inline constexpr user_id bob_id{2};
inline constexpr user_id guest_id{3};  ///< who carol of the other tenant is in alice's

inline send text(conversation_id c, std::uint64_t key, std::string_view body) {
  send m;
  m.conversation = c;
  m.client_seq = key;
  m.body = {body};
  return m;
}

/// alice and bob of tenant1 in a room; carol and dave of tenant2, on a loop of their own.
class two_tenants {
 public:
  two_tenants() {
    theirs = w.provision(tenant_id{2}, {"carol", "dave"});
    EXPECT_TRUE(alice.login(w.tokens[0]));
    EXPECT_TRUE(carol.login(theirs[0]));
    create_conversation order;
    order.op_id = 5;
    order.title = "room";
    order.members = {bob_id};
    room = alice.ask(order)->as<conversation_created>()->conversation;
  }

  void allow(bool host, bool visit) {
    tenant_policy policy;
    policy.host_external = host;
    EXPECT_EQ(w.root().ask(set_policy{"tenant1", policy})->code(), errc::ok);
    policy.host_external = false;
    policy.visit_external = visit;
    EXPECT_EQ(w.root().ask(set_policy{"tenant2", policy})->code(), errc::ok);
  }
  std::optional<wire_frame> add(std::uint64_t key, std::string_view name = "carol",
                                std::string_view tenant = "tenant2") {
    add_external order;
    order.conversation = room;
    order.client_seq = key;
    order.tenant_name = tenant;
    order.names = {name};
    return alice.ask(order);
  }
  /// Carol is in, and knows it: what she calls the room.
  conversation_id bring_carol_in() {
    allow(true, true);
    EXPECT_EQ(add(1)->code(), errc::ok);
    return carols_room();
  }
  /// What is said before she knows it reaches her as a HEAD only.
  conversation_id carols_room() {
    conversation_id local{};
    EXPECT_TRUE(wait_until([&] {
      carol.ask(ping{});
      for (const auto& frame : carol.pushes())
        if (frame.is(frame_type::head)) local = frame.as<head_push>()->conversation;
      return bool{local};
    }));
    return local;
  }

  account_world w{2, true};
  std::vector<std::string> theirs;
  wire_client alice{w.client_ports[0]};
  wire_client carol{w.client_ports[1]};
  conversation_id room{};
};

/// The events pushed to a client up to now: "conversation is c", seq, sender, body.
struct pushed {
  conversation_id conversation{};
  event_seq seq{};
  user_id sender{};
  std::string body;
};
inline std::vector<pushed> events_of(wire_client& client) {
  client.ask(ping{});
  std::vector<pushed> all;
  for (const auto& frame : client.pushes()) {
    if (!frame.is(frame_type::event)) continue;
    const auto split = split_event_payload(frame.payload);
    const auto event = decode_event(split->event_bytes);
    all.push_back({split->conversation, event->seq, event->sender, std::string(event->body)});
  }
  return all;
}
inline bool hears_seq(wire_client& client, std::uint64_t seq) {
  return wait_until([&] {
    const auto all = events_of(client);
    return !all.empty() && all.back().seq.value == seq;
  });
}

}  // namespace conclave::test
