/// The protocol as data and as tables, from the one source that the message structs are:
/// protocol.json for programs (generators of client libraries), the tables of the pages for people.
/// Used by the program protocol-dump and by the test that finds them out of step. Any thread.
#pragma once

#include "schemas/outcome.h"

#include <string>
#include <string_view>

namespace conclave {

/// The text of protocol.json. Numbers above 2^53 are decimal strings in it.
std::string protocol_json();

/// Fills every generated part of a page: what stands between a line `<!-- table: NAME -->` and the
/// next line `<!-- end -->`. Fails on an unknown name and on a part without an end.
outcome<std::string> with_tables(std::string_view page);

}  // namespace conclave
