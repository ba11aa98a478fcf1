/// Batches for the replicas; see replica_disk.h.
#include "storage/replica_disk.h"

#include "conf/limits.h"
#include "schemas/check.h"
#include "schemas/log_entry.h"
#include "storage/count.h"
#include "storage/store_impl.h"

#include <rocksdb/write_batch.h>

#include <chrono>

namespace conclave::storage {

namespace {

constexpr std::size_t protection_bytes_per_key = 8;

void must(const rocksdb::Status& added) {
  CONCLAVE_CHECK(added.ok(), "a batch takes what replicas write");
}

}  // namespace

struct replica_disk::impl {
  impl(store& s, bool durable)
      : data(s),
        inside(*s.impl_),
        synced(durable),
        log_batch(2 * limits::max_commit_bytes, 0, protection_bytes_per_key, 0),
        state_batch(2 * limits::max_commit_bytes, 0, protection_bytes_per_key, 0) {}

  store& data;
  store::impl& inside;
  bool synced;
  rocksdb::WriteBatch log_batch;
  rocksdb::WriteBatch state_batch;
  struct adoption {
    shard_id shard{};
    std::unique_ptr<staged_state> state;
  };
  std::vector<adoption> adoptions;
  count fsyncs, fsync_us, entries;

  void put_meta(const std::string& key, std::string_view value) {
    must(log_batch.Put(inside.meta, slice(key), slice(value)));
  }

  static status scan_meta(store::impl& inside, const keys::range& range,
                          const std::function<status(std::string_view, std::string_view)>& visit) {
    const rocksdb::Slice end = slice(range.last);
    rocksdb::ReadOptions options;
    options.iterate_upper_bound = &end;
    const std::unique_ptr<rocksdb::Iterator> row(inside.db->NewIterator(options, inside.meta));
    for (row->Seek(slice(range.first)); row->Valid(); row->Next()) {
      if (status s = visit(view_of(row->key()), view_of(row->value())); !s) return s;
    }
    if (!row->status().ok()) return read_failure(row->status());
    return done{};
  }
};

replica_disk::replica_disk(store& data, bool sync) : impl_(std::make_unique<impl>(data, sync)) {}
replica_disk::~replica_disk() = default;

const store& replica_disk::data() const {
  return impl_->data;
}

// -- reading
// ---------------------------------------------------------------------------------------

outcome<replica_rows> replica_disk::load(const store& data, shard_id shard) {
  store::impl& inside = *data.impl_;
  replica_rows rows;
  auto record = inside.replica(shard);
  if (!record) return record.error();
  rows.record = *record;
  auto applied = data.applied(shard);
  if (!applied) return applied.error();
  rows.applied = *applied;
  const auto mark = inside.mark(shard);
  if (!mark) return mark.error();
  if (mark->first_kept.value > 0) rows.first_kept = mark->first_kept;
  status read = impl::scan_meta(inside, keys::meta_replica_peers(shard),
                                [&](std::string_view, std::string_view value) -> status {
                                  auto peer = decode_record<replica_peer_record>(value);
                                  if (!peer) return peer.error();
                                  rows.peers.push_back(*peer);
                                  return done{};
                                });
  if (!read) return read.error();
  read = impl::scan_meta(inside, keys::meta_replica_configs(shard),
                         [&](std::string_view key, std::string_view value) -> status {
                           const auto index = keys::parse_meta_replica_config(shard, key);
                           if (!index) return failure{errc::corrupt, "a configuration's key"};
                           rows.configs.emplace_back(*index, value);
                           return done{};
                         });
  if (!read) return read.error();
  return rows;
}

outcome<std::vector<std::string>> replica_disk::read(shard_id shard, log_index first,
                                                     std::size_t count, std::size_t bytes) const {
  std::vector<std::string> entries;
  std::size_t taken = 0;
  const status read = impl_->data.read_log(shard, first, [&](log_index, std::string_view stored) {
    if (!entries.empty() && taken + stored.size() > bytes) return false;
    entries.emplace_back(stored);
    taken += stored.size();
    return entries.size() < count;
  });
  if (!read) return read.error();
  return entries;
}

// -- must be durable
// -------------------------------------------------------------------------------

void replica_disk::append(shard_id shard, log_index index, std::string_view stored) {
  impl_->entries.add(1);
  must(
      impl_->log_batch.Put(impl_->inside.log, slice(keys::log_entry(shard, index)), slice(stored)));
}

void replica_disk::cut(shard_id shard, log_index keep, log_index last) {
  // Row by row: these entries may come again at once, and a range delete would have to be crossed
  // by every later read.
  for (std::uint64_t i = keep.value + 1; i <= last.value; ++i)
    must(impl_->log_batch.Delete(impl_->inside.log, slice(keys::log_entry(shard, log_index(i)))));
}

void replica_disk::trim(shard_id shard, log_index first, const chain_mark_record& mark_at) {
  must(impl_->log_batch.DeleteRange(impl_->inside.log, slice(keys::log_entry(shard, log_index(0))),
                                    slice(keys::log_entry(shard, first))));
  mark(shard, mark_at);
}

void replica_disk::mark(shard_id shard, const chain_mark_record& mark_at) {
  impl_->put_meta(keys::meta_chain_mark(shard), encode(mark_at));
}

void replica_disk::put(shard_id shard, const replica_record& record) {
  impl_->put_meta(keys::meta_replica(shard), encode(record));
}

void replica_disk::put(shard_id shard, const replica_peer_record& record) {
  impl_->put_meta(keys::meta_replica_peer(shard, record.node), encode(record));
}

void replica_disk::put_config(shard_id shard, log_index index, std::string_view redo) {
  impl_->put_meta(keys::meta_replica_config(shard, index), redo);
}

void replica_disk::erase_config(shard_id shard, log_index index) {
  must(impl_->log_batch.Delete(impl_->inside.meta, slice(keys::meta_replica_config(shard, index))));
}

void replica_disk::adopt(shard_id shard, std::unique_ptr<staged_state> state,
                         replica_record& record, const applied_record& applied) {
  CONCLAVE_CHECK(state != nullptr && state->shard_ == shard, "a state is adopted by its shard");
  record.family = state->number_;
  must(impl_->log_batch.Put(state->family_, slice(keys::applied()), slice(encode(applied))));
  const keys::range all = keys::log_of(shard);
  must(impl_->log_batch.DeleteRange(impl_->inside.log, slice(all.first), slice(all.last)));
  mark(shard, {applied.index, applied.hash, log_index(applied.index.value + 1)});
  put(shard, record);
  impl_->adoptions.push_back({shard, std::move(state)});
}

bool replica_disk::waits() const {
  return impl_->log_batch.Count() > 0;
}

status replica_disk::sync() {
  if (!waits()) return done{};
  // Nobody reads these rows on another thread, so nobody finds them before they are durable.
  const auto start = std::chrono::steady_clock::now();
  const rocksdb::Status written = impl_->inside.write(impl_->log_batch, impl_->synced);
  const auto spent = std::chrono::steady_clock::now() - start;
  impl_->log_batch.Clear();
  if (!written.ok()) return write_failure(impl_->inside.path, written);
  impl_->fsyncs.add(1);
  impl_->fsync_us.add(static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(spent).count()));
  for (impl::adoption& a : impl_->adoptions)
    impl_->inside.replace_family(a.shard, std::exchange(a.state->family_, nullptr));
  impl_->adoptions.clear();
  return done{};
}

// -- held by a durable log
// -------------------------------------------------------------------------

void replica_disk::apply(shard_id shard, std::string_view redo, const applied_record& applied) {
  // Only this thread replaces it.
  rocksdb::ColumnFamilyHandle* const family = impl_->inside.family(shard).get();
  redo_reader reader(redo);
  redo_operation operation;
  while (reader.next(operation)) {
    must(operation.is_put
             ? impl_->state_batch.Put(family, slice(operation.key), slice(operation.value))
             : impl_->state_batch.Delete(family, slice(operation.key)));
  }
  CONCLAVE_CHECK(reader.ok(), "redo is whole");
  must(impl_->state_batch.Put(family, slice(keys::applied()), slice(encode(applied))));
}

status replica_disk::apply_now() {
  if (impl_->state_batch.Count() == 0) return done{};
  const rocksdb::Status written = impl_->inside.write(impl_->state_batch, false);
  impl_->state_batch.Clear();
  if (!written.ok()) return write_failure(impl_->inside.path, written);
  return done{};
}

std::uint64_t replica_disk::fsyncs() const {
  return impl_->fsyncs.get();
}

std::uint64_t replica_disk::entries() const {
  return impl_->entries.get();
}

std::uint64_t replica_disk::fsync_us() const {
  return impl_->fsync_us.get();
}

}  // namespace conclave::storage
