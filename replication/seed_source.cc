/// See seed_source.h.
#include "replication/seed_source.h"

#include "conf/limits.h"
#include "replication/peer_codec.h"
#include "replication/sealing.h"
#include "storage/replica_disk.h"
#include "storage/staged_state.h"

#include <utility>
#include <vector>

namespace conclave::replication {

outcome<std::unique_ptr<seed_source>> seed_source::open(storage::store& data, shard_id shard,
                                                        std::uint64_t session) {
  std::unique_ptr<seed_source> source(new seed_source(data.view(shard)));
  const auto bytes = source->view_.get(keys::applied());
  if (!bytes) return bytes.error();
  const auto applied = decode_record<applied_record>(*bytes);
  if (!applied) return applied.error();
  source->head_.shard = shard;
  source->head_.session = session;
  source->head_.base = {applied->epoch, applied->index, applied->hash};
  source->head_.applied_time = applied->time;
  // Rows of configurations are older than the view or of later entries, which do not count.
  const auto rows = storage::replica_disk::load(data, shard);
  if (!rows) return rows.error();
  std::uint64_t planned = 0;
  for (const auto& [index, redo] : rows->configs) {
    if (index > applied->index) continue;
    const auto config = decode_shard_config(redo);
    if (!config) return config.error();
    if (config->planned) source->head_.plan = redo;
    if (config->planned) planned = config->version;
    if (config->planned) continue;
    source->head_.config = redo;
    if (config->version >= planned) source->head_.plan.clear();  // it came into force
  }
  return source;
}

void seed_source::go_on_after(std::string key) {
  after_ = std::move(key);
  number_ = 0;
}

outcome<bool> seed_source::next_block(std::string& out) {
  keys::range range = storage::snapshot_rows();
  if (!after_.empty()) range.first = after_ + '\0';
  std::vector<std::pair<std::string, std::string>> rows;
  std::size_t bytes = 0;
  const status read = view_.scan(
      range,
      [&](std::string_view key, std::string_view value) {
        rows.emplace_back(key, value);
        bytes += key.size() + value.size();
        return bytes < limits::seed_block_bytes;
      },
      storage::scan_cache::spare);
  if (!read) return read.error();
  if (rows.empty()) return false;
  seed_block block;
  block.shard = head_.shard;
  block.session = head_.session;
  block.number = ++number_;
  for (const auto& [key, value] : rows) {
    block.rows.emplace_back(key, value);
    if (!counted_.empty() && key <= counted_) continue;
    digest_.add(key, value);
    ++rows_;
    counted_ = key;
  }
  append_peer_frame(out, block);
  after_ = rows.back().first;
  return true;
}

seed_done seed_source::end() {
  seed_done done;
  done.shard = head_.shard;
  done.session = head_.session;
  if (result_.empty()) result_ = digest_.finish_hex();
  done.digest = result_;
  return done;
}

}  // namespace conclave::replication
