/// The protocol as one JSON document in memory: what protocol_json() prints and what the tables of
/// the pages are made from. Internal to schemas/*.cc.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace conclave {

nlohmann::ordered_json protocol_model();

/// Names and fields of the stored records, in the form of the protocol's records.
nlohmann::ordered_json stored_records_model();

}  // namespace conclave
