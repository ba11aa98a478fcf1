/// What a device that was away must drop, what an edited message was, what is pinned.
#include "storage/reads_sync.h"

#include "conf/limits.h"
#include "schemas/wire_reader.h"
#include "tests/storage/room_fixture.h"

#include <algorithm>

namespace conclave::test {
namespace {

class reads_sync_test : public room_test {
 protected:
  void went(std::uint64_t event, std::uint64_t target) {
    put_bytes(keys::gone(tenant, room, event_seq{event}, event_seq{target}), {});
  }
  auto gone(user_id reader, std::uint64_t cursor, std::uint64_t after = 0) {
    return storage::list_gone(view(), tenant, reader, room, event_seq{cursor}, event_seq{after});
  }
  static std::vector<event_seq> seqs(std::initializer_list<std::uint64_t> values) {
    std::vector<event_seq> result;
    for (const std::uint64_t value : values) result.emplace_back(value);
    return result;
  }

  auto versions(user_id reader, std::uint64_t target, time_ms now = 5000) {
    return storage::list_versions(view(), tenant, reader, room, event_seq{target}, now);
  }
  /// The bodies of a list of events.
  static std::vector<std::string> bodies(const storage::version_rows& page) {
    std::vector<std::string> result;
    wire::reader in(page.bytes);
    for (std::uint32_t i = 0; i < page.count; ++i) {
      const char* const first = in.position();
      EXPECT_TRUE(in.skip(wire::max_depth));
      const auto event = decode_event({first, static_cast<std::size_t>(in.position() - first)});
      EXPECT_TRUE(event);
      result.emplace_back(event->body);
    }
    EXPECT_TRUE(in.at_end());
    return result;
  }
  /// Message 1, edited by events 2, 3, …: "0", then "1", "2" …
  void edit_often(std::uint64_t times, std::size_t size = 1) {
    std::vector<std::string> kept;
    kept.reserve(times + 1);
    event_view at = message(1, kept.emplace_back(std::string(size, '0')));
    for (std::uint64_t i = 1; i <= times; ++i) {
      const std::string& body = kept.emplace_back(std::to_string(i) + std::string(size - 1, ' '));
      edit(at, i + 1, body);
      at.body = body;
      at.flags = event_flags::edited;
      at.changed = event_seq{i + 1};
    }
  }

  void pin(std::uint64_t target, time_ms time, user_id by = alice) {
    put(keys::pin(tenant, room, event_seq{target}), pin_record{by, time});
  }
  std::vector<event_seq> pinned(user_id reader, time_ms now = 9000) {
    const auto rows = storage::list_pins(view(), tenant, reader, room, now);
    EXPECT_TRUE(rows) << rows.error().detail;
    std::vector<event_seq> result;
    if (rows) {
      for (const auto& row : *rows) result.push_back(row.seq);
    }
    return result;
  }
};

TEST_F(reads_sync_test, a_device_drops_what_it_has_and_went_since) {
  put_member(alice, present(1));
  went(6, 2);
  went(8, 3);
  went(9, 8);
  went(12, 4);
  went(12, 11);
  EXPECT_EQ(gone(alice, 5)->gone, seqs({2, 3, 4})) << "what it has not got yet comes emptied";
  EXPECT_EQ(gone(alice, 6)->gone, seqs({3, 4})) << "it has learnt of event 6";
  EXPECT_EQ(gone(alice, 11)->gone, seqs({4, 11}));
  EXPECT_TRUE(gone(alice, 12)->gone.empty());
  EXPECT_TRUE(gone(alice, 0)->gone.empty());
  EXPECT_EQ(gone(alice, 5)->next, event_seq{0});
  EXPECT_EQ(gone(alice, 5, 8)->gone, seqs({4})) << "goes on after";
  EXPECT_EQ(gone(alice, 11, 6)->gone, seqs({4, 11})) << "never before the cursor";
}

TEST_F(reads_sync_test, what_went_is_told_of_what_the_reader_sees) {
  put_member(bob, former(3, 5));
  went(8, 2);
  went(8, 4);
  went(9, 6);
  EXPECT_EQ(gone(bob, 7)->gone, seqs({4})) << "after he left, too: he must drop it";
  EXPECT_EQ(gone(stranger, 7).error().code, errc::not_found);
  EXPECT_EQ(
      storage::list_gone(view(), neighbour, bob, room, event_seq{7}, event_seq{}).error().code,
      errc::not_found);
}

TEST_F(reads_sync_test, pages_of_what_went_never_divide_an_event) {
  put_member(alice, present(1));
  // 900 messages one by one, then 800 by one event, then one more.
  for (std::uint64_t i = 1; i <= 900; ++i) went(5000 + i, i);
  for (std::uint64_t i = 1; i <= 800; ++i) went(6000, 1000 + i);
  went(6001, 4000);
  const auto first = gone(alice, 5000);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->gone.size(), 1700u);
  EXPECT_EQ(first->next, event_seq{6000});
  const auto second = gone(alice, 5000, first->next.value);
  EXPECT_EQ(second->gone, seqs({4000}));
  EXPECT_EQ(second->next, event_seq{0});
}

TEST_F(reads_sync_test, a_page_of_what_went_ends_though_it_finds_nothing) {
  put_member(alice, present(1));
  for (std::uint64_t i = 1; i <= 5000; ++i) went(10'000 + i, 9'000 - i % 100);
  went(20'000, 7);
  const auto first = gone(alice, 100);
  EXPECT_TRUE(first->gone.empty());
  EXPECT_EQ(first->next, event_seq{14'000});
  EXPECT_EQ(gone(alice, 100, first->next.value)->gone, seqs({7}));
}

TEST_F(reads_sync_test, versions_are_what_a_message_was_oldest_first) {
  put_member(alice, present(1));
  edit_often(3);
  const auto page = versions(alice, 1);
  ASSERT_TRUE(page);
  EXPECT_EQ(bodies(*page), (std::vector<std::string>{"0", "1", "2"}));
  EXPECT_EQ(versions(alice, 2)->count, 0u) << "what is no message was never edited";
}

TEST_F(reads_sync_test, of_many_versions_the_newest_are_given) {
  put_member(alice, present(1));
  edit_often(130);
  const auto many = bodies(*versions(alice, 1));
  EXPECT_EQ(many.size(), 100u);
  EXPECT_EQ(many.front(), "30");
  EXPECT_EQ(many.back(), "129");
}

TEST_F(reads_sync_test, versions_end_at_the_bytes_of_a_page) {
  put_member(alice, present(1));
  edit_often(8, 60'000);
  const auto page = versions(alice, 1);
  EXPECT_EQ(page->count, 4u);
  EXPECT_LE(page->bytes.size(), limits::max_page_bytes);
  EXPECT_EQ(bodies(*page).back().substr(0, 2), "7 ");
}

TEST_F(reads_sync_test, p5_versions_are_gone_with_their_message) {
  put_member(alice, present(1));
  event_view expiring = message(1, "soon");
  expiring.expires = 2000;
  put_event(expiring);
  edit(expiring, 2, "sooner");
  EXPECT_EQ(versions(alice, 1, 1999)->count, 1u);
  EXPECT_EQ(versions(alice, 1, 1999)->due, 2000u);
  EXPECT_EQ(versions(alice, 1, 2000).error().code, errc::gone);
  recall(message(1, {}), 3);
  EXPECT_EQ(versions(alice, 1, 1).error().code, errc::gone);
}

TEST_F(reads_sync_test, versions_are_for_those_who_see_the_message_and_the_edits) {
  put_member(alice, present(1));
  put_member(bob, former(1, 3));
  put_member(carol, present(2));
  edit_often(4);  // by events 2 to 5
  EXPECT_EQ(bodies(*versions(bob, 1)), (std::vector<std::string>{"0", "1"}))
      << "he has left with event 3: what it wrote is the message to him";
  EXPECT_EQ(versions(carol, 1).error().code, errc::not_found);
  EXPECT_EQ(versions(stranger, 1).error().code, errc::not_found);
  EXPECT_EQ(versions(alice, 77).error().code, errc::not_found);
}

TEST_F(reads_sync_test, pins_are_those_that_are_seen_and_not_gone) {
  put_member(alice, present(1));
  put_member(carol, present(3));
  say(1, 5);
  event_view expiring = message(4, "soon");
  expiring.expires = 2000;
  put_event(expiring);
  for (const std::uint64_t seq : {5, 4, 3, 1}) pin(seq, 1100 + seq);
  EXPECT_EQ(pinned(alice, 1999), seqs({1, 3, 4, 5}));
  EXPECT_EQ(pinned(alice, 2000), seqs({1, 3, 5}));
  EXPECT_EQ(pinned(carol, 2000), seqs({3, 5}));
  recall(message(3, "body 3"), 6);
  EXPECT_EQ(pinned(alice), seqs({1, 5}));
  const auto rows = storage::list_pins(view(), tenant, alice, room, 9000);
  EXPECT_EQ((*rows)[0].record, (pin_record{alice, 1101}));
  EXPECT_EQ(storage::list_pins(view(), tenant, stranger, room, 1).error().code, errc::not_found);
  EXPECT_EQ(storage::list_pins(view(), neighbour, alice, room, 1).error().code, errc::not_found);
}

TEST_F(reads_sync_test, p4_who_has_left_is_not_told_what_was_pinned_after_that) {
  put_member(bob, former(1, 3));
  say(1, 6);
  pin(1, 1003);  // by the very event he left with at the latest
  pin(2, 1004);
  EXPECT_EQ(pinned(bob), seqs({1}));
}

}  // namespace
}  // namespace conclave::test
