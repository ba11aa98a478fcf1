/// Tickets, error frames and the table of open requests: at most one answer per request, and
/// exactly one when nothing ends before.
#include "actors/reply.h"

#include "actors/session.h"
#include "tests/support/actor_fakes.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

namespace conclave::actors {
namespace {

using test::fake_loop;

TEST(ticket, p9_one_that_dies_unanswered_says_outcome_unknown) {
  fake_loop loop;
  { const ticket lost = loop.ticket_for(5); }
  EXPECT_EQ(loop.only(5).code, errc::outcome_unknown);
}

TEST(ticket, p9_it_answers_once_whatever_is_tried) {
  fake_loop loop;
  {
    ticket t = loop.ticket_for(5);
    t.reject(errc::forbidden);
    t.reject(errc::not_found);
    ticket moved = std::move(t);
    moved.reject(errc::overloaded);
  }
  EXPECT_EQ(loop.only(5).code, errc::forbidden);
}

TEST(ticket, p9_one_that_is_disarmed_stays_silent) {
  fake_loop loop;
  {
    ticket t = loop.ticket_for(5);
    EXPECT_EQ(t.disarm().correlation, 5u);
    EXPECT_FALSE(t.armed());
  }
  EXPECT_TRUE(loop.silent(5));
}

TEST(ticket, p9_what_the_engine_asks_of_itself_is_refused_in_silence_also_without_a_code) {
  ticket none;
  none.reject(errc::ok);
  none.reject(errc::corrupt, "not for the wire");
  EXPECT_FALSE(none.armed());
}

TEST(ticket, p9_a_ticket_that_takes_the_place_of_another_lets_both_be_answered) {
  fake_loop loop;
  {
    ticket kept = loop.ticket_for(5);
    kept = loop.ticket_for(6);
    EXPECT_EQ(loop.only(5).code, errc::outcome_unknown);
    kept.reject(errc::forbidden);
  }
  EXPECT_EQ(loop.only(5).code, errc::outcome_unknown);
  EXPECT_EQ(loop.only(6).code, errc::forbidden);
}

TEST(error_frame, codes_from_inside_the_node_and_their_details_never_leave_it) {
  for (const errc inside : {errc::corrupt, errc::io_error, errc::refused}) {
    const std::string frame = error_frame(9, inside, "/var/lib/conclave is gone");
    const auto message = decode<error_answer>(std::string_view(frame).substr(frame_header_size));
    ASSERT_TRUE(message.ok());
    EXPECT_EQ(message->code, errc::internal);
    EXPECT_EQ(message->text.find("/var"), std::string_view::npos);
  }
}

// -- open requests
// ---------------------------------------------------------------------------------

TEST(open_requests, p7_a_connection_has_at_most_256) {
  open_requests table;
  reply_address to;
  std::vector<reply_address> taken;
  for (std::size_t i = 0; i < limits::max_open_requests; ++i) {
    ASSERT_TRUE(table.take(i + 1, 100, request_cost::little, to));
    taken.push_back(to);
  }
  EXPECT_FALSE(table.take(999, 100, request_cost::little, to));
  EXPECT_TRUE(table.settle(taken[17]));
  EXPECT_TRUE(table.take(1000, 100, request_cost::little, to));
  EXPECT_EQ(to.slot, taken[17].slot);
  EXPECT_NE(to.generation, taken[17].generation);
  EXPECT_FALSE(table.take(1001, 100, request_cost::little, to));
}

TEST(open_requests, p9_what_was_answered_by_the_deadline_takes_no_room_of_what_is_asked_again) {
  open_requests table;
  reply_address to;
  table.take(7, 100, request_cost::opening, to);
  EXPECT_EQ(table.count(request_cost::opening), 1u);
  table.expire(100, [](std::uint64_t) {});
  EXPECT_EQ(table.count(request_cost::opening), 0u);
  EXPECT_EQ(table.size(), 1u);
  table.settle(to);
  EXPECT_EQ(table.count(request_cost::little), 0u);
}

TEST(open_requests, p9_after_the_deadline_the_real_answer_only_frees_the_slot) {
  open_requests table;
  reply_address to;
  table.take(7, 100, request_cost::little, to);
  std::vector<std::uint64_t> late;
  const auto note = [&](std::uint64_t correlation) { late.push_back(correlation); };
  table.expire(99, note);
  EXPECT_TRUE(late.empty());
  table.expire(100, note);
  table.expire(200, note);
  EXPECT_EQ(late, std::vector<std::uint64_t>{7});
  EXPECT_EQ(table.size(), 1u) << "its work is still under way";
  EXPECT_FALSE(table.settle(to));
  EXPECT_EQ(table.size(), 0u);
}

/// Random takes, answers, second answers and deadlines: each request is answered once.
TEST(open_requests, p9_each_request_is_answered_exactly_once_in_any_order) {
  for (std::uint32_t seed = 1; seed <= 50; ++seed) {
    std::mt19937 random(seed);
    open_requests table;
    std::map<std::uint64_t, int> answers;
    std::vector<reply_address> open;
    std::vector<reply_address> old;
    std::uint64_t next = 0;
    time_ms now = 0;
    const auto late = [&](std::uint64_t correlation) { ++answers[correlation]; };
    for (int step = 0; step < 4000; ++step) {
      now += random() % 3;
      const auto what = random() % 10;
      if (what < 5) {
        reply_address to;
        const bool room = open.size() < limits::max_open_requests;
        const auto cost = static_cast<request_cost>(next % 3);
        ASSERT_EQ(table.take(++next, now + random() % 400, cost, to), room);
        if (room) open.push_back(to);
        std::size_t counted = 0;
        for (const auto one : {request_cost::little, request_cost::target, request_cost::opening})
          counted += table.count(one);
        ASSERT_EQ(counted, open.size());
      } else if (what < 8 && !open.empty()) {
        const std::size_t at = random() % open.size();
        if (table.settle(open[at])) ++answers[open[at].correlation];
        old.push_back(open[at]);
        open.erase(open.begin() + static_cast<std::ptrdiff_t>(at));
      } else if (what == 8 && step % 100 == 0) {
        for (const auto& to : std::exchange(open, {}))
          if (table.settle(to)) ++answers[to.correlation];
      } else {
        table.expire(now, late);
      }
      ASSERT_EQ(table.size(), open.size());
    }
    for (const auto& to : open)
      if (table.settle(to)) ++answers[to.correlation];
    ASSERT_EQ(table.size(), 0u);
    for (const auto& [correlation, count] : answers) ASSERT_EQ(count, 1) << correlation;
    for (const auto& to : old) ASSERT_EQ(answers[to.correlation], 1);
  }
}

}  // namespace
}  // namespace conclave::actors
