/// Who is in a conversation, who has read an event, who waits to come in: reads for members only.
/// After a conversation was dissolved nobody is one (present_member_of).
#include "storage/reads.h"
#include "storage/reads_rows.h"
#include "storage/reads_sync.h"

namespace conclave::storage {

outcome<std::vector<member_row>> list_members(const state_view& view, tenant_id tenant,
                                              user_id reader, conversation_id conversation,
                                              user_id after, std::size_t limit) {
  const auto own = present_member_of(view, tenant, conversation, reader);
  if (!own) return own.error();
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

outcome<reader_rows> list_readers(const state_view& view, tenant_id tenant, user_id reader,
                                  conversation_id conversation, event_seq seq, user_id after,
                                  std::size_t limit) {
  const auto own = present_member_of(view, tenant, conversation, reader);
  if (!own) return own.error();
  if (!visible(own->member, seq)) return errc::not_found;
  const auto row = view.get(keys::event(tenant, conversation, seq));
  if (!row) return row.error();
  const auto event = read_event_header(*row);
  if (!event) return event.error();

  reader_rows found;
  const status read =
      each_row(view, table::member, tenant, conversation.value,
               [&](const keys::id_key& key, std::string_view value) {
                 return with<member_record>(value, [&](const member_record& member) {
                   const user_id user{key.second};
                   if (!member.is_member() || user == event->sender || !visible(member, seq))
                     return;
                   ++found.members;
                   if (member.read < seq) return;
                   ++found.read;
                   if (user <= after) return;
                   if (found.users.size() < limit) {
                     found.users.push_back(user);
                   } else if (limit != 0) {
                     found.more = true;
                   }
                 });
               });
  if (!read) return read.error();
  return found;
}

outcome<std::vector<join_request_row>> list_join_requests(const state_view& view, tenant_id tenant,
                                                          user_id reader,
                                                          conversation_id conversation,
                                                          std::size_t limit) {
  const auto own = present_member_of(view, tenant, conversation, reader);
  if (!own) return own.error();
  if (own->member.role != member_role::owner && own->member.role != member_role::admin) {
    return failure{errc::forbidden, "only owner and admins see who waits"};
  }
  std::vector<join_request_row> waiting;
  failure damage{errc::ok, {}};
  const status read = view.scan(
      keys::all_of(table::join_request, tenant, conversation.value),
      [&](std::string_view key, std::string_view value) {
        if (waiting.size() == limit) return false;
        const auto parts = keys::parse(table::join_request, key);
        damage = parts ? with<join_request_record>(
                             value,
                             [&](join_request_record record) {
                               waiting.push_back({user_id{parts->second}, std::move(record)});
                             })
                       : damaged("a join request's key");
        return damage.code == errc::ok;
      });
  if (!read) return read.error();
  if (damage.code != errc::ok) return damage;
  return waiting;
}

}  // namespace conclave::storage
