/// Reads of one conversation: what its actor loads, what a member sees of it. The rule of who sees
/// what is visible() and visible_head() of schemas/records.h, nowhere else.
#include "schemas/number_value.h"
#include "storage/reads.h"
#include "storage/reads_rows.h"
#include "storage/reads_unfinished.h"

#include <algorithm>

namespace conclave::storage {

namespace {

status load_members(const state_view& view, tenant_id tenant, conversation_id id,
                    conversation_image& image) {
  return each_row(view, table::member, tenant, id.value,
                  [&](const keys::id_key& key, std::string_view value) {
                    return with<member_record>(value, [&](member_record record) {
                      image.members.emplace_back(user_id{key.second}, std::move(record));
                    });
                  });
}

status load_senders(const state_view& view, tenant_id tenant, conversation_id id,
                    conversation_image& image) {
  return each_row(
      view, table::sender, tenant, id.value, [&](const keys::id_key& key, std::string_view value) {
        auto record = sender_record::decode(value);
        if (!record) return record.error();
        image.senders.push_back({user_id{key.second}, device_id{key.third}, std::move(*record)});
        return failure{errc::ok, {}};
      });
}

status load_intents(const state_view& view, tenant_id tenant, conversation_id id,
                    conversation_image& image) {
  return each_row(
      view, table::intent, tenant, id.value, [&](const keys::id_key& key, std::string_view value) {
        return with<intent_record>(value, [&](intent_record record) {
          image.intents.push_back({event_seq{key.second}, user_id{key.third}, record.member});
        });
      });
}

}  // namespace

outcome<conversation_image> load_conversation(const state_view& view, tenant_id tenant,
                                              conversation_id id) {
  conversation_image image;
  const auto row = view.get(keys::conversation(tenant, id));
  if (!row) {
    if (row.error().code == errc::not_found) return image;
    return row.error();
  }
  auto record = decode_record<conversation_record>(*row);
  if (!record) return record.error();
  image.exists = true;
  image.record = std::move(*record);

  std::string newest;
  const auto head = head_of(view, tenant, id, &newest);
  if (!head) return head.error();
  image.head = *head;
  if (*head) {
    const auto event = decode_event(newest);
    if (!event) return event.error();
    if (event->seq != *head) return damaged("an event row");
    image.ordinal = event->ordinal;
    image.last_time = event->time;
  }
  if (const status s = load_members(view, tenant, id, image); !s) return s.error();
  if (const status s = load_senders(view, tenant, id, image); !s) return s.error();
  if (const status s = load_intents(view, tenant, id, image); !s) return s.error();
  if (const status s = load_unfinished(view, tenant, id, image); !s) return s.error();
  return image;
}

outcome<std::uint64_t> entity_version(const state_view& view, const entity_ref& entity) {
  if (entity.kind == entity_kind::conversation) {
    const auto head = head_of(view, entity.tenant, conversation_id{entity.id});
    if (!head) return head.error();
    return head->value;
  }
  const auto bytes = view.get(keys::entity_version(entity));
  if (!bytes) {
    if (bytes.error().code == errc::not_found) return std::uint64_t{0};
    return bytes.error();
  }
  return decode_number(*bytes);
}

outcome<conversation_row> summarize(const state_view& view, tenant_id tenant, user_id user,
                                    conversation_id conversation) {
  const auto member = get_record<member_record>(view, keys::member(tenant, conversation, user));
  if (!member) return member.error();
  const auto bytes = view.get(keys::conversation(tenant, conversation));
  if (!bytes) return bytes.error();
  auto record = decode_record<conversation_record>(*bytes);
  if (!record) return record.error();
  const auto head = head_of(view, tenant, conversation);
  if (!head) return head.error();
  return conversation_row{conversation, record->kind, std::move(record->title),
                          visible_head(*member, *head), member->is_member()};
}

outcome<std::vector<member_row>> list_members(const state_view& view, tenant_id tenant,
                                              user_id reader, conversation_id conversation,
                                              user_id after, std::size_t limit) {
  const auto own = get_record<member_record>(view, keys::member(tenant, conversation, reader));
  if (!own) return own.error();
  if (!own->is_member()) return errc::not_found;
  keys::range range = keys::all_of(table::member, tenant, conversation.value);
  if (after) range.first = keys::member(tenant, conversation, user_id{after.value + 1});
  std::vector<member_row> members;
  failure damage{errc::ok, {}};
  const status scanned = view.scan(range, [&](std::string_view key, std::string_view value) {
    const auto parts = keys::parse(table::member, key);
    auto record = decode_record<member_record>(value);
    if (!parts || !record) {
      damage = record ? damaged("a member's key") : record.error();
      return false;
    }
    if (record->is_member()) members.push_back({user_id{parts->second}, std::move(*record)});
    return members.size() <= limit;
  });
  if (!scanned) return scanned.error();
  if (damage.code != errc::ok) return damage;
  return members;
}

}  // namespace conclave::storage
