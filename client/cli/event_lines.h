/// An event as a line: for people, with names and times, in colour when asked; for scripts, as one
/// JSON object. Pure, given the names.
#pragma once

#include "client/cli/name_book.h"
#include "schemas/event.h"
#include "schemas/ids.h"

#include <string>

namespace conclave::client::cli {

struct line_style {
  bool colour = false;
  std::string conversation;  ///< put in front when not empty
};

std::string line_for_people(const event_view& event, const name_book& names,
                            const line_style& style, time_ms now);

std::string line_of_json(conversation_id c, const event_view& event, const name_book& names);

}  // namespace conclave::client::cli
