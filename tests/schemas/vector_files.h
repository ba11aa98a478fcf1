/// The files of golden vectors whose frames encode to their bytes and decode to their values; the
/// other two, lenient and malformed, have tests of their own. Pure data.
#pragma once

#include <nlohmann/json.hpp>

#include <fstream>
#include <string>

namespace conclave::test {

inline constexpr const char* vector_files[] = {
    "session", "account",  "conversations", "moderation", "history", "sync",
    "inbox",   "presence", "operators",     "policy",     "events"};

inline nlohmann::ordered_json load_vectors(const std::string& name) {
  std::ifstream file(std::string(CONCLAVE_SOURCE_DIR) + "/tests/vectors/" + name + ".json");
  return nlohmann::ordered_json::parse(file);
}

/// Calls visit with every vector of those files.
template <class Visit>
void for_each_vector(Visit visit) {
  for (const auto* file : vector_files) {
    for (const auto& vector : load_vectors(file)) visit(vector);
  }
}

}  // namespace conclave::test
