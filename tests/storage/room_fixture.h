/// A conversation's rows as its actor leaves them, for tests of what reads make of them. A test
/// puts rows, looks through view(), puts more and looks again.
#pragma once

#include "tests/storage/storage_fixture.h"

#include <string>
#include <string_view>
#include <utility>

namespace conclave::test {

class room_test : public ::testing::Test {
 protected:
  static constexpr shard_id shard{0};
  static constexpr tenant_id tenant{7};
  static constexpr tenant_id neighbour{8};
  static constexpr conversation_id room{500};
  static constexpr user_id alice{1}, bob{2}, carol{3}, stranger{99};

  /// Everything put so far is committed, and seen.
  storage::state_view view() {
    if (!rows_.empty()) commit();
    return node_.data().view(shard);
  }

  template <class Record>
  void put(const std::string& key, const Record& record) {
    rows_.put(key, encode(record));
  }
  void put_bytes(const std::string& key, std::string_view value) { rows_.put(key, value); }
  void erase(const std::string& key) { rows_.erase(key); }

  static event_view message(std::uint64_t seq, std::string_view body, user_id sender = alice) {
    event_view event;
    event.seq = event_seq{seq};
    event.kind = event_kind::text;
    event.sender = sender;
    event.device = device_id{1};
    event.time = 1000 + seq;
    event.ordinal = seq;
    event.body = body;
    return event;
  }
  static std::string bytes_of(const event_view& event) {
    std::string bytes;
    append_event(bytes, event);
    return bytes;
  }
  void put_event(const event_view& event) {
    rows_.put(keys::event(tenant, room, event.seq), bytes_of(event));
  }
  void say(std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t seq = first; seq <= last; ++seq)
      put_event(message(seq, "body " + std::to_string(seq)));
  }

  /// Event `edit` gives message `target` a new body: the message's row, what it was, the event.
  void edit(event_view target, std::uint64_t edit, std::string_view body) {
    rows_.put(keys::version(tenant, room, target.seq, event_seq{edit}), bytes_of(target));
    event_view event = message(edit, body, target.sender);
    event.kind = event_kind::edited;
    event.target = target.seq;
    event.expires = target.expires;
    put_event(event);
    target.body = body;
    target.flags |= event_flags::edited;
    target.changed = event.seq;
    put_event(target);
  }
  /// Event `went` takes message `target` back, which has no edits.
  void recall(event_view target, std::uint64_t went) {
    event_view event = message(went, {}, target.sender);
    event.kind = event_kind::recalled;
    event.target = target.seq;
    put_event(event);
    target.body = {};
    target.mentions.clear();
    target.flags |= event_flags::recalled;
    target.gone_by = target.sender;
    target.gone_at = event.time;
    target.changed = event.seq;
    put_event(target);
    rows_.put(keys::gone(tenant, room, event.seq, target.seq), {});
  }

  static member_record present(std::uint64_t joined) {
    member_record m;
    m.joined = event_seq{joined};
    m.spans = {{event_seq{joined}, event_seq{0}}};
    return m;
  }
  static member_record former(std::uint64_t joined, std::uint64_t left) {
    member_record m = present(joined);
    m.left = event_seq{left};
    m.spans = {{event_seq{joined}, event_seq{left}}};
    return m;
  }
  void put_member(user_id user, const member_record& record) {
    put(keys::member(tenant, room, user), record);
  }

  storage::store& store() { return node_.data(); }

 private:
  void commit() {
    const entity_ref entity{entity_kind::tenants, system_tenant, 0};
    node_.claim(shard, entity, ++incarnation_);
    const auto owner = std::make_shared<recording_owner>();
    storage::proposal p;
    p.shard = shard;
    p.epoch = node_.epoch(shard);
    p.entity = entity;
    p.incarnation = incarnation_;
    p.redo = std::exchange(rows_, redo_writer{});
    p.owner = owner;
    node_.writer().submit(std::move(p));
    EXPECT_TRUE(owner->wait_for(1)[0].what.committed);
  }

  temporary_folder folder_;
  running_storage node_{options_for(folder_.data()), false};
  redo_writer rows_;
  std::uint64_t incarnation_ = 0;
};

}  // namespace conclave::test
