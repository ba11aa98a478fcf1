/// Lines and their parts.
#include "client/cli/event_lines.h"

#include "client/cli/text.h"
#include "client/cli/words.h"

namespace conclave::client::cli {

namespace {

constexpr const char* dim = "\033[2m";
constexpr const char* plain = "\033[0m";

/// One of six readable colours, always the same for a user.
std::string colour_of(user_id user) {
  return "\033[1;3" + std::to_string(1 + user.value % 6) + "m";
}

std::string number_of(event_seq seq) {
  return "#" + std::to_string(seq.value);
}

std::string why_gone(const event_view& message, const char* recalled) {
  if ((message.flags & event_flags::recalled) != 0) return recalled;
  if ((message.flags & event_flags::burned) != 0) return "(burned)";
  return "(expired)";
}

}  // namespace

std::string dimmed(const std::string& text, bool colour) {
  return colour ? dim + text + plain : text;
}

std::string named(user_id user, const names& who, bool colour) {
  const std::string name = printable(who.of(user), " ");
  return colour ? colour_of(user) + name + plain : name;
}

std::string until_text(time_ms until, time_ms now) {
  return until >= id_limit - 1 ? "for ever" : "until " + clock_time(until, now);
}

std::string shortened(std::string_view text, std::size_t columns) {
  const std::string clean = printable(text, " ");
  std::size_t used = 0;
  for (std::size_t i = 0; i < clean.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(clean[i]) & 0xc0) != 0x80;
    if (begins && used++ == columns) return clean.substr(0, i) + "…";
  }
  return clean;
}

std::string said(const event_view& message, time_ms now) {
  if (message.is_gone()) return why_gone(message, "(taken back)");
  std::string out;
  if (message.origin_seq) out += "(forwarded) ";
  if ((message.flags & event_flags::burning) != 0) {
    out += "(burning: " + duration_text(message.burn_ms) + " from the first look; open " +
           number_of(message.seq) + ")";
  } else if (message.kind == event_kind::opaque) {
    out += in_bytes(message.body);
  } else if (message.kind == event_kind::structured) {
    out += "(structured) " + printable(message.body);
  } else {
    out += printable(message.body);
  }
  if ((message.flags & event_flags::edited) != 0) out += " (edited)";
  if (message.expires != 0) {
    out += message.expires > now ? " (goes in " + duration_text(message.expires - now) + ")"
                                 : " (its time is over)";
  }
  return out;
}

std::string in_bytes(std::string_view body) {
  return "(" + std::to_string(body.size()) + " bytes)";
}

std::string line_for_people(const event_view& event, const names& who, const line_style& style,
                            time_ms now) {
  std::string out;
  if (!style.conversation.empty()) out += printable(style.conversation, " ") + "  ";
  out += dimmed(clock_time(event.time, now), style.colour) + "  ";
  if (!is_message(event.kind)) {
    return out + dimmed("* " + printable(sentence_of(event, who, now), " "), style.colour);
  }
  out += dimmed(number_of(event.seq), style.colour) + " ";
  out += named(event.sender, who, style.colour) + ": ";
  if (event.reply_to) {
    std::string quote = style.quote ? style.quote(event.reply_to) : std::string();
    if (quote.empty()) quote = number_of(event.reply_to);
    out += dimmed("[" + quote + "] ", style.colour);
  } else if (event.thread) {
    out += dimmed("[thread " + number_of(event.thread) + "] ", style.colour);
  }
  if ((event.flags & event_flags::mentions_all) != 0) out += "@all ";
  return out + said(event, now);
}

std::string line_for_people(const inbox_item& entry, const names& who, const std::string& title,
                            time_ms now) {
  const std::string here = "`" + title + "`";
  std::string what;
  switch (entry.kind) {
    case inbox_kind::conversation_added:
      what = "you came into " + here;
      break;
    case inbox_kind::conversation_removed:
      what = "you are no longer in " + here;
      break;
    case inbox_kind::settings:
      what = here + " is " + (entry.number == 0 ? "not muted" : "muted for you") +
             ((entry.flags & 1) != 0 ? ", pinned" : "") +
             ((entry.flags & 2) != 0 ? ", hidden" : "");
      break;
    case inbox_kind::read:
      what = "you have read " + here + " up to " + number_of(entry.at);
      break;
    case inbox_kind::burned:
      what = number_of(entry.at) + " of " + here + " burned for you";
      break;
    case inbox_kind::device_added:
      what = "a new device logged in: " + entry.text + " (device " +
             std::to_string(entry.device.value) + ")";
      break;
    case inbox_kind::device_ended:
      what = "device " + std::to_string(entry.device.value) + " ended: " + entry.text;
      break;
    case inbox_kind::join_requested:
      what = who.of(entry.user) + " wants to come into " + here;
      break;
    case inbox_kind::join_declined:
      what = "you may not come into " + here;
      break;
    case inbox_kind::password_changed:
      what = entry.device
                 ? "your password was changed on device " + std::to_string(entry.device.value)
                 : "an operator changed your password";
      break;
    default:
      what = "something that this version does not know";
      break;
  }
  return clock_time(entry.time, now) + "  (inbox) " + printable(what, " ");
}

}  // namespace conclave::client::cli
