/// See reads_rows.h. The rule of what is shown is visible() of schemas/shown.h; here is only what
/// needs the store: which row an edited message had for somebody who has left since.
#include "storage/reads_rows.h"

namespace conclave::storage {

namespace {

/// The target's row before the first edit after `last`.
outcome<std::string> row_as_of(const state_view& view, tenant_id tenant,
                               conversation_id conversation, event_seq target, event_seq last) {
  keys::range range = keys::all_of(table::version, tenant, conversation.value, target.value);
  range.first = keys::version(tenant, conversation, target, event_seq{last.value + 1});
  std::string found;
  const status scanned = view.scan(range, [&](std::string_view, std::string_view value) {
    found.assign(value);
    return false;
  });
  if (!scanned) return scanned.error();
  if (found.empty()) return damaged("what a message was before an edit");
  return found;
}

}  // namespace

outcome<event_seq> head_of(const state_view& view, tenant_id tenant, conversation_id id,
                           std::string* bytes) {
  event_seq head{};
  bool broken = false;
  const status scanned = view.scan_backward(keys::all_of(table::event, tenant, id.value),
                                            [&](std::string_view key, std::string_view value) {
                                              const auto parts = keys::parse(table::event, key);
                                              broken = !parts;
                                              if (parts) head = event_seq{parts->second};
                                              if (bytes != nullptr) bytes->assign(value);
                                              return false;
                                            });
  if (!scanned) return scanned.error();
  if (broken) return damaged("an event's key");
  return head;
}

outcome<reading> reading_of(const state_view& view, tenant_id tenant, conversation_id conversation,
                            user_id reader, time_ms now, std::string* head_row) {
  auto member = get_record<member_record>(view, keys::member(tenant, conversation, reader));
  if (!member) return std::move(member).error();
  const auto head = head_of(view, tenant, conversation, head_row);
  if (!head) return head.error();
  const event_seq last = visible_head(*member, *head);
  return reading{std::move(*member), *head, last, now};
}

outcome<present_member> present_member_of(const state_view& view, tenant_id tenant,
                                          conversation_id conversation, user_id user) {
  auto member = get_record<member_record>(view, keys::member(tenant, conversation, user));
  if (!member) return std::move(member).error();
  if (!member->is_member()) return errc::not_found;
  auto record = get_record<conversation_record>(view, keys::conversation(tenant, conversation));
  if (!record) return std::move(record).error();
  if (record->dissolved) return errc::not_found;
  return present_member{std::move(*record), std::move(*member)};
}

std::vector<visible_span> stretches(const member_record& member, event_seq low, event_seq high) {
  std::vector<visible_span> result;
  for (const visible_span& span : member.spans) {
    const event_seq first = std::max(span.first, low);
    const event_seq last = span.last ? std::min(span.last, high) : high;
    if (first <= last) result.push_back({first, last});
  }
  return result;
}

outcome<std::string_view> shown_row(const state_view& view, tenant_id tenant,
                                    conversation_id conversation, const reading& who,
                                    const event_header& header, std::string_view row,
                                    std::string& scratch) {
  const showing how = visible(who.member, header, who.now);
  if (how == showing::nothing) return errc::not_found;
  if (how == showing::without_body) {
    auto emptied = without_body(row);
    if (!emptied) return std::move(emptied).error();
    scratch = std::move(*emptied);
    return std::string_view(scratch);
  }
  // An edit is an event: who does not receive it any more is not shown what it wrote either.
  const bool edited = (header.flags & event_flags::edited) != 0;
  if (!edited || header.is_gone() || who.last >= who.head) return row;
  const auto event = decode_event(row);
  if (!event) return damaged("an event");
  if (event->changed <= who.last) return row;
  auto earlier = row_as_of(view, tenant, conversation, header.seq, who.last);
  if (!earlier) return std::move(earlier).error();
  scratch = std::move(*earlier);
  return std::string_view(scratch);
}

outcome<shown_event> get_shown(const state_view& view, tenant_id tenant,
                               conversation_id conversation, const reading& who, event_seq seq) {
  if (!visible(who.member, seq)) return errc::not_found;
  auto row = view.get(keys::event(tenant, conversation, seq));
  if (!row) return std::move(row).error();
  auto header = read_event_header(*row);
  if (!header) return std::move(header).error();
  std::string scratch;
  const auto shown = shown_row(view, tenant, conversation, who, *header, *row, scratch);
  if (!shown) return shown.error();
  shown_event event;
  event.gone = header->is_gone() || is_due(header->expires, who.now);
  if (shown->data() == row->data()) {
    event.header = *header;
    event.row = std::move(*row);
    return event;
  }
  header = read_event_header(scratch);
  if (!header) return std::move(header).error();
  event.header = *header;
  event.row = std::move(scratch);
  return event;
}

}  // namespace conclave::storage
