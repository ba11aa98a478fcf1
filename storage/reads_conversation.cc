/// What a conversation's actor loads, and at which version an entity stands.
#include "schemas/number_value.h"
#include "storage/reads.h"
#include "storage/reads_rows.h"
#include "storage/reads_unfinished.h"

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

}  // namespace conclave::storage
