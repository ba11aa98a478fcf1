/// Conversations' rows written straight into a gateway_world's store, as their actor leaves them:
/// for tests of what requests read. Rows gather until commit().
#pragma once

#include "tests/support/gateway_fixture.h"

#include <string>
#include <string_view>
#include <utility>

namespace conclave::test {

class written_rooms {
 public:
  written_rooms(gateway_world& world, tenant_id tenant) : world_(world), tenant_(tenant) {}

  template <class Record>
  void put(const std::string& key, const Record& record) {
    rows_.put(key, encode(record));
  }
  void put_bytes(const std::string& key, std::string_view value) { rows_.put(key, value); }

  /// A group whose members, from user 1 on, joined with event 1; they are indexed.
  void found(conversation_id room, std::uint64_t members, std::string_view title = "kitchen",
             std::string_view topic = {}) {
    conversation_record record;
    record.title = title;
    record.topic = topic;
    put(keys::conversation(tenant_, room), record);
    for (std::uint64_t id = 1; id <= members; ++id) {
      member_record member;
      member.role = id == 1 ? member_role::owner : member_role::member;
      member.joined = event_seq{1};
      member.spans = {{event_seq{1}, event_seq{0}}};
      put(keys::member(tenant_, room, user_id{id}), member);
      put(keys::user_conversation(tenant_, user_id{id}, room), index_record{});
    }
  }

  static event_view message(std::uint64_t seq, std::string_view body, time_ms expires = 0) {
    event_view event;
    event.seq = event_seq{seq};
    event.kind = event_kind::text;
    event.sender = user_id{1};
    event.device = device_id{1};
    event.time = 1000 + seq;
    event.expires = expires;
    event.ordinal = seq;
    event.body = body;
    return event;
  }
  void put_event(conversation_id room, const event_view& event) {
    std::string bytes;
    append_event(bytes, event);
    rows_.put(keys::event(tenant_, room, event.seq), bytes);
  }
  void say(conversation_id room, std::uint64_t seq, std::string_view body, time_ms expires = 0) {
    put_event(room, message(seq, body, expires));
  }
  /// Takes a message without edits back: event `went` follows it.
  void recall(conversation_id room, std::uint64_t seq, std::uint64_t went) {
    event_view target = message(seq, {});
    target.flags = event_flags::recalled;
    target.gone_by = user_id{1};
    target.gone_at = 1000 + went;
    target.changed = event_seq{went};
    put_event(room, target);
    event_view event = message(went, {});
    event.kind = event_kind::recalled;
    event.target = event_seq{seq};
    put_event(room, event);
    put_bytes(keys::gone(tenant_, room, event_seq{went}, event_seq{seq}), {});
  }

  /// All rows go to the tenant's home shard: where his conversations are today.
  void commit() {
    const entity_ref entity{entity_kind::tenant, tenant_, 1};
    const shard_id shard = world_.shards.home_of(tenant_);
    const std::uint64_t version = world_.store.claim(shard, entity);
    redo_writer redo = std::exchange(rows_, redo_writer{});
    redo.put(keys::entity_version(entity), encode_number(version + 1));
    CONCLAVE_CHECK(world_.store.commit(shard, entity, version, std::move(redo)), "rows commit");
  }

 private:
  gateway_world& world_;
  tenant_id tenant_;
  redo_writer rows_;
};

}  // namespace conclave::test
