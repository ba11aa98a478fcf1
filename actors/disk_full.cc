/// From a request to the level that refuses it; see disk_full.h.
#include "actors/disk_full.h"

#include <variant>

namespace conclave::actors {

namespace {

using storage::disk_level;

/// `fine`: never refused.
disk_level refused_from(conversation_verb verb) {
  switch (verb) {
    case conversation_verb::create:
    case conversation_verb::send:
    case conversation_verb::add_members:
    case conversation_verb::edit:
    case conversation_verb::forward:
    case conversation_verb::join:
    case conversation_verb::answer_join:
    case conversation_verb::notice:
      return disk_level::no_growth;
    case conversation_verb::react:
    case conversation_verb::pin:
    case conversation_verb::set_role:
    case conversation_verb::mute_member:
    case conversation_verb::change_settings:
    case conversation_verb::new_join_code:
    case conversation_verb::mark_read:
    case conversation_verb::open:
      return disk_level::no_writes;
    case conversation_verb::remove_member:
    case conversation_verb::recall:
    case conversation_verb::dissolve:
    case conversation_verb::typing:
    case conversation_verb::due:
    case conversation_verb::review_burning:
      break;
  }
  return disk_level::fine;
}

struct refused_orders {
  disk_level operator()(const create_tenant_order&) const { return disk_level::no_growth; }
  disk_level operator()(const provision_order&) const { return disk_level::no_growth; }
  disk_level operator()(const admit_external_order&) const { return disk_level::no_growth; }
  disk_level operator()(const set_policy_order&) const { return disk_level::no_writes; }
  // Who logs in may be about to take something back.
  disk_level operator()(const issue_device_order&) const { return disk_level::no_writes; }
  disk_level operator()(const renew_token_order&) const { return disk_level::no_writes; }
  disk_level operator()(const set_password_order&) const { return disk_level::no_writes; }
  disk_level operator()(const rehash_order&) const { return disk_level::no_writes; }
  disk_level operator()(const set_conversation_order&) const { return disk_level::no_writes; }
  disk_level operator()(const former_over_order&) const { return disk_level::fine; }
  disk_level operator()(const end_device_order&) const { return disk_level::fine; }
  disk_level operator()(const index_order&) const { return disk_level::fine; }
  disk_level operator()(const inbox_order&) const { return disk_level::fine; }
};

bool refuses(disk_level level, disk_level from) {
  return from != disk_level::fine && level >= from;
}

}  // namespace

bool refused_by_disk(conversation_verb verb, disk_level level) {
  return refuses(level, refused_from(verb));
}

bool refused_by_disk(const registrar_request& request, disk_level level) {
  return refuses(level, std::visit(refused_orders{}, request.order));
}

}  // namespace conclave::actors
