/// A shard's rows in a map: what the store would hold after the redo that tests let through. Reads
/// a conversation back as the real store does, so that actors can be born again from it.
#pragma once

#include "schemas/check.h"
#include "schemas/event.h"
#include "schemas/keys.h"
#include "schemas/log_entry.h"
#include "schemas/number_value.h"
#include "storage/reads.h"
#include "storage/reads_target.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace conclave::test {

class memory_rows {
 public:
  log_index applied{};  ///< grows with each apply(), as a shard's log does

  void apply(const redo_writer& redo) {
    ++applied.value;
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

  /// A message as the reader pool would see it now.
  storage::target_image target(tenant_id tenant, conversation_id id, user_id asker,
                               event_seq seq) const {
    storage::target_image image;
    image.as_of = event_seq{version_of({entity_kind::conversation, tenant, id.value})};
    image.applied = applied;
    image.event = get(keys::event(tenant, id, seq));
    image.found = !image.event.empty();
    const keys::range versions = keys::all_of(table::version, tenant, id.value, seq.value);
    for (auto at = rows_.lower_bound(versions.first);
         at != rows_.end() && at->first < versions.last; ++at) {
      const event_seq edit{keys::parse(table::version, at->first)->third};
      image.edits.emplace_back(edit, get(keys::event(tenant, id, edit)));
    }
    const std::string reactions = get(keys::reaction(tenant, id, seq, asker));
    if (!reactions.empty()) image.reactions = decode_record<reactions_record>(reactions)->reactions;
    const std::string burn = get(keys::burn(tenant, id, seq));
    if (!burn.empty()) image.burn = *decode_record<burn_record>(burn);
    image.burn_body = get(keys::burn_body(tenant, id, seq));
    return image;
  }

  /// What burns and is over, as the reader pool would see it now.
  storage::burned_out burned_out(tenant_id tenant, conversation_id id,
                                 const std::vector<user_id>& members, std::size_t limit) const {
    storage::burned_out found;
    each(table::burn, tenant, id.value, [&](const keys::id_key& key, const std::string& row) {
      const auto burn = *decode_record<burn_record>(row);
      for (const burn_reader& r : burn.readers)
        if (!r.burned && std::binary_search(members.begin(), members.end(), r.user)) return;
      found.more = found.messages.size() == limit;
      if (found.more) return;
      auto image = target(tenant, id, user_id{}, event_seq{key.second});
      image.burn_body.clear();
      found.messages.emplace_back(key.second, std::move(image));
    });
    return found;
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
    each(table::owed, tenant, id.value, [&](const keys::id_key& key, const std::string& value) {
      image.owed.push_back({user_id{key.second}, static_cast<inbox_kind>(key.third), key.fourth,
                            decode_record<owed_record>(value)->about});
    });
    each(table::pin, tenant, id.value, [&](const keys::id_key& key, const std::string& value) {
      image.pins.emplace_back(event_seq{key.second}, *decode_record<pin_record>(value));
    });
    each(table::join_request, tenant, id.value,
         [&](const keys::id_key& key, const std::string& value) {
           image.join_requests.emplace_back(user_id{key.second},
                                            *decode_record<join_request_record>(value));
         });
    each(table::job, tenant, id.value, [&](const keys::id_key&, const std::string& value) {
      image.dissolving = *decode_record<job_record>(value);
    });
    image.may_burn = count(table::burn, tenant, id.value) > 0;
    image.applied = applied;
    return image;
  }

 private:
  std::map<std::string, std::string> rows_;
};

}  // namespace conclave::test
