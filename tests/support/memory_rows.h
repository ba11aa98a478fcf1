/// A shard's rows in a map: what the store would hold after the redo that tests let through. Reads
/// a conversation back as the real store does, so that actors can be born again from it.
#pragma once

#include "schemas/check.h"
#include "schemas/event.h"
#include "schemas/keys.h"
#include "schemas/log_entry.h"
#include "schemas/number_value.h"
#include "storage/reads.h"

#include <map>
#include <string>

namespace conclave::test {

class memory_rows {
 public:
  void apply(const redo_writer& redo) {
    redo_reader reader(redo.bytes());
    redo_operation operation;
    while (reader.next(operation)) {
      if (operation.is_put)
        rows_[std::string(operation.key)] = std::string(operation.value);
      else
        rows_.erase(std::string(operation.key));
    }
    CONCLAVE_CHECK(reader.ok(), "redo is whole");
  }

  const std::map<std::string, std::string>& all() const { return rows_; }
  bool has(const std::string& key) const { return rows_.contains(key); }
  std::string get(const std::string& key) const {
    const auto at = rows_.find(key);
    return at == rows_.end() ? std::string() : at->second;
  }

  /// Calls visit(parsed key, value) for a conversation's rows of one table.
  template <class Visit>
  void each(table t, tenant_id tenant, std::uint64_t id, Visit visit) const {
    const keys::range range = keys::all_of(t, tenant, id);
    for (auto at = rows_.lower_bound(range.first); at != rows_.end() && at->first < range.last;
         ++at)
      visit(*keys::parse(t, at->first), at->second);
  }

  std::size_t count(table t, tenant_id tenant, std::uint64_t id) const {
    std::size_t n = 0;
    each(t, tenant, id, [&](const auto&, const auto&) { ++n; });
    return n;
  }

  std::uint64_t version_of(const entity_ref& entity) const {
    std::uint64_t version = 0;
    if (entity.kind == entity_kind::conversation) {
      each(table::event, entity.tenant, entity.id,
           [&](const keys::id_key& key, const std::string&) { version = key.second; });
    } else if (has(keys::entity_version(entity))) {
      version = *decode_number(get(keys::entity_version(entity)));
    }
    return version;
  }

  storage::conversation_image image(tenant_id tenant, conversation_id id) const {
    storage::conversation_image image;
    const std::string row = get(keys::conversation(tenant, id));
    if (row.empty()) return image;
    image.exists = true;
    image.record = *decode_record<conversation_record>(row);
    each(table::event, tenant, id.value, [&](const keys::id_key& key, const std::string& value) {
      const auto event = decode_event(value);
      CONCLAVE_CHECK(event.ok() && event->seq.value == key.second, "an event row is whole");
      image.head = event->seq;
      image.ordinal = event->ordinal;
      image.last_time = event->time;
    });
    each(table::member, tenant, id.value, [&](const keys::id_key& key, const std::string& value) {
      image.members.emplace_back(user_id{key.second}, *decode_record<member_record>(value));
    });
    each(table::sender, tenant, id.value, [&](const keys::id_key& key, const std::string& value) {
      image.senders.push_back(
          {user_id{key.second}, device_id{key.third}, *sender_record::decode(value)});
    });
    each(table::intent, tenant, id.value, [&](const keys::id_key& key, const std::string& value) {
      image.intents.push_back(
          {event_seq{key.second}, user_id{key.third}, decode_record<intent_record>(value)->member});
    });
    return image;
  }

 private:
  std::map<std::string, std::string> rows_;
};

}  // namespace conclave::test
