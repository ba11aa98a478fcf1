/// Keys: byte order is id order, ranges hold what they name, keys come apart again.
#include "schemas/keys.h"

#include <gtest/gtest.h>

#include <random>
#include <tuple>

namespace conclave {
namespace {

constexpr table id_tables[] = {table::tenant,
                               table::user,
                               table::device,
                               table::operation,
                               table::user_conversation,
                               table::inbox,
                               table::inbox_mark,
                               table::credential,
                               table::policy,
                               table::link,
                               table::conversation,
                               table::member,
                               table::sender,
                               table::event,
                               table::intent,
                               table::version,
                               table::reaction,
                               table::pin,
                               table::gone,
                               table::mention,
                               table::burn,
                               table::burn_body,
                               table::join_request,
                               table::job,
                               table::owed};

std::string make(table t, const keys::id_key& k) {
  switch (t) {
    case table::tenant:
      return keys::tenant(k.tenant);
    case table::user:
      return keys::user(k.tenant, user_id(k.first));
    case table::device:
      return keys::device(k.tenant, user_id(k.first), device_id(k.second));
    case table::operation:
      return keys::operation(k.tenant, user_id(k.first), k.second);
    case table::user_conversation:
      return keys::user_conversation(k.tenant, user_id(k.first), conversation_id(k.second));
    case table::conversation:
      return keys::conversation(k.tenant, conversation_id(k.first));
    case table::member:
      return keys::member(k.tenant, conversation_id(k.first), user_id(k.second));
    case table::sender:
      return keys::sender(k.tenant, conversation_id(k.first), user_id(k.second),
                          device_id(k.third));
    case table::event:
      return keys::event(k.tenant, conversation_id(k.first), event_seq(k.second));
    case table::intent:
      return keys::intent(k.tenant, conversation_id(k.first), event_seq(k.second),
                          user_id(k.third));
    case table::inbox:
      return keys::inbox(k.tenant, user_id(k.first), k.second);
    case table::inbox_mark:
      return keys::inbox_mark(k.tenant, user_id(k.first));
    case table::credential:
      return keys::credential(k.tenant, user_id(k.first));
    case table::policy:
      return keys::policy(k.tenant);
    case table::link:
      return keys::link(k.tenant, user_id(k.first), conversation_id(k.second));
    case table::version:
      return keys::version(k.tenant, conversation_id(k.first), event_seq(k.second),
                           event_seq(k.third));
    case table::reaction:
      return keys::reaction(k.tenant, conversation_id(k.first), event_seq(k.second),
                            user_id(k.third));
    case table::pin:
      return keys::pin(k.tenant, conversation_id(k.first), event_seq(k.second));
    case table::gone:
      return keys::gone(k.tenant, conversation_id(k.first), event_seq(k.second),
                        event_seq(k.third));
    case table::mention:
      return keys::mention(k.tenant, conversation_id(k.first), user_id(k.second),
                           event_seq(k.third));
    case table::burn:
      return keys::burn(k.tenant, conversation_id(k.first), event_seq(k.second));
    case table::burn_body:
      return keys::burn_body(k.tenant, conversation_id(k.first), event_seq(k.second));
    case table::join_request:
      return keys::join_request(k.tenant, conversation_id(k.first), user_id(k.second));
    case table::job:
      return keys::job(k.tenant, conversation_id(k.first), k.second);
    case table::owed:
      return keys::owed(k.tenant, conversation_id(k.first), user_id(k.second), k.third, k.fourth);
    case table::applied:
    case table::entity_version:
    case table::timer:
    case table::tenant_name:
    case table::user_name:
      break;
  }
  return {};
}

int ids_in(table t) {
  switch (t) {
    case table::tenant:
    case table::policy:
      return 0;
    case table::user:
    case table::conversation:
    case table::inbox_mark:
    case table::credential:
      return 1;
    case table::sender:
    case table::intent:
    case table::version:
    case table::reaction:
    case table::gone:
    case table::mention:
      return 3;
    case table::owed:
      return 4;
    default:
      return 2;
  }
}

auto order(table t, const keys::id_key& k) {
  const int ids = ids_in(t);
  return std::tuple(k.tenant.value, ids > 0 ? k.first : 0, ids > 1 ? k.second : 0,
                    ids > 2 ? k.third : 0, ids > 3 ? k.fourth : 0);
}

class random_ids {
 public:
  /// Often equal, often differing in one byte only, so that order is put to the test.
  keys::id_key next() {
    return {tenant_id(static_cast<std::uint32_t>(id())), id(), id(), id(), id()};
  }
  std::uint64_t id() {
    switch (random_() % 4) {
      case 0:
        return random_() % 3;
      case 1:
        return std::uint64_t{1} << (random_() % 53);
      case 2:
        return (std::uint64_t{1} << (random_() % 53)) - 1;
      default:
        return random_();
    }
  }

 private:
  std::mt19937_64 random_{42};
};

TEST(keys, byte_order_is_id_order) {
  random_ids ids;
  for (const table t : id_tables) {
    for (int i = 0; i < 3000; ++i) {
      const auto a = ids.next();
      auto b = ids.next();
      if (i % 2 == 0) b.tenant = a.tenant;
      if (i % 4 == 0) b.first = a.first;
      if (i % 8 == 0) b.second = a.second;
      if (i % 16 == 0) b.third = a.third;
      ASSERT_EQ(make(t, a) < make(t, b), order(t, a) < order(t, b));
      ASSERT_EQ(make(t, a) == make(t, b), order(t, a) == order(t, b));
    }
  }
}

TEST(keys, come_apart_into_what_they_were_made_of) {
  random_ids ids;
  for (const table t : id_tables) {
    for (int i = 0; i < 1000; ++i) {
      const auto k = ids.next();
      const auto key = make(t, k);
      EXPECT_EQ(keys::table_of(key), t);
      const auto parsed = keys::parse(t, key);
      ASSERT_TRUE(parsed.has_value());
      ASSERT_EQ(order(t, *parsed), order(t, k));
      EXPECT_FALSE(keys::parse(t, key + "x").has_value());
      EXPECT_FALSE(keys::parse(t, std::string_view(key).substr(0, key.size() - 1)).has_value());
      for (const table other : id_tables) {
        if (other != t) {
          EXPECT_FALSE(keys::parse(other, key).has_value());
        }
      }
    }
    EXPECT_FALSE(keys::parse(t, "").has_value());
  }
}

bool in(const keys::range& range, std::string_view key) {
  return key >= range.first && key < range.last;
}

TEST(keys, ranges_hold_exactly_the_rows_that_they_name) {
  random_ids ids;
  for (const table t : id_tables) {
    for (int i = 0; i < 2000; ++i) {
      const auto k = ids.next();
      auto wanted = ids.next();
      if (i % 2 == 0) wanted.tenant = k.tenant;
      if (i % 4 == 0) wanted.first = k.first;
      const auto key = make(t, k);
      EXPECT_TRUE(in(keys::all_of(t), key));
      EXPECT_EQ(in(keys::all_of(t, wanted.tenant), key), wanted.tenant == k.tenant);
      if (ids_in(t) > 0) {
        EXPECT_EQ(in(keys::all_of(t, wanted.tenant, wanted.first), key),
                  wanted.tenant == k.tenant && wanted.first == k.first);
      }
      if (ids_in(t) > 1) {
        if (i % 8 == 0) wanted.second = k.second;
        EXPECT_EQ(
            in(keys::all_of(t, wanted.tenant, wanted.first, wanted.second), key),
            wanted.tenant == k.tenant && wanted.first == k.first && wanted.second == k.second);
      }
      for (const table other : id_tables) {
        if (other != t) {
          EXPECT_FALSE(in(keys::all_of(other), key));
        }
      }
    }
  }
}

TEST(keys, the_highest_ids_are_inside_their_ranges) {
  const tenant_id last_tenant(~std::uint32_t{0});
  const auto key =
      keys::event(last_tenant, conversation_id(~std::uint64_t{0}), event_seq(~std::uint64_t{0}));
  EXPECT_TRUE(in(keys::all_of(table::event), key));
  EXPECT_TRUE(in(keys::all_of(table::event, last_tenant), key));
  EXPECT_TRUE(in(keys::all_of(table::event, last_tenant, ~std::uint64_t{0}), key));
  EXPECT_FALSE(in(keys::all_of(table::event, last_tenant), keys::intent({}, {}, {}, {})));
  EXPECT_TRUE(in(keys::starting_with("\xff\xff"), std::string(40, '\xff')));
  EXPECT_FALSE(in(keys::starting_with("\xff\xff"), "\xff\xfe"));
  EXPECT_TRUE(in(keys::starting_with(std::string(200, '\xff')), std::string(201, '\xff')));
}

keys::timer_key random_timer(random_ids& ids) {
  return {ids.id(), tenant_id(static_cast<std::uint32_t>(ids.id())), conversation_id(ids.id()),
          event_seq(ids.id()), user_id(ids.id())};
}

TEST(timers, come_in_the_order_in_which_they_are_due) {
  random_ids ids;
  for (int i = 0; i < 3000; ++i) {
    const auto a = random_timer(ids);
    auto b = random_timer(ids);
    if (i % 2 == 0) b.due = a.due;
    if (i % 4 == 0) b.tenant = a.tenant;
    if (i % 8 == 0) b.conversation = a.conversation;
    if (i % 16 == 0) b.seq = a.seq;
    ASSERT_EQ(keys::timer(a) < keys::timer(b), a < b);
    ASSERT_EQ(keys::timer(a) == keys::timer(b), a == b);
  }
}

TEST(timers, come_apart_into_what_they_were_made_of) {
  random_ids ids;
  for (int i = 0; i < 1000; ++i) {
    const auto timer = random_timer(ids);
    const auto key = keys::timer(timer);
    EXPECT_EQ(keys::table_of(key), table::timer);
    ASSERT_EQ(keys::parse_timer(key), timer);
    EXPECT_FALSE(keys::parse_timer(key + "x").has_value());
    EXPECT_FALSE(keys::parse_timer(std::string_view(key).substr(0, key.size() - 1)).has_value());
    for (const table other : id_tables) EXPECT_FALSE(keys::parse(other, key).has_value());
    EXPECT_FALSE(keys::parse(table::timer, key).has_value());
    EXPECT_TRUE(in(keys::all_of(table::timer), key));
    auto foreign = key;
    foreign[4] = '\1';  // where other tables have their tenant, a timer has 0
    EXPECT_FALSE(keys::parse_timer(foreign).has_value());
    foreign = key;
    foreign[0] = static_cast<char>(table::owed);
    EXPECT_FALSE(keys::parse_timer(foreign).has_value());
  }
  EXPECT_FALSE(keys::parse_timer("").has_value());
}

TEST(timers, between_two_times_are_those_due_then_both_included) {
  random_ids ids;
  for (int i = 0; i < 3000; ++i) {
    auto timer = random_timer(ids);
    const time_ms first = ids.id() % id_limit;
    const time_ms last = i % 2 == 0 ? first : ids.id() % id_limit;
    if (i % 4 == 0) timer.due = first;
    if (i % 4 == 1) timer.due = last;
    EXPECT_EQ(in(keys::timers_between(first, last), keys::timer(timer)),
              first <= timer.due && timer.due <= last);
  }
}

TEST(keys, names_come_last_and_stay_apart_by_tenant) {
  const auto key = keys::user_name(tenant_id(3), "alice");
  EXPECT_EQ(keys::parse_name(table::user_name, key), "alice");
  EXPECT_FALSE(keys::parse_name(table::tenant_name, key).has_value());
  EXPECT_FALSE(keys::parse_name(table::user, key).has_value());
  EXPECT_TRUE(in(keys::all_of(table::user_name, tenant_id(3)), key));
  EXPECT_FALSE(in(keys::all_of(table::user_name, tenant_id(2)), key));
  EXPECT_EQ(keys::parse_name(table::tenant_name, keys::tenant_name("acme")), "acme");
  EXPECT_FALSE(keys::parse_name(table::user_name, "").has_value());
}

TEST(keys, entity_versions_differ_by_kind_tenant_and_id) {
  const auto a = keys::entity_version({entity_kind::user, tenant_id(1), 5});
  EXPECT_NE(a, keys::entity_version({entity_kind::conversation, tenant_id(1), 5}));
  EXPECT_NE(a, keys::entity_version({entity_kind::user, tenant_id(2), 5}));
  EXPECT_NE(a, keys::entity_version({entity_kind::user, tenant_id(1), 6}));
  EXPECT_EQ(a.size(), 14u);
  EXPECT_TRUE(in(keys::all_of(table::entity_version), a));
  EXPECT_EQ(keys::applied(), "\x01");
}

TEST(keys, of_the_log_are_ordered_by_shard_then_index) {
  random_ids ids;
  for (int i = 0; i < 3000; ++i) {
    const shard_id a(static_cast<std::uint16_t>(ids.id()));
    const shard_id b(i % 2 == 0 ? a : shard_id(static_cast<std::uint16_t>(ids.id())));
    const log_index x(ids.id());
    const log_index y(ids.id());
    const auto key = keys::log_entry(a, x);
    ASSERT_EQ(key < keys::log_entry(b, y), std::tuple(a, x) < std::tuple(b, y));
    ASSERT_EQ(in(keys::log_of(b), key), a == b);
    ASSERT_EQ(keys::parse_log_entry(b, key).has_value(), a == b);
    ASSERT_EQ(keys::parse_log_entry(a, key), x);
  }
  EXPECT_TRUE(in(keys::log_of(shard_id(0xffff)),
                 keys::log_entry(shard_id(0xffff), log_index(~std::uint64_t{0}))));
  EXPECT_FALSE(keys::parse_log_entry(shard_id(1), "").has_value());
  EXPECT_NE(keys::meta_chain_mark(shard_id(1)), keys::meta_chain_mark(shard_id(256)));
}

}  // namespace
}  // namespace conclave
