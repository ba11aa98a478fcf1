/// See reads_target.h.
#include "storage/reads_target.h"

#include "storage/reads.h"
#include "storage/reads_rows.h"

namespace conclave::storage {

namespace {

/// The `edited` events about a target: its version rows are keyed by their seqs.
outcome<std::vector<std::pair<event_seq, std::string>>> edits_of(const state_view& view,
                                                                 tenant_id tenant,
                                                                 conversation_id conversation,
                                                                 event_seq target) {
  std::vector<std::pair<event_seq, std::string>> edits;
  const status read = each_row(
      view, table::version, keys::all_of(table::version, tenant, conversation.value, target.value),
      [&](const keys::id_key& key, std::string_view) {
        const event_seq edit{key.third};
        auto row = view.get(keys::event(tenant, conversation, edit));
        if (!row) return damaged("an edit's event");
        edits.emplace_back(edit, std::move(*row));
        return failure{errc::ok, {}};
      });
  if (!read) return read.error();
  return edits;
}

outcome<bool> is_admin(const state_view& view, tenant_id tenant, conversation_id conversation,
                       user_id user) {
  const auto row = find_record<member_record>(view, keys::member(tenant, conversation, user));
  if (!row) return row.error();
  return *row && (*row)->is_member() &&
         ((*row)->role == member_role::owner || (*row)->role == member_role::admin);
}

}  // namespace

outcome<target_place> target_place_of(const state_view& view, tenant_id tenant,
                                      conversation_id conversation) {
  const auto head = head_of(view, tenant, conversation);
  if (!head) return head.error();
  const auto applied = applied_of(view);
  if (!applied) return applied.error();
  return target_place{*head, applied->index};
}

outcome<target_image> load_target(const state_view& view, tenant_id tenant,
                                  conversation_id conversation, user_id asker, event_seq target,
                                  target_wish wish) {
  const auto place = target_place_of(view, tenant, conversation);
  if (!place) return place.error();
  return load_target(view, *place, tenant, conversation, asker, target, wish);
}

outcome<target_image> load_target(const state_view& view, const target_place& place,
                                  tenant_id tenant, conversation_id conversation, user_id asker,
                                  event_seq target, target_wish wish) {
  target_image image;
  image.as_of = place.head;
  image.applied = place.applied;
  auto row = view.get(keys::event(tenant, conversation, target));
  if (!row) {
    if (row.error().code == errc::not_found) return image;
    return std::move(row).error();
  }
  const auto header = read_event_header(*row);
  if (!header) return header.error();
  image.found = true;
  image.event = std::move(*row);

  if (asker) {
    auto reactions =
        find_record<reactions_record>(view, keys::reaction(tenant, conversation, target, asker));
    if (!reactions) return std::move(reactions).error();
    if (*reactions) image.reactions = std::move((*reactions)->reactions);
  }

  if (wish.edits && (header->flags & event_flags::edited) != 0) {
    // Edits may be megabytes: not for everybody who names the message.
    const auto may = asker && asker != header->sender ? is_admin(view, tenant, conversation, asker)
                                                      : outcome<bool>(true);
    if (!may) return may.error();
    image.edits_left_out = !*may;
  }
  if (wish.edits && !image.edits_left_out && (header->flags & event_flags::edited) != 0) {
    auto edits = edits_of(view, tenant, conversation, target);
    if (!edits) return std::move(edits).error();
    image.edits = std::move(*edits);
  }
  if ((header->flags & event_flags::burning) == 0) return image;

  auto burn = find_record<burn_record>(view, keys::burn(tenant, conversation, target));
  if (!burn) return std::move(burn).error();
  image.burn = std::move(*burn);
  if (!wish.burn_body) return image;
  auto body = view.get(keys::burn_body(tenant, conversation, target));
  if (body) {
    image.burn_body = std::move(*body);
  } else if (body.error().code != errc::not_found) {
    return std::move(body).error();
  }
  return image;
}

outcome<forward_source> load_forward_source(const state_view& view, tenant_id tenant,
                                            conversation_id conversation, user_id asker,
                                            event_seq seq, time_ms now) {
  const auto who = reading_of(view, tenant, conversation, asker, now);
  if (!who) return who.error();
  const auto shown = get_shown(view, tenant, conversation, *who, seq);
  if (!shown) return shown.error();
  if (!is_message(shown->header.kind)) {
    return failure{errc::invalid_argument, "from_seq is no message"};
  }
  if (shown->gone) return errc::gone;
  if ((shown->header.flags & event_flags::burning) != 0) {
    return failure{errc::invalid_argument, "a burning message is not forwarded"};
  }
  const auto event = decode_event(shown->row);
  if (!event) return damaged("an event");
  const auto applied = applied_of(view);
  if (!applied) return applied.error();
  const target_place place{who->head, applied->index};
  return forward_source{event->kind, std::string(event->body), event->sender,
                        event->time, event->expires,           place};
}

}  // namespace conclave::storage
