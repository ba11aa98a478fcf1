/// What a client must do about each error code: part of the protocol's page, and the place that a
/// client author reads. Pure data; any thread.
#pragma once

#include "schemas/errc.h"

#include <string_view>

namespace conclave {

/// One sentence or two; empty for codes that never leave a node.
std::string_view advice_for(errc code);

}  // namespace conclave
