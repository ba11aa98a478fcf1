/// See reads_sync.h; its reads for members only are in reads_members.cc.
#include "storage/reads_sync.h"

#include "conf/limits.h"
#include "storage/reads_rows.h"

#include <string_view>

namespace conclave::storage {

namespace {

constexpr std::size_t gone_page_messages = 1000;
constexpr std::size_t gone_page_rows = 4000;
constexpr std::size_t most_gone = 2000;  ///< what GONE_PAGE holds: one event tells of 1000 at most
constexpr std::size_t versions_kept = 100;

}  // namespace

outcome<gone_rows> list_gone(const state_view& view, tenant_id tenant, user_id reader,
                             conversation_id conversation, event_seq cursor, event_seq after) {
  const auto member = get_record<member_record>(view, keys::member(tenant, conversation, reader));
  if (!member) return member.error();
  keys::range range = keys::all_of(table::gone, tenant, conversation.value);
  const std::uint64_t first = std::max(cursor, after).value + 1;
  range.first = keys::gone(tenant, conversation, event_seq{first}, event_seq{});

  gone_rows page;
  event_seq at{};  // the event whose rows are being read
  std::size_t rows = 0;
  failure damage{errc::ok, {}};
  const status read = view.scan(range, [&](std::string_view key, std::string_view) {
    const auto parts = keys::parse(table::gone, key);
    if (!parts || page.gone.size() == most_gone) {
      damage = damaged("the list of what is gone");
      return false;
    }
    const event_seq went{parts->second};
    const bool full = page.gone.size() >= gone_page_messages || rows >= gone_page_rows;
    if (full && went != at) {
      page.next = at;
      return false;
    }
    at = went;
    ++rows;
    const event_seq target{parts->third};
    if (target <= cursor && visible(*member, target)) page.gone.push_back(target);
    return true;
  });
  if (!read) return read.error();
  if (damage.code != errc::ok) return damage;
  return page;
}

outcome<version_rows> list_versions(const state_view& view, tenant_id tenant, user_id reader,
                                    conversation_id conversation, event_seq target, time_ms now) {
  const auto who = reading_of(view, tenant, conversation, reader, now);
  if (!who) return who.error();
  const auto message = get_shown(view, tenant, conversation, *who, target);
  if (!message) return message.error();
  if (message->gone) return errc::gone;

  keys::range range = keys::all_of(table::version, tenant, conversation.value, target.value);
  range.last = keys::version(tenant, conversation, target, event_seq{who->last.value + 1});
  std::vector<std::string> newest;
  std::size_t bytes = 0;
  const status read = view.scan_backward(range, [&](std::string_view, std::string_view value) {
    bytes += value.size();
    if (newest.size() == versions_kept || bytes > limits::max_page_bytes) return false;
    newest.emplace_back(value);
    return true;
  });
  if (!read) return read.error();

  version_rows page;
  page.count = static_cast<std::uint32_t>(newest.size());
  for (auto row = newest.rbegin(); row != newest.rend(); ++row) page.bytes += *row;
  page.due = due_after(message->header, now);
  return page;
}

outcome<std::vector<pin_row>> list_pins(const state_view& view, tenant_id tenant, user_id reader,
                                        conversation_id conversation, time_ms now) {
  const auto who = reading_of(view, tenant, conversation, reader, now);
  if (!who) return who.error();
  std::vector<pin_row> pins;
  if (!who->last) return pins;
  // A pin row says when it was made, in the time of the event that made it, but not its seq.
  time_ms until = id_limit;
  if (who->last < who->head) {
    const auto newest = get_shown(view, tenant, conversation, *who, who->last);
    if (!newest) return newest.error();
    until = newest->header.time;
  }
  failure damage{errc::ok, {}};
  const auto take = [&](event_seq seq, const pin_record& record) {
    if (record.time > until) return;
    const auto message = get_shown(view, tenant, conversation, *who, seq);
    if (message && !message->gone) pins.push_back({seq, record});
    if (!message && message.error().code != errc::not_found) damage = message.error();
  };
  const status read = view.scan(keys::all_of(table::pin, tenant, conversation.value),
                                [&](std::string_view key, std::string_view value) {
                                  if (pins.size() == limits::max_pins) return false;
                                  const auto parts = keys::parse(table::pin, key);
                                  const auto record = decode_record<pin_record>(value);
                                  if (!parts || !record || !record->by) {
                                    damage = damaged("a pin");
                                  } else {
                                    take(event_seq{parts->second}, *record);
                                  }
                                  return damage.code == errc::ok;
                                });
  if (!read) return read.error();
  if (damage.code != errc::ok) return damage;
  return pins;
}

}  // namespace conclave::storage
