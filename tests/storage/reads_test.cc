/// The typed reads of actors and lists: what was put comes back, in order, and nothing of a
/// neighbour.
#include "storage/reads.h"

#include "schemas/number_value.h"
#include "storage/reads_account.h"
#include "storage/reads_inbox.h"
#include "tests/storage/storage_fixture.h"

#include <gtest/gtest.h>

namespace conclave::test {
namespace {

using storage::state_view;

const shard_id shard{0};
const tenant_id tenant{7};
const tenant_id neighbour{8};
const conversation_id room{500};

member_record present(std::uint64_t joined) {
  member_record m;
  m.joined = event_seq{joined};
  m.spans = {{event_seq{joined}, event_seq{0}}};
  return m;
}

member_record gone(std::uint64_t joined, std::uint64_t left) {
  member_record m = present(joined);
  m.left = event_seq{left};
  m.spans = {{event_seq{joined}, event_seq{left}}};
  return m;
}

class reads_test : public ::testing::Test {
 protected:
  temporary_folder folder;
  running_storage node{options_for(folder.data()), false};
  redo_writer rows;

  state_view written() {
    const entity_ref entity{entity_kind::tenants, system_tenant, 0};
    node.claim(shard, entity, 1);
    const auto owner = std::make_shared<recording_owner>();
    storage::proposal p;
    p.shard = shard;
    p.epoch = node.epoch(shard);
    p.entity = entity;
    p.incarnation = 1;
    p.redo = rows;
    p.owner = owner;
    node.writer().submit(std::move(p));
    EXPECT_TRUE(owner->wait_for(1)[0].what.committed);
    return node.data().view(shard);
  }

  void put_room() {
    conversation_record record;
    record.title = "kitchen";
    record.creator = user_id{1};
    record.op_id = 12;
    record.created = 99;
    rows.put(keys::conversation(tenant, room), encode(record));
    for (std::uint64_t seq = 1; seq <= 5; ++seq) {
      rows.put(keys::event(tenant, room, event_seq{seq}), event_bytes(seq, "x", 1000 + seq));
    }
    rows.put(keys::member(tenant, room, user_id{1}), encode(present(1)));
    rows.put(keys::member(tenant, room, user_id{2}), encode(gone(1, 3)));
    rows.put(keys::member(tenant, room, user_id{3}), encode(present(2)));
    rows.put(keys::member(tenant, room, user_id{4}), encode(present(4)));
    // The same ids next door: another tenant, the conversation before and after.
    rows.put(keys::member(neighbour, room, user_id{1}), encode(present(1)));
    rows.put(keys::member(tenant, conversation_id{499}, user_id{9}), encode(present(1)));
    rows.put(keys::event(tenant, conversation_id{501}, event_seq{9}), event_bytes(9, "y"));
  }
};

TEST_F(reads_test, a_conversation_is_loaded_whole) {
  put_room();
  sender_record sender;
  sender.accept({10, event_seq{2}, 1002});
  rows.put(keys::sender(tenant, room, user_id{3}, device_id{31}), sender.encode());
  rows.put(keys::intent(tenant, room, event_seq{2}, user_id{3}), encode(intent_record{true}));
  rows.put(keys::intent(tenant, room, event_seq{3}, user_id{2}), encode(intent_record{false}));
  const auto image = storage::load_conversation(written(), tenant, room);
  ASSERT_TRUE(image) << image.error().detail;
  EXPECT_TRUE(image->exists);
  EXPECT_EQ(image->record.title, "kitchen");
  EXPECT_EQ(image->head, event_seq{5});
  EXPECT_EQ(image->ordinal, 5u);
  EXPECT_EQ(image->last_time, 1005u);
  ASSERT_EQ(image->members.size(), 4u) << "former members too";
  EXPECT_EQ(image->members[1].first, user_id{2});
  EXPECT_EQ(image->members[1].second, gone(1, 3));
  ASSERT_EQ(image->senders.size(), 1u);
  EXPECT_EQ(image->senders[0].user, user_id{3});
  EXPECT_EQ(image->senders[0].device, device_id{31});
  EXPECT_EQ(image->senders[0].record, sender);
  ASSERT_EQ(image->intents.size(), 2u);
  EXPECT_EQ(image->intents[1].seq, event_seq{3});
  EXPECT_EQ(image->intents[1].user, user_id{2});
  EXPECT_FALSE(image->intents[1].member);
}

TEST_F(reads_test, a_conversation_that_is_not_there_is_no_error) {
  put_room();
  const state_view view = written();
  EXPECT_FALSE(storage::load_conversation(view, tenant, conversation_id{1})->exists);
  EXPECT_FALSE(storage::load_conversation(view, neighbour, room)->exists);
}

TEST_F(reads_test, a_damaged_row_is_corrupt_and_not_skipped) {
  put_room();
  rows.put(keys::member(tenant, room, user_id{5}), "not a record");
  const state_view view = written();
  const auto image = storage::load_conversation(view, tenant, room);
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, errc::corrupt);
}

TEST_F(reads_test, versions_are_heads_of_conversations_and_rows_of_others) {
  put_room();
  const entity_ref user{entity_kind::user, tenant, 3};
  rows.put(keys::entity_version(user), encode_number(17));
  const state_view view = written();
  const auto version = [&](entity_ref e) { return *storage::entity_version(view, e); };
  EXPECT_EQ(version({entity_kind::conversation, tenant, room.value}), 5u);
  EXPECT_EQ(version({entity_kind::conversation, neighbour, room.value}), 0u);
  EXPECT_EQ(version({entity_kind::conversation, tenant, 502}), 0u);
  EXPECT_EQ(version(user), 17u);
  EXPECT_EQ(version({entity_kind::user, tenant, 4}), 0u);
}

TEST_F(reads_test, conversations_that_owe_a_change_are_named_once) {
  for (const std::uint64_t id : {1, 2, 3}) {
    for (std::uint64_t seq = 1; seq <= id; ++seq) {
      rows.put(keys::intent(tenant, conversation_id{id}, event_seq{seq}, user_id{1}),
               encode(intent_record{}));
    }
  }
  rows.put(keys::intent(neighbour, conversation_id{1}, event_seq{1}, user_id{1}),
           encode(intent_record{}));
  const auto owing = storage::conversations_with_work(written());
  ASSERT_TRUE(owing);
  const std::vector<std::pair<tenant_id, conversation_id>> expected{
      {tenant, conversation_id{1}},
      {tenant, conversation_id{2}},
      {tenant, conversation_id{3}},
      {neighbour, conversation_id{1}}};
  EXPECT_EQ(*owing, expected);
}

TEST_F(reads_test, an_index_is_paged_by_conversation) {
  for (const std::uint64_t id : {5, 6, 9}) {
    rows.put(keys::user_conversation(tenant, user_id{3}, conversation_id{id}),
             encode(index_record{event_seq{id}, true}));
  }
  rows.put(keys::user_conversation(tenant, user_id{4}, conversation_id{7}), encode(index_record{}));
  rows.put(keys::user_conversation(neighbour, user_id{3}, conversation_id{7}),
           encode(index_record{}));
  const state_view view = written();
  const auto list = [&](std::uint64_t after, std::size_t limit) {
    return *storage::list_index(view, tenant, user_id{3}, conversation_id{after}, limit);
  };
  ASSERT_EQ(list(0, 10).size(), 3u);
  EXPECT_EQ(list(0, 10)[2].first, conversation_id{9});
  EXPECT_EQ(list(0, 10)[2].second.changed, event_seq{9});
  EXPECT_EQ(list(0, 2).size(), 2u);
  EXPECT_EQ(list(6, 2).size(), 1u);
  EXPECT_EQ(list(9, 2).size(), 0u);
}

TEST_F(reads_test, conversations_that_were_left_do_not_count) {
  for (const std::uint64_t id : {5, 6, 9}) {
    rows.put(keys::user_conversation(tenant, user_id{3}, conversation_id{id}),
             encode(index_record{event_seq{id}, id != 6}));
  }
  rows.put(keys::user_conversation(tenant, user_id{4}, conversation_id{7}),
           encode(index_record{event_seq{1}, true}));
  const state_view view = written();
  EXPECT_TRUE(*storage::is_in_at_least(view, tenant, user_id{3}, 2));
  EXPECT_FALSE(*storage::is_in_at_least(view, tenant, user_id{3}, 3));
  EXPECT_FALSE(*storage::is_in_at_least(view, tenant, user_id{5}, 1));
}

TEST_F(reads_test, users_devices_and_names_are_found) {
  for (const std::uint64_t id : {1, 2, 300}) {
    const std::string name = "user" + std::to_string(id);
    rows.put(keys::user(tenant, user_id{id}), encode(user_record{name, id}));
    rows.put(keys::user_name(tenant, name), encode_number(id));
  }
  device_record phone;
  phone.name = "phone";
  phone.token_hash = std::string(32, 'h');
  phone.created = 5;
  rows.put(keys::device(tenant, user_id{2}, device_id{21}), encode(phone));
  rows.put(keys::device(tenant, user_id{2}, device_id{22}), encode(device_record{}));
  rows.put(keys::device(tenant, user_id{3}, device_id{90}), encode(device_record{}));
  const state_view view = written();
  EXPECT_EQ(*storage::find_user(view, tenant, "user300"), user_id{300});
  EXPECT_EQ(storage::find_user(view, neighbour, "user300").error().code, errc::not_found);
  EXPECT_EQ(storage::find_user(view, tenant, "user30").error().code, errc::not_found);
  EXPECT_EQ(storage::get_user(view, tenant, user_id{2})->name, "user2");
  EXPECT_EQ(storage::get_device(view, tenant, user_id{2}, device_id{21})->name, "phone");
  EXPECT_EQ(storage::get_device(view, tenant, user_id{1}, device_id{21}).error().code,
            errc::not_found);
  const auto users = storage::list_users(view, tenant, user_id{1}, 10);
  ASSERT_TRUE(users);
  ASSERT_EQ(users->size(), 2u);
  EXPECT_EQ((*users)[1].second, "user300");
  EXPECT_EQ(*storage::highest_user(view, tenant), user_id{300});
  EXPECT_EQ(*storage::highest_user(view, neighbour), user_id{0});
  const auto devices = storage::list_devices(view, tenant, user_id{2});
  ASSERT_TRUE(devices);
  ASSERT_EQ(devices->size(), 2u);
  EXPECT_EQ((*devices)[0].first, device_id{21});
  EXPECT_EQ((*devices)[1].first, device_id{22});
  EXPECT_TRUE(storage::list_devices(view, tenant, user_id{1})->empty());
  EXPECT_TRUE(storage::list_devices(view, neighbour, user_id{2})->empty());
}

TEST_F(reads_test, a_policy_is_the_tenants_own_and_the_defaults_where_none_was_set) {
  tenant_policy strict;
  strict.max_devices = 2;
  rows.put(keys::policy(tenant), encode(strict));
  const state_view view = written();
  EXPECT_EQ(*storage::get_policy(view, tenant), strict);
  EXPECT_EQ(*storage::get_policy(view, neighbour), tenant_policy{});
}

TEST_F(reads_test, an_inbox_is_paged_and_nobody_elses) {
  rows.put(keys::inbox_mark(tenant, user_id{2}), encode(inbox_mark_record{7, 4}));
  for (std::uint64_t seq = 4; seq <= 7; ++seq) {
    inbox_record entry;
    entry.kind = inbox_kind::read;
    entry.at = event_seq{seq * 10};
    rows.put(keys::inbox(tenant, user_id{2}, seq), encode(entry));
    rows.put(keys::inbox(tenant, user_id{3}, seq), encode(inbox_record{}));
  }
  const state_view view = written();
  const auto page = storage::read_inbox(view, tenant, user_id{2}, 0, 3);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->mark, (inbox_mark_record{7, 4}));
  ASSERT_EQ(page->entries.size(), 3u);
  EXPECT_EQ(page->entries[0].first, 4u);
  EXPECT_EQ(page->entries[2].second.at.value, 60u);
  EXPECT_EQ(storage::read_inbox(view, tenant, user_id{2}, 6, 10)->entries.size(), 1u);
  EXPECT_TRUE(storage::read_inbox(view, tenant, user_id{2}, id_limit - 1, 10)->entries.empty());
  const auto none = storage::read_inbox(view, tenant, user_id{1}, 0, 10);
  EXPECT_EQ(none->mark, inbox_mark_record{});
  EXPECT_TRUE(none->entries.empty());
}

TEST_F(reads_test, tenants_are_found_and_counted) {
  for (const std::uint32_t id : {1u, 2u, 70'000u}) {
    const std::string name = "tenant" + std::to_string(id);
    tenant_record record;
    record.name = name;
    rows.put(keys::tenant(tenant_id{id}), encode(record));
    rows.put(keys::tenant_name(name), encode_number(id));
  }
  const state_view view = written();
  EXPECT_EQ(*storage::find_tenant(view, "tenant2"), tenant_id{2});
  EXPECT_EQ(storage::find_tenant(view, "tenant3").error().code, errc::not_found);
  EXPECT_EQ(storage::get_tenant(view, tenant_id{70'000})->name, "tenant70000");
  EXPECT_EQ(*storage::highest_tenant(view), tenant_id{70'000});
  EXPECT_EQ(storage::list_tenants(view, tenant_id{0}, 2)->size(), 2u);
  EXPECT_EQ(storage::list_tenants(view, tenant_id{2}, 2)->front().first, tenant_id{70'000});
}

TEST_F(reads_test, a_fresh_shard_has_no_ids_at_all) {
  const state_view view = node.data().view(shard_id{1});
  EXPECT_EQ(*storage::highest_tenant(view), tenant_id{0});
  EXPECT_TRUE(storage::conversations_with_work(view)->empty());
}

}  // namespace
}  // namespace conclave::test
