/// What a person in front of a terminal can do about an error code: the second line of a failure.
/// Empty when the sentence says it all. Pure; any thread.
#pragma once

#include "schemas/errc.h"

#include <string_view>

namespace conclave::client::cli {

std::string_view advice_for_people(errc code);

}  // namespace conclave::client::cli
