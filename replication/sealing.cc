/// Fixed-width big-endian fields; a count that does not fit the size is refused.
#include "replication/sealing.h"

#include "crypto/digest.h"
#include "schemas/bytes.h"

#include <algorithm>

namespace conclave::replication {
namespace {

constexpr std::size_t head_size = 8 + 8 + 2 + 2 + 2;
constexpr std::size_t voter_size = 2 + 8 + 2;
/// Behind the voters of a configuration that is only planned.
constexpr char planned_mark = 1;

}  // namespace

std::string stored_bytes(shard_id shard, const entry& e) {
  const std::string config = e.config ? encode(*e.config) : std::string();
  log_entry_view view;
  view.kind = e.kind;
  view.shard = shard;
  view.epoch = e.epoch;
  view.index = e.index;
  view.time = e.time;
  view.prev_hash = e.prev_hash;
  if (e.kind == log_kind::config) view.redo = config;
  if (e.kind != log_kind::config && e.redo) view.redo = *e.redo;
  std::string out;
  append_log_entry(out, view);
  return out;
}

void seal_stored(shard_id shard, entry& e) {
  auto stored = std::make_shared<const std::string>(stored_bytes(shard, e));
  e.hash = name_of(e.prev_hash, *stored);
  e.stored = std::move(stored);
}

hash16 name_of(const hash16& prev, std::string_view stored) {
  const crypto::sha256_bytes full =
      crypto::sha256({reinterpret_cast<const char*>(prev.data()), prev.size()}, stored);
  hash16 out;
  std::copy_n(full.begin(), out.size(), out.begin());
  return out;
}

outcome<entry> open_entry(shard_id shard, std::string_view stored) {
  const auto view = decode_log_entry(stored);
  if (!view) return view.error();
  if (view->shard != shard) return failure{errc::corrupt, "the log entry is of another shard"};
  entry e;
  e.kind = view->kind;
  e.epoch = view->epoch;
  e.index = view->index;
  e.time = view->time;
  e.prev_hash = view->prev_hash;
  e.hash = name_of(e.prev_hash, stored);
  if (e.kind == log_kind::config) {
    auto config = decode_shard_config(view->redo);
    if (!config) return config.error();
    e.config = std::make_shared<const shard_config>(std::move(*config));
  }
  return e;
}

std::string encode(const shard_config& config) {
  std::string out;
  append_big_endian(out, config.version);
  append_big_endian(out, config.lineage);
  append_big_endian(out, config.rule.replicas);
  append_big_endian(out, config.rule.sites);
  append_big_endian(out, static_cast<std::uint16_t>(config.voters.size()));
  for (const member& m : config.voters) {
    append_big_endian(out, m.id.node.value);
    append_big_endian(out, m.id.incarnation);
    append_big_endian(out, m.site);
  }
  if (config.planned) out += planned_mark;
  return out;
}

outcome<shard_config> decode_shard_config(std::string_view bytes) {
  const failure wrong{errc::corrupt, "a configuration of another size than it says"};
  if (bytes.size() < head_size) return wrong;
  const char* at = bytes.data();
  const auto take = [&at]<class T>(T& to) {
    to = load_big_endian<T>(at);
    at += sizeof(T);
  };
  shard_config config;
  std::uint16_t count = 0;
  take(config.version), take(config.lineage);
  take(config.rule.replicas), take(config.rule.sites), take(count);
  const std::size_t in_force_size = head_size + count * voter_size;
  config.planned = bytes.size() == in_force_size + 1 && bytes.back() == planned_mark;
  if (count > max_voters || (bytes.size() != in_force_size && !config.planned)) return wrong;
  for (std::uint16_t i = 0; i < count; ++i) {
    member m;
    take(m.id.node.value), take(m.id.incarnation), take(m.site);
    config.voters.push_back(m);
  }
  if (!is_sound(config)) return failure{errc::corrupt, "a configuration that can never commit"};
  return config;
}

}  // namespace conclave::replication
