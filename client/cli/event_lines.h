/// An event as a line for people, with names and times, in colour when asked. Everything that
/// others wrote has lost its power over the terminal. Pure, given the names.
#pragma once

#include "client/cli/names.h"
#include "client/results.h"
#include "schemas/event.h"
#include "schemas/ids.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace conclave::client::cli {

struct line_style {
  bool colour = false;
  std::string conversation;  ///< put in front when not empty
  /// What an earlier message said, in a few words, for what refers to it; may be empty.
  std::function<std::string(event_seq)> quote;
};

/// "14:05  #12 alice: hello"
std::string line_for_people(const event_view& event, const names& who, const line_style& style,
                            time_ms now);

/// "14:05  (inbox) you have read `lobby` up to #12"
std::string line_for_people(const inbox_item& entry, const names& who, const std::string& title,
                            time_ms now);

/// What happened, without time and place: "alice took #5 back".
std::string sentence_of(const event_view& event, const names& who, time_ms now);

/// What somebody said, after his name: the text, or what stands in its place.
std::string said(const event_view& message, time_ms now);

/// What stands in the place of a body that is no text: "(12 bytes)".
std::string in_bytes(std::string_view body);

/// The beginning of a text on one line, at most `columns` wide.
std::string shortened(std::string_view text, std::size_t columns);

std::string dimmed(const std::string& text, bool colour);
std::string named(user_id user, const names& who, bool colour);

/// "until 14:05", "for ever".
std::string until_text(time_ms until, time_ms now);

void collect_users(const event_view& event, std::vector<user_id>& to);

}  // namespace conclave::client::cli
