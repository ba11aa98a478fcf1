/// Where a device that has memory begins in a conversation that it does not know (P2), while the
/// node has not said yet since when its user is in it; and that the end of a session is no answer.
#include "client/session.h"
#include "tests/client/fake_node.h"
#include "tests/support/waiting.h"

#include <gtest/gtest.h>

#include <functional>
#include <mutex>

namespace conclave::client {
namespace {

using test::wait_until;
using seqs = std::vector<std::uint64_t>;

constexpr conversation_id group = fake_node::group;

class beginning : public testing::Test {
 protected:
  beginning() {
    // The group is not in the list yet; who asks where he is in it is told.
    node.script(frame_type::list_conversations, [this](net::connection& c, const frame_view& f) {
      conversations_page page;
      if (listed || decode<list_conversations>(f.payload)->limit == 1) {
        conversation_summary s;
        s.conversation = group;
        s.head = event_seq{node.head()};
        s.member = true;
        page.conversations.push_back(s);
      }
      node.answer(c, f, page);
    });
    node.script(frame_type::list_members, [this](net::connection& c, const frame_view& f) {
      answer_members = [this, &c, header = f.header] {
        members_page page;
        member_entry me;
        me.user = user_id{2};
        me.joined = event_seq{5};
        me.user_name = "u2";
        page.members.push_back(me);
        node.answer(c, frame_view{header, {}}, page);
      };
      asked = true;
    });
    node.start();
  }

  std::unique_ptr<session> connect() {
    session_options options = node.options(2);
    options.state.tenant = tenant_id{1};
    options.state.user = user_id{2};
    options.state.device = device_id{2};
    options.state.conversations[conversation_id{5}].following = true;
    session_events events;
    events.on_event = [this](conversation_id c, const event_view& event) {
      const std::lock_guard lock(mutex);
      if (c == group) heard.push_back(event.seq.value);
    };
    auto s = session::connect(options, std::move(events));
    EXPECT_TRUE(s);
    return s ? std::move(*s) : nullptr;
  }
  void add_somebody() {
    node.run([&] {
      node.happen(user_id{1}, event_kind::members_added, encode_body(members_body{{user_id{9}}}));
    });
  }
  bool hears(const seqs& wanted) {
    return wait_until([&] {
      const std::lock_guard lock(mutex);
      return heard == wanted;
    });
  }

  fake_node node;
  std::atomic<bool> listed{false};
  std::atomic<bool> asked{false};
  std::function<void()> answer_members;
  std::mutex mutex;
  seqs heard;
};

TEST_F(beginning, p2_who_others_add_after_a_hint_does_not_decide_where) {
  const auto s = connect();
  ASSERT_TRUE(s->wait_until_caught_up(std::chrono::milliseconds{5'000}));
  node.lose_push = 100;
  for (int i = 0; i < 8; ++i) node.say("not pushed");
  node.hint(9);
  ASSERT_TRUE(wait_until([&] { return asked.load(); }));
  node.lose_push = 0;
  add_somebody();
  node.say("and on it goes");
  node.run([&] { answer_members(); });
  EXPECT_TRUE(hears({5, 6, 7, 8, 9, 10, 11}));
}

TEST_F(beginning, p2_who_others_add_after_the_list_does_not_decide_where) {
  for (int i = 0; i < 8; ++i) node.say("while this device was away");
  listed = true;
  const auto s = connect();
  ASSERT_TRUE(wait_until([&] { return asked.load(); }));
  add_somebody();
  node.say("and on it goes");
  node.run([&] { answer_members(); });
  EXPECT_TRUE(hears({5, 6, 7, 8, 9, 10, 11}));
}

TEST_F(beginning, the_event_that_adds_the_user_is_where_he_begins) {
  for (int i = 0; i < 3; ++i) node.say("before his time");
  const auto s = connect();
  ASSERT_TRUE(s->wait_until_caught_up(std::chrono::milliseconds{5'000}));
  node.run([&] {
    node.happen(user_id{1}, event_kind::members_added, encode_body(members_body{{user_id{2}}}));
  });
  EXPECT_TRUE(hears({5}));
  EXPECT_FALSE(asked) << "nobody has to be asked";
}

TEST_F(beginning, the_end_of_a_session_does_not_decide_where) {
  for (int i = 0; i < 8; ++i) node.say("while this device was away");
  listed = true;
  const auto s = connect();
  ASSERT_TRUE(wait_until([&] { return asked.load(); }));
  node.send_goaway(errc::replaced);
  EXPECT_FALSE(s->list_conversations()) << "waits for the end";
  EXPECT_FALSE(s->export_state().conversations[group].following);
  EXPECT_TRUE(hears({}));
}

}  // namespace
}  // namespace conclave::client
