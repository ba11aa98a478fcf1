/// The judge has to find what is planted: each kind of fault that a run looks for, and nothing in a
/// delivery that is right.
#include "bench/verifier.h"

#include <gtest/gtest.h>

namespace conclave::bench {
namespace {

constexpr conversation_id room_id{77};

/// A room with two speakers and one who listens.
class bench_verifier : public testing::Test {
 protected:
  bench_verifier() {
    room.number = 5;
    room.id = room_id;
    for (std::uint64_t i = 1; i <= 2; ++i) {
      speaker s;
      s.user = user_id{i};
      s.device = device_id{10 + i};
      room.speakers.push_back(s);
    }
    listener.user = user_id{3};
    push(1, founding(), event_kind::conversation_created);
  }

  static std::string founding() {
    created_body body;
    body.name = "room";
    body.members = {user_id{1}, user_id{2}, user_id{3}};
    return encode_body(body);
  }

  std::string body_of(std::uint32_t who, std::uint64_t number) const {
    std::string out;
    bodies.write(out, {room.number << 32 | who, number, 1'000});
    return out;
  }

  verifier::ruling push(std::uint64_t seq, const std::string& body, event_kind kind,
                        std::uint32_t who = 0, conversation_id c = room_id) {
    event_view event;
    event.seq = event_seq{seq};
    event.kind = kind;
    event.sender = room.speakers[who].user;
    event.device = room.speakers[who].device;
    event.body = body;
    std::string bytes;
    append_event(bytes, event);
    return judge.on_push(room, listener, c, event, bytes);
  }

  verifier::ruling say(std::uint64_t seq, std::uint64_t number, std::uint32_t who = 0) {
    return push(seq, body_of(who, number), event_kind::text, who);
  }

  verifier::ruling page(std::uint64_t seq, std::uint64_t number, std::uint32_t who = 0) {
    const std::string body = body_of(who, number);
    event_view event;
    event.seq = event_seq{seq};
    event.kind = event_kind::text;
    event.sender = room.speakers[who].user;
    event.device = room.speakers[who].device;
    event.body = body;
    return judge.on_page_event(room, listener, event);
  }

  payload bodies{160};
  fault_book faults;
  verifier judge{bodies, faults};
  room_record room;
  seat listener;
};

TEST_F(bench_verifier, a_right_delivery_has_no_fault) {
  EXPECT_TRUE(say(2, 1).heard);
  EXPECT_TRUE(say(3, 1, 1).heard);
  const auto third = say(4, 2);
  ASSERT_TRUE(third.heard);
  EXPECT_EQ(third.heard->sent_ns, 1'000u);
  room.last_ack = 4;
  judge.finish(room, listener);
  EXPECT_TRUE(faults.empty());
}

TEST_F(bench_verifier, a_duplicate_is_found) {
  say(2, 1);
  EXPECT_FALSE(say(2, 1).heard);
  EXPECT_EQ(faults.count("duplicate"), 1u);
}

TEST_F(bench_verifier, a_gap_is_found_and_asks_for_history) {
  say(2, 1);
  const auto ruling = say(4, 3);
  EXPECT_EQ(ruling.fetch_from, event_seq{3});
  EXPECT_EQ(faults.count("gap"), 1u);
}

TEST_F(bench_verifier, what_a_hint_spoke_of_may_be_left_out_and_nothing_behind_it) {
  verifier::on_head(listener, event_seq{3});
  say(4, 3);
  EXPECT_TRUE(faults.empty());
  say(5, 4);
  EXPECT_TRUE(faults.empty());
  say(7, 6);
  EXPECT_EQ(faults.count("gap"), 1u);
}

TEST_F(bench_verifier, what_a_page_brought_may_be_pushed_too_and_nothing_around_it) {
  say(2, 1);
  verifier::on_head(listener, event_seq{3});
  page(3, 2);
  verifier::on_page_end(listener, event_seq{}, event_seq{3});
  say(3, 2);
  EXPECT_TRUE(faults.empty());
  say(4, 3);
  say(4, 3);
  EXPECT_EQ(faults.count("duplicate"), 1u);
  say(2, 1);
  EXPECT_EQ(faults.count("duplicate"), 2u);
}

TEST_F(bench_verifier, an_ok_may_come_before_the_hint_and_a_push_may_not) {
  const auto ok = [&](std::uint64_t seq) { judge.on_ok(room, listener, 0, seq, event_seq{seq}); };
  ok(4);
  verifier::on_head(listener, event_seq{3});
  for (std::uint64_t seq = 2; seq <= 3; ++seq) page(seq, seq - 1, 1);
  verifier::on_page_end(listener, event_seq{}, event_seq{4});
  say(5, 3, 1);
  EXPECT_TRUE(faults.empty());
  ok(8);
  say(9, 4, 1);
  EXPECT_EQ(faults.count("gap"), 1u);
}

TEST_F(bench_verifier, an_own_message_on_a_page_is_no_delivery) {
  listener.user = room.speakers[0].user;
  verifier::on_head(listener, event_seq{3});
  EXPECT_FALSE(page(2, 1).heard);
  EXPECT_TRUE(page(3, 1, 1).heard);
}

TEST_F(bench_verifier, after_a_reconnect_the_last_page_ends_what_is_forgiven) {
  say(2, 1);
  verifier::on_reconnect(listener);
  say(2, 1);  // the old connection had it already
  say(9, 8);  // and what came meanwhile is for a page to tell
  EXPECT_TRUE(faults.empty());
  for (std::uint64_t seq = 3; seq <= 8; ++seq) page(seq, seq - 1);
  verifier::on_page_end(listener, event_seq{}, event_seq{8});
  ASSERT_TRUE(judge.next_kept(room, listener));
  say(8, 7);
  EXPECT_TRUE(faults.empty());
  say(9, 8);
  EXPECT_EQ(faults.count("duplicate"), 1u);
  say(11, 10);
  EXPECT_EQ(faults.count("gap"), 1u);
}

TEST_F(bench_verifier, an_ok_behind_what_came_after_it_is_found_also_after_a_lag) {
  verifier::on_head(listener, event_seq{2});
  page(2, 1);
  verifier::on_page_end(listener, event_seq{}, event_seq{2});
  judge.on_ok(room, listener, 0, 1, event_seq{2});
  EXPECT_TRUE(faults.empty());
  say(3, 2);
  judge.on_ok(room, listener, 0, 2, event_seq{3});
  EXPECT_EQ(faults.count("ack_order"), 1u);
}

TEST_F(bench_verifier, a_message_that_never_came_is_missing_even_if_the_seqs_are_dense) {
  say(2, 1);
  say(3, 3);
  EXPECT_EQ(faults.count("missing"), 1u);
}

TEST_F(bench_verifier, a_number_that_the_node_refused_may_be_left_out) {
  room.speakers[0].refused = 1;
  say(2, 1);
  say(3, 3);
  EXPECT_TRUE(faults.empty());
}

TEST_F(bench_verifier, what_was_acknowledged_and_did_not_come_is_missing_at_the_end) {
  say(2, 1);
  room.last_ack = 4;
  EXPECT_FALSE(verifier::has_all(room, listener));
  judge.finish(room, listener);
  EXPECT_EQ(faults.count("missing"), 2u);
}

TEST_F(bench_verifier, two_messages_of_one_speaker_in_the_wrong_order_are_a_reorder) {
  say(2, 2);
  say(3, 1);
  EXPECT_EQ(faults.count("reorder"), 1u);
}

TEST_F(bench_verifier, the_same_message_under_two_seqs_is_repeated) {
  say(2, 1);
  say(3, 1);
  EXPECT_EQ(faults.count("repeated"), 1u);
}

TEST_F(bench_verifier, an_order_that_is_not_the_same_for_everybody_is_a_reorder) {
  say(2, 1);
  say(3, 1, 1);
  listener = seat{};
  listener.user = user_id{4};
  push(1, founding(), event_kind::conversation_created);
  say(2, 1, 1);
  EXPECT_EQ(faults.count("reorder"), 1u);
}

TEST_F(bench_verifier, an_ok_that_names_the_seq_of_another_message_is_found) {
  say(2, 1);
  seat sender;
  sender.user = user_id{2};
  sender.cursor = client::conversation_cursor(event_seq{1});
  judge.on_ok(room, sender, 1, 1, event_seq{2});
  EXPECT_EQ(faults.count("wrong_seq"), 1u);
}

TEST_F(bench_verifier, a_conversation_of_others_is_a_wrong_member) {
  push(2, body_of(0, 1), event_kind::text, 0, conversation_id{99});
  EXPECT_EQ(faults.count("wrong_member"), 1u);
}

TEST_F(bench_verifier, whoever_was_removed_must_not_hear_what_follows) {
  push(2, encode_body(members_body{{user_id{3}}}), event_kind::member_removed);
  EXPECT_FALSE(listener.inside);
  say(3, 1);
  EXPECT_EQ(faults.count("wrong_member"), 1u);
}

TEST_F(bench_verifier, whoever_comes_later_hears_from_his_event_on) {
  listener = seat{};
  listener.user = user_id{3};
  listener.inside = false;
  push(6, encode_body(members_body{{user_id{3}}}), event_kind::members_added);
  EXPECT_TRUE(listener.inside);
  EXPECT_TRUE(say(7, 5).heard);
  EXPECT_TRUE(faults.empty());
}

TEST_F(bench_verifier, a_cut_or_altered_body_is_found) {
  std::string altered = body_of(0, 1);
  altered.back() = '!';
  push(2, altered, event_kind::text);
  push(3, body_of(0, 2).substr(0, 100), event_kind::text);
  EXPECT_EQ(faults.count("content"), 2u);
}

TEST_F(bench_verifier, a_body_under_another_name_or_of_another_room_is_found) {
  push(2, body_of(1, 1), event_kind::text, 0);
  EXPECT_EQ(faults.count("wrong_sender"), 1u);
  std::string stray;
  bodies.write(stray, {std::uint64_t{6} << 32, 1, 1'000});
  push(3, stray, event_kind::text);
  EXPECT_EQ(faults.count("wrong_conversation"), 1u);
}

}  // namespace
}  // namespace conclave::bench
