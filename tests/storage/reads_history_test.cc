/// History pages against a plain model: a list of events and visible(). Random conversations,
/// random members who come and go, random requests; and walking page by page sees everything once.
#include "conf/limits.h"
#include "storage/reads.h"
#include "tests/storage/storage_fixture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace conclave::test {
namespace {

const shard_id shard{1};
const conversation_id room{77};
const user_id reader{9};

/// Puts rows into the store as one proposal of the tenant.
void write_rows(running_storage& node, redo_writer redo) {
  static std::uint64_t incarnation = 0;
  const entity_ref tenant{entity_kind::tenant, some_tenant, 0};
  const std::uint64_t version = node.claim(shard, tenant, ++incarnation);
  const auto owner = std::make_shared<recording_owner>();
  storage::proposal p;
  p.shard = shard;
  p.epoch = node.epoch(shard);
  p.entity = tenant;
  p.incarnation = incarnation;
  p.expected_version = version;
  p.new_version = version;
  p.redo = std::move(redo);
  p.owner = owner;
  node.writer().submit(std::move(p));
  ASSERT_TRUE(owner->wait_for(1)[0].what.committed);
}

/// The model: what a member sees, computed seq by seq.
struct model {
  std::vector<std::string> events;  ///< by seq - 1
  member_record member;

  bool sees(std::uint64_t seq) const {
    return seq >= 1 && seq <= events.size() && visible(member, event_seq{seq});
  }
  std::uint64_t head() const {
    for (std::uint64_t seq = events.size(); seq >= 1; --seq) {
      if (sees(seq)) return seq;
    }
    return 0;
  }

  storage::history_slice page(const history& request) const {
    storage::history_slice result;
    result.head = event_seq{head()};
    const bool forward = request.direction == history_direction::forward;
    std::uint64_t seq = request.from.value;
    if (forward && seq == 0) seq = 1;
    if (!forward && (seq == 0 || seq > events.size())) seq = events.size();
    std::vector<std::string> taken;
    std::size_t bytes = 0;
    for (; seq >= 1 && seq <= events.size(); forward ? ++seq : --seq) {
      if (!sees(seq)) continue;
      const std::string& event = events[seq - 1];
      const bool full = taken.size() == request.limit ||
                        (!taken.empty() && bytes + event.size() > limits::max_page_bytes);
      if (full) {
        result.next = event_seq{seq};
        break;
      }
      taken.push_back(event);
      bytes += event.size();
    }
    if (!forward) std::reverse(taken.begin(), taken.end());
    result.count = static_cast<std::uint32_t>(taken.size());
    for (const auto& event : taken) result.bytes += event;
    return result;
  }
};

class history_test : public ::testing::TestWithParam<unsigned> {
 protected:
  std::mt19937 random{GetParam()};
  std::uint64_t roll(std::uint64_t sides) { return random() % sides; }

  /// Mostly small bodies; now and then ones that fill pages.
  std::string body(bool heavy) {
    const std::uint64_t size = heavy && roll(3) == 0 ? 30'000 + roll(30'000) : 1 + roll(120);
    return std::string(size, static_cast<char>('a' + roll(26)));
  }

  model make_model() {
    model m;
    const bool heavy = roll(2) == 0;
    const std::uint64_t count = roll(60);
    for (std::uint64_t seq = 1; seq <= count; ++seq) {
      m.events.push_back(event_bytes(seq, body(heavy)));
    }
    // Spans as a member collects them: in, out, in again; the last one perhaps open.
    std::uint64_t at = 1 + roll(10);
    const std::uint64_t spans = roll(5);
    for (std::uint64_t i = 0; i < spans && at <= count; ++i) {
      const std::uint64_t last = at + roll(15);
      const bool open = i + 1 == spans && roll(2) == 0;
      m.member.spans.push_back({event_seq{at}, event_seq{open ? 0 : std::min(last, count)}});
      m.member.left = event_seq{open ? 0 : std::min(last, count)};
      at = last + 2 + roll(5);
    }
    m.member.joined = event_seq{1};
    return m;
  }
};

TEST_P(history_test, pages_are_those_of_the_model) {
  temporary_folder folder;
  running_storage node(options_for(folder.data()), false);
  for (std::uint64_t round = 0; round < 12; ++round) {
    const model m = make_model();
    const conversation_id conversation{100 + round};
    redo_writer redo;
    for (std::uint64_t seq = 1; seq <= m.events.size(); ++seq) {
      redo.put(keys::event(some_tenant, conversation, event_seq{seq}), m.events[seq - 1]);
    }
    redo.put(keys::member(some_tenant, conversation, reader), encode(m.member));
    // Neighbours on both sides, to be left alone.
    redo.put(keys::event(some_tenant, conversation_id{99}, event_seq{3}), event_bytes(3, "before"));
    redo.put(keys::event(some_tenant, conversation_id{112}, event_seq{1}), event_bytes(1, "after"));
    write_rows(node, std::move(redo));

    const storage::state_view view = node.data().view(shard);
    for (int i = 0; i < 60; ++i) {
      history request;
      request.conversation = conversation;
      request.from = event_seq{roll(70)};
      request.direction = roll(2) == 0 ? history_direction::forward : history_direction::backward;
      request.limit = static_cast<std::uint32_t>(roll(4) == 0 ? 1000 : 1 + roll(12));
      const auto got = storage::read_history(view, some_tenant, reader, request, 1);
      ASSERT_TRUE(got) << got.error().detail;
      const storage::history_slice want = m.page(request);
      EXPECT_EQ(got->head, want.head);
      EXPECT_EQ(got->next, want.next)
          << "from " << request.from.value << " limit " << request.limit;
      EXPECT_EQ(got->count, want.count);
      EXPECT_EQ(got->bytes, want.bytes);
    }

    for (const auto direction : {history_direction::forward, history_direction::backward}) {
      history request;
      request.conversation = conversation;
      request.direction = direction;
      request.limit = static_cast<std::uint32_t>(1 + roll(7));
      std::string walked;
      do {
        const auto got = storage::read_history(view, some_tenant, reader, request, 1);
        ASSERT_TRUE(got);
        const bool forward = direction == history_direction::forward;
        walked = forward ? walked + got->bytes : got->bytes + walked;
        request.from = got->next;
      } while (request.from);
      std::string all;
      for (std::uint64_t seq = 1; seq <= m.events.size(); ++seq) {
        if (m.sees(seq)) all += m.events[seq - 1];
      }
      EXPECT_EQ(walked, all);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(seeds, history_test, ::testing::Range(1u, 7u));

TEST(history, is_not_found_for_strangers_and_for_other_tenants) {
  temporary_folder folder;
  running_storage node(options_for(folder.data()), false);
  member_record member;
  member.joined = event_seq{1};
  member.spans = {{event_seq{1}, event_seq{0}}};
  redo_writer redo;
  redo.put(keys::event(some_tenant, room, event_seq{1}), event_bytes(1, "secret"));
  redo.put(keys::member(some_tenant, room, reader), encode(member));
  write_rows(node, std::move(redo));
  const storage::state_view view = node.data().view(shard);
  history request;
  request.conversation = room;
  EXPECT_EQ(storage::read_history(view, some_tenant, reader, request, 1)->count, 1u);
  const auto stranger = storage::read_history(view, some_tenant, user_id{10}, request, 1);
  ASSERT_FALSE(stranger);
  EXPECT_EQ(stranger.error().code, errc::not_found);
  const auto island = storage::read_history(view, tenant_id{8}, reader, request, 1);
  ASSERT_FALSE(island);
  EXPECT_EQ(island.error().code, errc::not_found);
}

TEST(history, a_page_reads_from_one_snapshot) {
  temporary_folder folder;
  running_storage node(options_for(folder.data()), false);
  member_record member;
  member.joined = event_seq{1};
  member.spans = {{event_seq{1}, event_seq{0}}};
  redo_writer before;
  before.put(keys::event(some_tenant, room, event_seq{1}), event_bytes(1, "one"));
  before.put(keys::member(some_tenant, room, reader), encode(member));
  write_rows(node, std::move(before));
  const storage::state_view view = node.data().view(shard);
  redo_writer after;
  after.put(keys::event(some_tenant, room, event_seq{2}), event_bytes(2, "two"));
  write_rows(node, std::move(after));
  history request;
  request.conversation = room;
  EXPECT_EQ(storage::read_history(view, some_tenant, reader, request, 1)->head, event_seq{1});
  EXPECT_EQ(storage::read_history(node.data().view(shard), some_tenant, reader, request, 1)->head,
            event_seq{2});
}

}  // namespace
}  // namespace conclave::test
