/// Many timers of one conversation at once, looked at before the first of them has fired.
#include "conf/limits.h"
#include "tests/support/conversation_driver.h"

#include <gtest/gtest.h>

#include <map>

namespace conclave::actors {
namespace {

using test::acme;
using test::conversation_driver;
using test::room;
using verb = conversation_verb;

constexpr std::uint64_t batch_size = 500;

/// All timers, with their messages as one look at the rows shows them.
std::vector<request_details> batches_of(const conversation_driver& c) {
  std::vector<request_details> batches;
  storage::target_image seen = c.rows.target(acme, room, {}, event_seq{1});
  for (const auto& [key, value] : c.rows.all()) {
    const auto timer = keys::parse_timer(key);
    if (!timer) continue;
    if (batches.empty() || batches.back().due.size() == batch_size) batches.emplace_back();
    seen.event = c.rows.get(keys::event(acme, room, timer->seq));
    batches.back().due.push_back({*timer, seen});
  }
  return batches;
}

class many_timers : public ::testing::Test {
 protected:
  void say(std::uint64_t count) {
    c.create(1, 1, {2});
    request_details more;
    more.expires_after_ms = 1'000;
    for (std::uint64_t key = 2; key < 2 + count; ++key) {
      c.ask_with(verb::send, 1, key, more, "secret");
      if (key % 1'000 == 0) c.commit();
    }
    if (c.state().has_draft()) c.commit();
    c.now += 1'000;
  }
  /// How often each message went, by the committed events.
  std::map<std::uint64_t, int> went() {
    std::map<std::uint64_t, int> times;
    for (const auto& [key, value] : c.rows.all()) {
      if (!keys::parse(table::event, key)) continue;
      const auto event = decode_event(value);
      if (event->kind != event_kind::gone) continue;
      const auto body = decode_body<gone_body>(event->body);
      for (const event_seq seq : body->seqs) ++times[seq.value];
    }
    return times;
  }
  void expect_each_once(std::uint64_t count) {
    const auto times = went();
    EXPECT_EQ(times.size(), count);
    for (const auto& [seq, often] : times) ASSERT_EQ(often, 1) << "seq " << seq;
  }

  conversation_driver c;
};

TEST_F(many_timers, p2_what_is_given_out_again_before_it_is_committed_goes_once) {
  const std::uint64_t count = limits::max_remembered_rewrites + 2 * batch_size;
  say(count);
  const auto batches = batches_of(c);
  for (int round = 0; round < 2; ++round)
    for (const request_details& due : batches) c.ask_with(verb::due, 0, 0, due);
  c.commit();
  // What was looked at too long ago was left alone: it is looked at again.
  for (const request_details& due : batches_of(c)) {
    c.ask_with(verb::due, 0, 0, due);
    c.commit();
  }
  expect_each_once(count);
}

TEST_F(many_timers, p5_as_many_as_are_given_out_at_once_fire_at_once) {
  constexpr std::uint64_t count = limits::max_timers_on_their_way;
  say(2 * count);
  for (int round = 0; round < 2; ++round) {
    const auto batches = batches_of(c);
    for (std::uint64_t i = 0; i <= count / batch_size && i < batches.size(); ++i)
      EXPECT_EQ(c.ask_with(verb::due, 0, 0, batches[i]).what, ruling::kind::announced);
    c.commit();
  }
  EXPECT_TRUE(batches_of(c).empty());
  expect_each_once(2 * count);
}

}  // namespace
}  // namespace conclave::actors
