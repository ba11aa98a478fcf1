/// Key layouts, both directions.
#include "schemas/keys.h"

#include "schemas/bytes.h"

namespace conclave::keys {
namespace {

constexpr std::size_t table_and_tenant = 1 + 4;

std::string start(table t, tenant_id tenant) {
  std::string key;
  key.reserve(table_and_tenant + 3 * sizeof(std::uint64_t));
  key.push_back(static_cast<char>(t));
  append_big_endian(key, tenant.value);
  return key;
}

template <class... Id>
std::string key_of(table t, tenant_id tenant, Id... id) {
  std::string key = start(t, tenant);
  (append_big_endian(key, std::uint64_t{id}), ...);
  return key;
}

/// How many u64 ids follow table and tenant; nullopt for tables with another shape.
std::optional<std::size_t> ids_in(table t) {
  switch (t) {
    case table::tenant:
    case table::policy:
      return 0;
    case table::user:
    case table::conversation:
    case table::inbox_mark:
    case table::credential:
      return 1;
    case table::device:
    case table::operation:
    case table::user_conversation:
    case table::link:
    case table::member:
    case table::event:
    case table::inbox:
    case table::pin:
    case table::burn:
    case table::burn_body:
    case table::join_request:
    case table::job:
      return 2;
    case table::sender:
    case table::intent:
    case table::version:
    case table::reaction:
    case table::gone:
    case table::mention:
      return 3;
    case table::owed:
      return 4;
    case table::applied:
    case table::entity_version:
    case table::timer:
    case table::tenant_name:
    case table::user_name:
      break;
  }
  return std::nullopt;
}

}  // namespace

std::string applied() {
  return std::string(1, static_cast<char>(table::applied));
}

std::string entity_version(const entity_ref& entity) {
  std::string key = start(table::entity_version, entity.tenant);
  key.push_back(static_cast<char>(entity.kind));
  append_big_endian(key, entity.id);
  return key;
}

std::string tenant(tenant_id id) {
  return start(table::tenant, id);
}

std::string tenant_name(std::string_view name) {
  return start(table::tenant_name, system_tenant).append(name);
}

std::string user(tenant_id tenant, user_id id) {
  return key_of(table::user, tenant, id.value);
}

std::string user_name(tenant_id tenant, std::string_view name) {
  return start(table::user_name, tenant).append(name);
}

std::string device(tenant_id tenant, user_id user, device_id id) {
  return key_of(table::device, tenant, user.value, id.value);
}

std::string operation(tenant_id tenant, user_id user, std::uint64_t op_id) {
  return key_of(table::operation, tenant, user.value, op_id);
}

std::string user_conversation(tenant_id tenant, user_id user, conversation_id conversation) {
  return key_of(table::user_conversation, tenant, user.value, conversation.value);
}

std::string conversation(tenant_id tenant, conversation_id id) {
  return key_of(table::conversation, tenant, id.value);
}

std::string member(tenant_id tenant, conversation_id conversation, user_id user) {
  return key_of(table::member, tenant, conversation.value, user.value);
}

std::string sender(tenant_id tenant, conversation_id conversation, user_id user, device_id device) {
  return key_of(table::sender, tenant, conversation.value, user.value, device.value);
}

std::string event(tenant_id tenant, conversation_id conversation, event_seq seq) {
  return key_of(table::event, tenant, conversation.value, seq.value);
}

std::string intent(tenant_id tenant, conversation_id conversation, event_seq seq, user_id user) {
  return key_of(table::intent, tenant, conversation.value, seq.value, user.value);
}

std::string inbox(tenant_id tenant, user_id user, std::uint64_t inbox_seq) {
  return key_of(table::inbox, tenant, user.value, inbox_seq);
}

std::string inbox_mark(tenant_id tenant, user_id user) {
  return key_of(table::inbox_mark, tenant, user.value);
}

std::string credential(tenant_id tenant, user_id user) {
  return key_of(table::credential, tenant, user.value);
}

std::string policy(tenant_id tenant) {
  return start(table::policy, tenant);
}

std::string link(tenant_id tenant, user_id user, conversation_id local) {
  return key_of(table::link, tenant, user.value, local.value);
}

std::string version(tenant_id tenant, conversation_id conversation, event_seq target,
                    event_seq edit) {
  return key_of(table::version, tenant, conversation.value, target.value, edit.value);
}

std::string reaction(tenant_id tenant, conversation_id conversation, event_seq target,
                     user_id user) {
  return key_of(table::reaction, tenant, conversation.value, target.value, user.value);
}

std::string pin(tenant_id tenant, conversation_id conversation, event_seq target) {
  return key_of(table::pin, tenant, conversation.value, target.value);
}

std::string gone(tenant_id tenant, conversation_id conversation, event_seq went, event_seq target) {
  return key_of(table::gone, tenant, conversation.value, went.value, target.value);
}

std::string mention(tenant_id tenant, conversation_id conversation, user_id user, event_seq seq) {
  return key_of(table::mention, tenant, conversation.value, user.value, seq.value);
}

std::string burn(tenant_id tenant, conversation_id conversation, event_seq seq) {
  return key_of(table::burn, tenant, conversation.value, seq.value);
}

std::string burn_body(tenant_id tenant, conversation_id conversation, event_seq seq) {
  return key_of(table::burn_body, tenant, conversation.value, seq.value);
}

std::string join_request(tenant_id tenant, conversation_id conversation, user_id user) {
  return key_of(table::join_request, tenant, conversation.value, user.value);
}

std::string job(tenant_id tenant, conversation_id conversation, std::uint64_t kind) {
  return key_of(table::job, tenant, conversation.value, kind);
}

std::string owed(tenant_id tenant, conversation_id conversation, user_id user, std::uint64_t kind,
                 std::uint64_t at) {
  return key_of(table::owed, tenant, conversation.value, user.value, kind, at);
}

namespace {
constexpr std::size_t timer_key_size = table_and_tenant + 8 + 4 + 3 * 8;
}

std::string timer(const timer_key& key) {
  std::string made = key_of(table::timer, system_tenant, key.due);
  append_big_endian(made, key.tenant.value);
  append_big_endian(made, key.conversation.value);
  append_big_endian(made, key.seq.value);
  append_big_endian(made, key.reader.value);
  return made;
}

std::optional<timer_key> parse_timer(std::string_view key) {
  if (key.size() != timer_key_size || table_of(key) != table::timer) return std::nullopt;
  if (load_big_endian<std::uint32_t>(key.data() + 1) != system_tenant.value) return std::nullopt;
  const char* at = key.data() + table_and_tenant;
  timer_key parsed;
  parsed.due = load_big_endian<std::uint64_t>(at);
  parsed.tenant = tenant_id(load_big_endian<std::uint32_t>(at + 8));
  parsed.conversation = conversation_id(load_big_endian<std::uint64_t>(at + 12));
  parsed.seq = event_seq(load_big_endian<std::uint64_t>(at + 20));
  parsed.reader = user_id(load_big_endian<std::uint64_t>(at + 28));
  return parsed;
}

range timers_between(time_ms first, time_ms last) {
  return {key_of(table::timer, system_tenant, first),
          key_of(table::timer, system_tenant, last + 1)};
}

range starting_with(std::string_view prefix) {
  std::string last(prefix);
  while (!last.empty() && last.back() == '\xff') last.pop_back();
  // Nothing comes after 0xff…: the end is above any key that goes on after the prefix.
  if (last.empty()) return {std::string(prefix), std::string(prefix).append(128, '\xff')};
  last.back() = static_cast<char>(static_cast<unsigned char>(last.back()) + 1);
  return {std::string(prefix), std::move(last)};
}

range all_of(table t) {
  return starting_with(std::string(1, static_cast<char>(t)));
}

range all_of(table t, tenant_id tenant) {
  return starting_with(start(t, tenant));
}

range all_of(table t, tenant_id tenant, std::uint64_t id) {
  return starting_with(key_of(t, tenant, id));
}

range all_of(table t, tenant_id tenant, std::uint64_t id, std::uint64_t second) {
  return starting_with(key_of(t, tenant, id, second));
}

std::optional<id_key> parse(table t, std::string_view key) {
  const auto ids = ids_in(t);
  if (!ids || key.size() != table_and_tenant + *ids * sizeof(std::uint64_t) || table_of(key) != t) {
    return std::nullopt;
  }
  const auto id_at = [&](std::size_t i) {
    return i < *ids ? load_big_endian<std::uint64_t>(key.data() + table_and_tenant +
                                                     i * sizeof(std::uint64_t))
                    : 0;
  };
  id_key parsed;
  parsed.tenant = tenant_id(load_big_endian<std::uint32_t>(key.data() + 1));
  parsed.first = id_at(0);
  parsed.second = id_at(1);
  parsed.third = id_at(2);
  parsed.fourth = id_at(3);
  return parsed;
}

std::optional<std::string_view> parse_name(table t, std::string_view key) {
  if (t != table::tenant_name && t != table::user_name) return std::nullopt;
  if (key.size() <= table_and_tenant || table_of(key) != t) return std::nullopt;
  return key.substr(table_and_tenant);
}

std::string log_entry(shard_id shard, log_index index) {
  std::string key;
  append_big_endian(key, shard.value);
  append_big_endian(key, index.value);
  return key;
}

range log_of(shard_id shard) {
  std::string last = log_entry(shard, log_index(~std::uint64_t{0}));
  last.push_back('\0');  // the first key after the highest
  return {log_entry(shard, log_index(0)), std::move(last)};
}

std::optional<log_index> parse_log_entry(shard_id shard, std::string_view key) {
  if (key.size() != sizeof(std::uint16_t) + sizeof(std::uint64_t)) return std::nullopt;
  if (load_big_endian<std::uint16_t>(key.data()) != shard.value) return std::nullopt;
  return log_index(load_big_endian<std::uint64_t>(key.data() + sizeof(std::uint16_t)));
}

std::string meta_chain_mark(shard_id shard) {
  std::string key = "chain_mark|";
  append_big_endian(key, shard.value);
  return key;
}

}  // namespace conclave::keys
