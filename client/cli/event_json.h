/// What scripts read: events, inbox entries and what else is told, each as one JSON object on one
/// line, with the names of the protocol's page. What is 0, false or empty and not there for every
/// event is left out. Pure, given the names.
#pragma once

#include "client/cli/names.h"
#include "client/results.h"
#include "schemas/event.h"

#include <string>
#include <vector>

namespace conclave::client::cli {

std::string line_of_json(conversation_id c, const event_view& event, const names& who);
std::string line_of_json(const inbox_item& entry, const names& who);
std::string gone_line_of_json(conversation_id c, const std::vector<event_seq>& seqs);

/// Bytes that are no text.
std::string base64(std::string_view bytes);

}  // namespace conclave::client::cli
