/// Which parts of a request are its own words; see request_print.h.
#include "actors/request_print.h"

#include "actors/request_details.h"
#include "schemas/short_print.h"

namespace conclave::actors {

namespace {

/// Stored in prints, unlike the order of conversation_verb: numbers stay with their meaning.
std::uint64_t number_of(conversation_verb verb) {
  switch (verb) {
    case conversation_verb::send:
      return 1;
    case conversation_verb::add_members:
      return 2;
    case conversation_verb::remove_member:
      return 3;
    case conversation_verb::edit:
      return 4;
    case conversation_verb::recall:
      return 5;
    case conversation_verb::react:
      return 6;
    case conversation_verb::pin:
      return 7;
    case conversation_verb::forward:
      return 8;
    case conversation_verb::set_role:
      return 9;
    case conversation_verb::mute_member:
      return 10;
    case conversation_verb::change_settings:
      return 11;
    case conversation_verb::dissolve:
      return 12;
    case conversation_verb::notice:
      return 13;
    default:
      return 0;
  }
}

void add_extras(short_print& print, const request_details& more) {
  print.add(more.reply_to.value);
  print.add(more.thread.value);
  print.add(more.expires_at);
  print.add(more.expires_after_ms);
  print.add(std::uint64_t{more.burn_ms});
  print.add(std::uint64_t{more.mentions_all});
  for (const user_id user : more.mentions) print.add(user.value);
}

void add_settings(short_print& print, const request_details& more) {
  print.add(std::uint64_t{more.changes});
  print.add(more.settings.title);
  print.add(more.settings.topic);
  print.add(static_cast<std::uint64_t>(more.settings.join));
  print.add(static_cast<std::uint64_t>(more.settings.invite));
  print.add(static_cast<std::uint64_t>(more.settings.visibility));
  print.add(std::uint64_t{more.settings.all_muted});
}

}  // namespace

std::uint16_t print_of(const conversation_request& request, const conversation_batch& batch) {
  short_print print;
  print.add(number_of(request.verb));
  if (request.verb == conversation_verb::send) print.add(static_cast<std::uint64_t>(request.kind));
  if (request.verb != conversation_verb::forward) print.add(batch.text_of(request));
  if (request.verb != conversation_verb::add_members)
    for (const user_id user : batch.users_of(request)) print.add(user.value);
  if (request.more == nullptr) return print.value();

  const request_details& more = *request.more;
  switch (request.verb) {
    case conversation_verb::send:
      add_extras(print, more);
      break;
    case conversation_verb::edit:
    case conversation_verb::recall:
    case conversation_verb::react:
    case conversation_verb::pin:
      print.add(more.target.value);
      print.add(std::uint64_t{more.removed});
      break;
    case conversation_verb::forward:
      print.add(more.origin_conversation.value);
      print.add(more.origin_seq.value);
      break;
    case conversation_verb::set_role:
      print.add(static_cast<std::uint64_t>(more.role));
      break;
    case conversation_verb::mute_member:
      print.add(more.until);
      break;
    case conversation_verb::change_settings:
      add_settings(print, more);
      break;
    default:
      break;
  }
  return print.value();
}

}  // namespace conclave::actors
