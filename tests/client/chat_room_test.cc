/// chat_room: what a person sees of a conversation while it goes on.
#include "client/cli/chat_room.h"

#include <gtest/gtest.h>

namespace conclave::client::cli {
namespace {

class few_names : public names {
 public:
  std::string of(user_id user) const override {
    const char* known[] = {"the node", "alice", "bob", "carol", "dave"};
    return user.value < 5 ? known[user.value] : "user";
  }
};

constexpr user_id alice{1};
constexpr user_id bob{2};
constexpr user_id carol{3};
constexpr time_ms now = 1'700'000'000'000;
using lines = chat_room::lines;

class chat_room_of_alice : public ::testing::Test {
 protected:
  chat_room_of_alice() {
    created_body body;
    body.name = "Lunch";
    body.members = {alice, bob, carol};
    happen(alice, event_kind::conversation_created, encode_body(body));
  }

  lines happen(user_id sender, event_kind kind, const std::string& body, std::uint64_t target = 0,
               event_view e = {}) {
    e.seq = event_seq{++seq_};
    e.kind = kind;
    e.sender = sender;
    e.time = now;
    e.target = event_seq{target};
    e.body = body;
    return room_.take(e, now);
  }
  lines say(user_id sender, const std::string& text, event_view e = {}) {
    return happen(sender, event_kind::text, text, 0, std::move(e));
  }

  few_names who_;
  chat_room room_{alice, who_, false};
  std::uint64_t seq_ = 0;
};

/// Without the time in front, which depends on where the test runs.
std::string tail(const lines& all) {
  if (all.size() != 1) return std::to_string(all.size()) + " lines";
  return all.front().substr(all.front().find("  ") + 2);
}

TEST_F(chat_room_of_alice, a_reply_quotes_what_it_answers_in_a_few_words) {
  say(bob, "the pizza place at the corner has closed for good");
  event_view reply;
  reply.reply_to = event_seq{2};
  EXPECT_EQ(tail(say(carol, "no!", reply)),
            "#3 carol: [#2 bob: the pizza place at the corner …] no!");
  happen(bob, event_kind::recalled, "", 2);
  EXPECT_EQ(tail(say(carol, "why?", reply)), "#5 carol: [#2 bob: (gone)] why?");
}

TEST_F(chat_room_of_alice, edits_recalls_and_reactions_are_told_with_what_they_are_about) {
  say(bob, "pizz");
  EXPECT_EQ(tail(happen(bob, event_kind::edited, "pizza", 2)), "* bob edited #2: pizza");
  EXPECT_EQ(tail(happen(carol, event_kind::reaction, encode_body(reaction_body{"+1", false}), 2)),
            "* carol reacts with +1 to #2 [#2 bob: pizza]");
  EXPECT_EQ(tail(happen(bob, event_kind::recalled, "", 2)), "* bob took #2 back");
}

TEST_F(chat_room_of_alice, bytes_that_are_no_text_are_counted_wherever_they_are_quoted) {
  happen(bob, event_kind::opaque, "\x9b[31m");
  event_view reply;
  reply.reply_to = event_seq{2};
  EXPECT_EQ(tail(say(carol, "what is it?", reply)), "#3 carol: [#2 bob: (5 bytes)] what is it?");
  EXPECT_EQ(tail(happen(bob, event_kind::edited, "\x9b[", 2)), "* bob edited #2: (2 bytes)");
  EXPECT_EQ(room_.quote(event_seq{2}), "#2 bob: (2 bytes)");
  EXPECT_EQ(room_.quote(event_seq{99}), "");
  EXPECT_EQ(room_.quote(event_seq{3}, 4), "#3 carol: what…");
}

TEST_F(chat_room_of_alice, a_message_that_expires_is_announced_once_when_it_goes) {
  event_view soon;
  soon.expires = now + 30'000;
  EXPECT_EQ(tail(say(bob, "secret", soon)), "#2 bob: secret (goes in 30 s)");
  EXPECT_TRUE(room_.tick(now + 29'999).empty());
  EXPECT_EQ(room_.tick(now + 30'000), lines{"       * #2 expired"});
  EXPECT_TRUE(room_.tick(now + 30'100).empty());
  EXPECT_TRUE(happen(user_id{0}, event_kind::gone,
                     encode_body(gone_body{gone_reason::expired, {event_seq{2}}}))
                  .empty())
      << "the node's word is no news";
}

TEST_F(chat_room_of_alice, what_the_node_says_first_is_said_by_its_event) {
  event_view soon;
  soon.expires = now + 30'000;
  say(bob, "secret", soon);
  EXPECT_EQ(tail(happen(user_id{0}, event_kind::gone,
                        encode_body(gone_body{gone_reason::expired, {event_seq{2}}}))),
            "* #2 expired");
  EXPECT_TRUE(room_.tick(now + 60'000).empty());
}

TEST_F(chat_room_of_alice, an_opened_message_burns_once_by_the_clock_or_by_the_inbox) {
  event_view burning;
  burning.flags = event_flags::burning;
  burning.burn_ms = 10'000;
  EXPECT_EQ(tail(say(bob, "", burning)), "#2 bob: (burning: 10 s from the first look; open #2)");
  room_.opened(event_seq{2}, now + 10'000);
  EXPECT_TRUE(room_.tick(now + 9'000).empty());
  EXPECT_EQ(room_.tick(now + 10'000), lines{"       * #2 burned for you"});
  EXPECT_TRUE(room_.burned(event_seq{2}).empty());
  say(bob, "", burning);
  EXPECT_EQ(room_.burned(event_seq{3}), lines{"       * #3 burned for you"});
  EXPECT_TRUE(room_.burned(event_seq{99}).empty()) << "not of this conversation's past as shown";
}

TEST_F(chat_room_of_alice, what_went_while_the_line_was_lost_is_told_once) {
  say(bob, "a");
  say(bob, "b");
  EXPECT_EQ(room_.take_gone({event_seq{2}, event_seq{3}, event_seq{50}}),
            lines{"       * #2, #3 are gone"});
  EXPECT_TRUE(room_.take_gone({event_seq{2}}).empty());
}

TEST_F(chat_room_of_alice, a_small_group_that_has_read_my_last_message_is_told_once) {
  say(alice, "one");
  say(alice, "two");
  EXPECT_TRUE(room_.read_by(bob, event_seq{3}).empty());
  EXPECT_TRUE(room_.read_by(carol, event_seq{2}).empty()) << "only the first";
  EXPECT_EQ(room_.read_by(carol, event_seq{3}), lines{"       * everybody has read #3"});
  EXPECT_TRUE(room_.read_by(carol, event_seq{3}).empty());
  say(alice, "three");
  EXPECT_TRUE(room_.read_by(bob, event_seq{4}).empty());
  EXPECT_EQ(room_.mine(), event_seq{4});
}

TEST_F(chat_room_of_alice, whoever_is_typing_stops_by_himself_by_speaking_or_after_a_while) {
  room_.typing(bob, true, 1'000);
  EXPECT_EQ(room_.typing_line(1'000), "bob is typing…");
  room_.typing(carol, true, 2'000);
  EXPECT_EQ(room_.typing_line(2'000), "bob, carol are typing…");
  EXPECT_EQ(room_.typing_line(7'500), "carol is typing…");
  say(carol, "there");
  EXPECT_EQ(room_.typing_line(7'500), "");
  room_.typing(bob, true, 9'000);
  room_.typing(bob, false, 9'100);
  EXPECT_EQ(room_.typing_line(9'100), "");
  room_.typing(alice, true, 9'200);
  EXPECT_EQ(room_.typing_line(9'200), "") << "I know that I am";
}

TEST_F(chat_room_of_alice, keeps_the_newest_messages_only) {
  for (std::size_t i = 0; i < chat_room::max_kept + 1'000; ++i) say(bob, "x");
  EXPECT_LE(room_.view().messages().size(), chat_room::max_kept + 500);
  EXPECT_EQ(room_.view().messages().back().seq.value, seq_);
}

}  // namespace
}  // namespace conclave::client::cli
