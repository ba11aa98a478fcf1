/// What a session knows of conversations of other tenants: copied only for what is new.
#include "actors/session_links.h"

#include <gtest/gtest.h>

namespace conclave::actors {
namespace {

session_link link(std::uint64_t local, std::uint64_t hosts, std::uint64_t self = 3) {
  return {conversation_id{local}, seat{tenant_id{1}, conversation_id{hosts}, user_id{self}}};
}

TEST(session_links, are_found_by_ones_own_id_and_by_the_hosts) {
  const auto all = with_links(nullptr, {link(100, 5), link(101, 6)});
  ASSERT_NE(all, nullptr);
  EXPECT_EQ(*all->find(conversation_id{100}), link(100, 5).second);
  EXPECT_EQ(all->local_of(tenant_id{1}, conversation_id{6}), conversation_id{101});
  EXPECT_EQ(all->local_of(tenant_id{2}, conversation_id{6}), conversation_id{});
  EXPECT_EQ(all->guests().size(), 1u);
}

TEST(session_links, p7_what_is_known_costs_no_copy_of_thousands) {
  EXPECT_EQ(with_links(nullptr, {}), nullptr);
  const auto known = with_links(nullptr, {link(100, 5), link(101, 6)});
  EXPECT_EQ(with_links(known, {}), known);
  EXPECT_EQ(with_links(known, {link(101, 6)}), known) << "removed and added again";
  const auto more = with_links(known, {link(101, 6), link(102, 7)});
  EXPECT_NE(more, known);
  EXPECT_NE(more->find(conversation_id{102}), nullptr);
  EXPECT_NE(with_links(known, {link(101, 6, 4)}), known) << "under another id";
}

}  // namespace
}  // namespace conclave::actors
