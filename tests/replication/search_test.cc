/// The exhaustive search of small models, with the number of states that each has: a change of the
/// core that adds or removes behaviour shows here. The two large models are walked as far as the
/// bound goes; CONCLAVE_TEST_FULL=1 walks further.
#include "tests/replication/search.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace conclave::replication::proof {
namespace {

TEST(search, no_reachable_state_of_the_small_models_breaks_an_invariant) {
  const bool full = std::getenv("CONCLAVE_TEST_FULL") != nullptr;
  for (search_model model : search_models()) {
    model.max_states = full ? 20'000'000 : 60'000;
    // Its paths do not end by themselves yet, and each remembers all that went before.
    if (model.crashes != 0) model.max_states = 5'000;
    const search_result r = search(model);
    std::printf("%s: %llu states, %llu steps%s\n", model.name.c_str(),
                static_cast<unsigned long long>(r.states), static_cast<unsigned long long>(r.steps),
                r.complete ? "" : " (bounded)");
    std::string path;
    for (const std::string& line : r.path) path += line + "\n";
    EXPECT_FALSE(r.found) << model.name << ": I" << static_cast<int>(r.found->broken) << " "
                          << r.found->what << "\n"
                          << path;
    EXPECT_GT(r.answers, 0u) << model.name << ": nothing was ever answered";
    EXPECT_GT(r.takeovers, 0u) << model.name;
  }
}

TEST(search, the_small_models_are_walked_to_their_end) {
  for (const search_model& model : search_models()) {
    if (model.name != "two takeovers" && model.name != "one voter for another") continue;
    EXPECT_TRUE(search(model).complete) << model.name;
  }
}

}  // namespace
}  // namespace conclave::replication::proof
