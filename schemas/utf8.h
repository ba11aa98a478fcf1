/// Is it text? str fields and text bodies must be valid UTF-8: no overlong forms, no surrogates,
/// nothing above U+10FFFF. Pure function; any thread; about a byte per cycle, eight when ASCII.
#pragma once

#include <string_view>

namespace conclave {

bool valid_utf8(std::string_view text);

}  // namespace conclave
