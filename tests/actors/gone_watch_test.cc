/// Counters that tell a reader that bodies went while it read.
#include "actors/gone_watch.h"

#include <gtest/gtest.h>

#include <memory>

namespace conclave::actors {
namespace {

TEST(gone_watch, a_conversation_is_counted_and_its_neighbours_hardly_ever) {
  const auto watch = std::make_unique<gone_watch>();
  const auto count = [&](std::uint32_t tenant, std::uint64_t conversation) {
    return watch->count(tenant_id{tenant}, conversation_id{conversation});
  };
  EXPECT_EQ(count(1, 5), 0u);
  watch->mark(tenant_id{1}, conversation_id{5});
  watch->mark(tenant_id{1}, conversation_id{5});
  EXPECT_EQ(count(1, 5), 2u);
  std::size_t shared = 0;
  for (std::uint64_t id = 6; id < 1006; ++id) shared += count(1, id) != 0 ? 1u : 0u;
  for (std::uint32_t tenant = 2; tenant < 1002; ++tenant) shared += count(tenant, 5) != 0 ? 1u : 0u;
  EXPECT_LT(shared, 20u) << "of 2000, spread over 4096";
}

}  // namespace
}  // namespace conclave::actors
