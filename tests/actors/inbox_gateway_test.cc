/// The inbox over real TLS: pushed to all devices in order, paged, and turned into one hint for a
/// connection that does not keep up.
#include "actors/gateway.h"
#include "tests/support/account_fixture.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace conclave::actors {
namespace {

using test::account_world;
using test::hears;
using test::inbox_pushes;
using test::visitor;
using test::wait_until;
using test::wire_client;

constexpr tenant_id acme{1};

TEST(inbox_gateway, what_concerns_a_user_reaches_all_his_devices_and_is_paged_alike) {
  account_world w(2, true);
  w.give_password("bob");
  wire_client alice(w.client_ports[0]);
  wire_client phone(w.client_ports[0]);
  ASSERT_TRUE(alice.login(w.tokens[0]));
  ASSERT_TRUE(phone.login(w.tokens[1]));
  EXPECT_EQ(phone.who().inbox_head, 2u);
  visitor desk(w.client_ports[1], {.op_id = 1, .user = "bob", .device = "desk"});
  ASSERT_TRUE(desk.in());

  create_conversation order;
  order.op_id = 5;
  order.title = "room";
  order.members = {user_id{2}};
  const auto created = alice.ask(order)->as<conversation_created>();
  ASSERT_TRUE(created.ok());
  const conversation_id room = created->conversation;
  const auto heard = [](wire_client& client, const char* last) {
    return wait_until([&] {
      const auto all = inbox_pushes(client);
      return !all.empty() && all.back() == last;
    });
  };
  ASSERT_TRUE(heard(phone, "4 1"));
  EXPECT_EQ(phone.ask(set_conversation{conversation_id{999}, 0, true, false})->code(),
            errc::not_found);
  EXPECT_EQ(phone.ask(set_conversation{room, 12'345, true, false})->code(), errc::ok);
  ASSERT_TRUE(heard(desk.client, "5 3"));
  // His password was news on its way when the phone logged in: counted there, and perhaps pushed.
  const auto phone_heard = [&] {
    auto all = inbox_pushes(phone);
    if (!all.empty() && all.front() == "2 10") all.erase(all.begin());
    return all;
  };
  const std::vector<std::string> news{"3 6", "4 1", "5 3"};
  EXPECT_TRUE(wait_until([&] { return phone_heard() == news; })) << "who asked hears it as a push";
  EXPECT_TRUE(hears(desk.client, {"3 6", "4 1", "5 3"}));
  remove_member less;
  less.conversation = room;
  less.client_seq = 1;
  less.user = user_id{2};
  EXPECT_EQ(alice.ask(less)->code(), errc::ok);
  ASSERT_TRUE(heard(desk.client, "6 2"));

  const auto frame = desk.client.ask(read_inbox{3, 2});
  const auto page = frame->as<inbox_page>();
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->head, 6u);
  EXPECT_EQ(page->first, 1u);
  ASSERT_EQ(page->entries.size(), 2u);
  EXPECT_EQ(page->entries[0].kind, inbox_kind::conversation_added);
  EXPECT_EQ(page->entries[0].conversation, room);
  EXPECT_EQ(page->entries[0].at.value, 1u);
  EXPECT_EQ(page->entries[1].number, 12'345u);
  EXPECT_EQ(page->entries[1].flags, 1u);
  for (const auto& entry : inbox_pushes(alice)) EXPECT_EQ(entry, "2 1") << "nothing of bob's";
  wire_client root(w.admin_ports[0]);
  ASSERT_TRUE(root.login(w.operator_token));
  EXPECT_EQ(root.ask(read_inbox{})->code(), errc::unsupported);
}

/// News of alice with `count` entries, the first of which has this seq.
std::shared_ptr<const user_news> entries(std::uint64_t first, std::uint64_t count) {
  auto news = std::make_shared<user_news>();
  news->tenant = acme;
  news->user = user_id{1};
  const std::string text(250, 'x');
  for (std::uint64_t seq = first; seq < first + count; ++seq) {
    inbox_entry entry;
    entry.seq = seq;
    entry.kind = inbox_kind::device_added;
    entry.text = text;
    append_frame(news->frames, 0, entry);
  }
  news->inbox_head = first + count - 1;
  return news;
}

TEST(inbox_gateway, p7_one_who_does_not_read_is_owed_one_hint_to_the_newest) {
  account_world w;
  wire_client alice(w.client_port);
  ASSERT_TRUE(alice.login(w.tokens[0]));
  const auto lagging = [&] {
    bool lags = false;
    w.on_loop([&] {
      w.gate().loop().for_each([&](net::connection& c) {
        const auto* s = static_cast<session*>(c.user.get());
        lags = lags || (s != nullptr && s->lagging);
      });
    });
    return lags;
  };
  constexpr std::uint64_t step = 1'000;
  std::uint64_t next = 1;
  for (; next < 200 * step && !lagging(); next += step) w.gate().post(entries(next, step));
  ASSERT_TRUE(lagging()) << "the outbox was never high";
  w.gate().post(entries(next, step));
  const std::uint64_t head = next + step - 1;

  std::uint64_t last = 0;
  std::optional<test::wire_frame> frame;
  while ((frame = alice.next()) && frame->is(frame_type::inbox_entry))
    ASSERT_EQ(frame->as<inbox_entry>()->seq, ++last) << "dense";
  EXPECT_LT(last, head);
  ASSERT_TRUE(frame && frame->is(frame_type::inbox_head));
  EXPECT_EQ(frame->as<inbox_head_push>()->head, head);
  w.gate().post(entries(head + 1, 1));
  EXPECT_EQ(alice.next()->as<inbox_entry>()->seq, head + 1);
}

TEST(inbox_gateway, an_entry_that_comes_while_logging_in_is_counted_in_the_answer) {
  account_world w;
  std::promise<void> go;
  std::atomic<bool> looking{false};
  const auto gone = go.get_future().share();
  auto policy_of = w.ports.policy_of;
  w.on_loop([&] {
    w.ports.policy_of = [&, policy_of](tenant_id tenant) {
      looking = true;
      gone.wait();
      return policy_of(tenant);
    };
  });
  wire_client alice(w.client_port);
  alice.ask(hello{});
  alice.send(7, login{w.tokens[0]});
  ASSERT_TRUE(wait_until([&] { return looking.load(); }));
  w.gate().post(entries(40, 2));
  w.on_loop([] {});
  go.set_value();
  EXPECT_EQ(alice.answer(7)->as<logged_in>()->inbox_head, 41u);
}

}  // namespace
}  // namespace conclave::actors
