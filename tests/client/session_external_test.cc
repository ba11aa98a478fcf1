/// People of other tenants, as the library sees them: adding them, and being one of them, in a
/// conversation whose user ids are those of its host.
#include "client/session.h"
#include "tests/client/fake_node.h"
#include "tests/support/waiting.h"

#include <gtest/gtest.h>

#include <mutex>

namespace conclave::client {
namespace {

constexpr user_id self{901};

class session_external : public ::testing::Test {
 protected:
  /// The fake node's group is acme's from now on, and whoever asks is user 901 in it.
  void belongs_to_acme() {
    node_.script(frame_type::list_conversations, [this](net::connection& c, const frame_view& f) {
      conversations_page page;
      if (listed_) {
        conversation_summary s;
        s.conversation = fake_node::group;
        s.head = event_seq{node_.head()};
        s.external = true;
        s.host = "acme";
        s.self = self;
        page.conversations.push_back(s);
      }
      node_.answer(c, f, page);
    });
  }

  std::unique_ptr<session> open(session_events events = {}) {
    node_.start();
    auto s = session::connect(node_.options(1), std::move(events));
    EXPECT_TRUE(s) << s.error().detail;
    return std::move(*s);
  }

  fake_node node_;
  bool listed_ = true;  // on the node's thread once it runs
};

TEST_F(session_external, adding_names_the_other_tenant_and_tells_its_refusal) {
  std::string payload;
  node_.script(frame_type::add_external, [&](net::connection& c, const frame_view& f) {
    payload = f.payload;
    node_.answer(c, f, ok_answer{event_seq{9}, 5});
  });
  const auto s = open();
  const auto added = s->add_external(fake_node::group, "globex", {"carol", "dan"});
  ASSERT_TRUE(added) << added.error().detail;
  EXPECT_EQ(added->seq, event_seq{9});
  const auto m = decode<add_external>(payload);
  ASSERT_TRUE(m);
  EXPECT_EQ(m->conversation, fake_node::group);
  EXPECT_EQ(m->tenant_name, "globex");
  EXPECT_EQ(m->names, (std::vector<std::string_view>{"carol", "dan"}));
  EXPECT_GT(m->client_seq, 0u);
  node_.run([&] {
    node_.script(frame_type::add_external, [&](net::connection& c, const frame_view& f) {
      node_.refuse(c, f, errc::not_found);
    });
  });
  const auto refused = s->add_external(fake_node::group, "globex", {"nobody"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::not_found);
}

TEST_F(session_external, names_are_resolved_within_a_conversation_only_when_that_is_asked) {
  std::vector<conversation_id> asked;
  node_.script(frame_type::resolve_users, [&](net::connection& c, const frame_view& f) {
    asked.push_back(decode<resolve_users>(f.payload)->conversation);
    users_resolved m;
    m.users.push_back({self, "u1@tests"});
    node_.answer(c, f, m);
  });
  const auto s = open();
  const auto there = s->resolve({}, {self}, fake_node::group);
  ASSERT_TRUE(there);
  EXPECT_EQ(there->at(0).user_name, "u1@tests");
  ASSERT_TRUE(s->resolve({"u2"}));
  EXPECT_EQ(asked, (std::vector<conversation_id>{fake_node::group, conversation_id{0}}));
}

TEST_F(session_external, the_list_tells_host_and_self_and_the_session_remembers_them) {
  belongs_to_acme();
  const auto s = open();
  const auto all = s->list_conversations();
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 1u);
  EXPECT_TRUE(all->front().external);
  EXPECT_EQ(all->front().host, "acme");
  EXPECT_EQ(all->front().self, self);
  const auto before = node_.count(frame_type::list_conversations);
  const auto place = s->place(fake_node::group);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->self, self);
  EXPECT_EQ(place->host, "acme");
  EXPECT_EQ(node_.count(frame_type::list_conversations), before);
}

TEST_F(session_external, in_the_own_tenants_conversation_i_am_who_i_am) {
  const auto s = open();
  const auto place = s->place(fake_node::group);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->self, user_id{1});
  EXPECT_EQ(place->host, "");
  const auto none = s->place(conversation_id{78});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, errc::not_found);
}

TEST_F(session_external, an_own_message_is_handed_out_under_the_id_that_i_have_there) {
  belongs_to_acme();
  std::mutex mutex;
  std::vector<user_id> senders;
  session_events events;
  events.on_event = [&](conversation_id, const event_view& e) {
    const std::lock_guard lock(mutex);
    if (e.kind == event_kind::text) senders.push_back(e.sender);
  };
  const auto s = open(std::move(events));
  ASSERT_TRUE(s->wait_until_caught_up(std::chrono::seconds{10}));
  ASSERT_TRUE(s->send(fake_node::group, "hello"));
  EXPECT_TRUE(test::wait_until([&] {
    const std::lock_guard lock(mutex);
    return !senders.empty();
  }));
  const std::lock_guard lock(mutex);
  EXPECT_EQ(senders, std::vector<user_id>{self});
}

TEST_F(session_external, a_conversation_that_appears_is_followed_from_where_self_joined) {
  belongs_to_acme();
  listed_ = false;
  std::vector<user_id> asked_after;
  node_.script(frame_type::list_members, [&](net::connection& c, const frame_view& f) {
    asked_after.push_back(decode<list_members>(f.payload)->after);
    members_page page;
    member_entry me;
    me.user = self;
    me.joined = event_seq{3};
    page.members.push_back(me);
    node_.answer(c, f, page);
  });
  std::mutex mutex;
  std::vector<std::uint64_t> seqs;
  session_events events;
  events.on_event = [&](conversation_id, const event_view& e) {
    const std::lock_guard lock(mutex);
    seqs.push_back(e.seq.value);
  };
  const auto s = open(std::move(events));
  ASSERT_TRUE(s->wait_until_caught_up(std::chrono::seconds{10}));
  node_.run([&] { listed_ = true; });
  node_.lose_push = 100;
  node_.say("before me");
  node_.say("with me");
  node_.lose_push = 0;
  node_.say("after");
  EXPECT_TRUE(test::wait_until([&] {
    const std::lock_guard lock(mutex);
    return !seqs.empty() && seqs.back() == 4;
  }));
  const std::lock_guard lock(mutex);
  EXPECT_EQ(seqs, (std::vector<std::uint64_t>{3, 4}));
  node_.run([&] { EXPECT_EQ(asked_after, std::vector<user_id>{user_id{900}}); });
}

}  // namespace
}  // namespace conclave::client
