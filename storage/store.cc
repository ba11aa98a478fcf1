/// Reading through the store: points, ranges, the log, the digest. Everything here is const and may
/// be called from any thread; opening is in store_open.cc, writing in shard_writer.cc.
#include "storage/store.h"

#include "schemas/check.h"
#include "storage/chain.h"
#include "storage/state_digest.h"
#include "storage/store_impl.h"

#include <algorithm>
#include <utility>

namespace conclave::storage {

failure read_failure(const rocksdb::Status& status) {
  if (status.IsNotFound()) return failure{errc::not_found, {}};
  if (status.IsCorruption())
    return failure{errc::corrupt, "the store is damaged: " + status.ToString()};
  return failure{errc::io_error, "cannot read the store: " + status.ToString()};
}

failure write_failure(const std::string& path, const rocksdb::Status& status) {
  return failure{errc::io_error,
                 "cannot write to the data folder " + path + ": " + status.ToString()};
}

// -- the database
// ----------------------------------------------------------------------------------

namespace {

std::shared_ptr<const rocksdb::Snapshot> take_snapshot(rocksdb::DB* db) {
  return {db->GetSnapshot(), [db](const rocksdb::Snapshot* held) { db->ReleaseSnapshot(held); }};
}

}  // namespace

store::impl::~impl() {
  if (!db) return;
  published = nullptr;
  shards.clear();
  for (auto* family : {unused, log, meta}) {
    if (family != nullptr) db->DestroyColumnFamilyHandle(family);
  }
  const rocksdb::Status closed = db->Close();
  closed.PermitUncheckedError();  // Everything acknowledged is synced; closing has nothing to lose.
}

family_ref store::impl::hold(rocksdb::ColumnFamilyHandle* family) const {
  return {family, [db = db.get()](rocksdb::ColumnFamilyHandle* held) {
            db->DestroyColumnFamilyHandle(held);
          }};
}

family_ref store::impl::family(shard_id shard) const {
  CONCLAVE_CHECK(shard.value < shards.size(), "the shard exists");
  const std::lock_guard lock(published_mutex);
  return shards[shard.value];
}

rocksdb::Status store::impl::write(rocksdb::WriteBatch& batch, bool durably) {
  const std::lock_guard lock(writing);
  rocksdb::WriteOptions options;
  if (!durably) return db->Write(options, &batch);
  options.sync = true;
  files->begin();
  const rocksdb::Status written = db->Write(options, &batch);
  // Also after a failure: nothing may stay begun.
  rocksdb::Status durable = files->finish();
  return written.ok() ? durable : written;
}

status store::impl::save(const node_record& node) {
  const std::lock_guard lock(writing);
  rocksdb::WriteOptions durable;
  durable.sync = true;
  const rocksdb::Status written =
      db->Put(durable, meta, slice(keys::meta_node), slice(encode(node)));
  if (!written.ok()) return write_failure(path, written);
  return done{};
}

void store::impl::publish() {
  auto fresh = take_snapshot(db.get());
  const std::lock_guard lock(published_mutex);
  published.swap(fresh);
}

void store::impl::publish_all() {
  const std::lock_guard lock(published_mutex);
  published = nullptr;
}

std::shared_ptr<const rocksdb::Snapshot> store::impl::seen() const {
  const std::lock_guard lock(published_mutex);
  return published;
}

void store::impl::replace_family(shard_id shard, rocksdb::ColumnFamilyHandle* family) {
  family_ref replaced = hold(family);
  {
    const std::lock_guard lock(published_mutex);
    replaced.swap(shards[shard.value]);
  }
  const rocksdb::Status dropped = db->DropColumnFamily(replaced.get());
  dropped.PermitUncheckedError();  // What is left is dropped when the folder is opened again.
}

outcome<std::optional<replica_record>> store::impl::replica(shard_id shard) const {
  rocksdb::PinnableSlice value;
  const rocksdb::Status status =
      db->Get(rocksdb::ReadOptions(), meta, slice(keys::meta_replica(shard)), &value);
  if (status.IsNotFound()) return std::optional<replica_record>();
  if (!status.ok()) return read_failure(status);
  auto record = decode_record<replica_record>(view_of(value));
  if (!record) return record.error();
  return std::optional(std::move(*record));
}

outcome<chain_mark_record> store::impl::mark(shard_id shard) const {
  rocksdb::PinnableSlice value;
  const rocksdb::Status status =
      db->Get(rocksdb::ReadOptions(), meta, slice(keys::meta_chain_mark(shard)), &value);
  if (status.IsNotFound()) return chain_mark_record{};
  if (!status.ok()) return read_failure(status);
  return decode_record<chain_mark_record>(view_of(value));
}

store::store() : impl_(std::make_unique<impl>()) {}
store::~store() = default;

status store::count_start() {
  if (counted_) return done{};
  const status saved = impl_->save(node_);
  counted_ = saved.ok();
  return saved;
}

// -- one consistent view
// ---------------------------------------------------------------------------

state_view::state_view(rocksdb::DB* db, family_ref family,
                       std::shared_ptr<const rocksdb::Snapshot> snapshot, shard_id shard)
    : db_(db), family_(std::move(family)), snapshot_(std::move(snapshot)), shard_(shard) {}

outcome<std::string> state_view::get(std::string_view key) const {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot_.get();
  std::string value;
  const rocksdb::Status status = db_->Get(options, family_.get(), slice(key), &value);
  if (!status.ok()) return read_failure(status);
  return value;
}

status state_view::scan(const keys::range& range, const visitor& visit, scan_cache cache) const {
  if (range.first >= range.last) return done{};
  const rocksdb::Slice end = slice(range.last);
  rocksdb::ReadOptions options;
  options.snapshot = snapshot_.get();
  options.iterate_upper_bound = &end;
  options.fill_cache = cache == scan_cache::fill;
  const std::unique_ptr<rocksdb::Iterator> row(db_->NewIterator(options, family_.get()));
  for (row->Seek(slice(range.first)); row->Valid(); row->Next()) {
    if (!visit(view_of(row->key()), view_of(row->value()))) break;
  }
  if (!row->status().ok()) return read_failure(row->status());
  return done{};
}

status state_view::scan_backward(const keys::range& range, const visitor& visit) const {
  if (range.first >= range.last) return done{};
  const rocksdb::Slice begin = slice(range.first);
  const rocksdb::Slice end = slice(range.last);
  rocksdb::ReadOptions options;
  options.snapshot = snapshot_.get();
  options.iterate_lower_bound = &begin;
  options.iterate_upper_bound = &end;
  const std::unique_ptr<rocksdb::Iterator> row(db_->NewIterator(options, family_.get()));
  for (row->SeekToLast(); row->Valid(); row->Prev()) {
    if (!visit(view_of(row->key()), view_of(row->value()))) break;
  }
  if (!row->status().ok()) return read_failure(row->status());
  return done{};
}

// -- the store
// -------------------------------------------------------------------------------------

state_view store::view(shard_id shard) const {
  rocksdb::DB* const db = impl_->db.get();
  family_ref family = impl_->family(shard);
  auto seen = impl_->seen();
  return state_view(db, std::move(family), seen != nullptr ? std::move(seen) : take_snapshot(db),
                    shard);
}

outcome<std::string> store::get(shard_id shard, std::string_view key) const {
  const family_ref family = impl_->family(shard);
  const auto seen = impl_->seen();
  rocksdb::ReadOptions options;
  options.snapshot = seen.get();
  std::string value;
  const rocksdb::Status status = impl_->db->Get(options, family.get(), slice(key), &value);
  if (!status.ok()) return read_failure(status);
  return value;
}

outcome<std::string> store::local(std::string_view key) const {
  std::string value;
  const rocksdb::Status status =
      impl_->db->Get(rocksdb::ReadOptions(), impl_->meta, slice(key), &value);
  if (!status.ok()) return read_failure(status);
  return value;
}

status store::put_local(std::string_view key, std::string_view value) {
  const std::lock_guard lock(impl_->writing);
  rocksdb::WriteOptions options;
  options.sync = impl_->syncs_each_write;
  const rocksdb::Status status = impl_->db->Put(options, impl_->meta, slice(key), slice(value));
  if (!status.ok()) return failure{errc::io_error, status.ToString()};
  return done{};
}

outcome<applied_record> store::applied(shard_id shard) const {
  const auto bytes = get(shard, keys::applied());
  if (!bytes) {
    if (bytes.error().code == errc::not_found) return applied_record{};
    return bytes.error();
  }
  return decode_record<applied_record>(*bytes);
}

time_ms store::latest_time() const {
  return impl_->latest_time;
}

outcome<std::string> store::digest(shard_id shard) const {
  const family_ref family = impl_->family(shard);
  const auto seen = impl_->seen();
  rocksdb::ReadOptions options;
  options.snapshot = seen.get();
  // A full scan must not push everybody else's blocks out of the cache.
  options.fill_cache = false;
  state_digest digest;
  const std::unique_ptr<rocksdb::Iterator> row(impl_->db->NewIterator(options, family.get()));
  for (row->SeekToFirst(); row->Valid(); row->Next()) {
    digest.add(view_of(row->key()), view_of(row->value()));
  }
  if (!row->status().ok()) return read_failure(row->status());
  return digest.finish_hex();
}

status store::verify_log(shard_id shard) const {
  const auto mark = impl_->mark(shard);
  if (!mark) return mark.error();
  const auto state = applied(shard);
  if (!state) return state.error();
  chain_mark_record start;
  if (mark->first_kept.value > 1) {
    // The predecessor of the first kept entry is gone: the entry itself names the hash before it.
    hash16 own{};
    failure damage{errc::ok, {}};
    const status read = read_log(shard, mark->first_kept, [&](log_index, std::string_view stored) {
      const auto entry = decode_log_entry(stored);
      if (entry) {
        own = chain_hash(entry->prev_hash, stored);
      } else {
        damage =
            failure{errc::corrupt, place(shard, mark->first_kept) + ": " + entry.error().detail};
      }
      return false;
    });
    if (damage.code != errc::ok) return damage;
    if (!read) return read.error();
    start.index = mark->first_kept;
    start.hash = own;
  }
  return verify_chain(*this, shard, start, *state);
}

status store::read_log(shard_id shard, log_index from, const log_visitor& visit) const {
  const keys::range all = keys::log_of(shard);
  const rocksdb::Slice end = slice(all.last);
  const auto seen = impl_->seen();
  rocksdb::ReadOptions options;
  options.snapshot = seen.get();
  options.iterate_upper_bound = &end;
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> row(impl_->db->NewIterator(options, impl_->log));
  std::uint64_t expected = std::max<std::uint64_t>(from.value, 1);
  bool first = true;
  for (row->Seek(slice(keys::log_entry(shard, log_index{expected}))); row->Valid(); row->Next()) {
    const auto index = keys::parse_log_entry(shard, view_of(row->key()));
    if (!index) {
      return failure{errc::corrupt,
                     place(shard, log_index{expected}) + ": a key of the log is damaged"};
    }
    if (index->value != expected) {
      return failure{first ? errc::not_found : errc::corrupt,
                     place(shard, log_index{expected}) +
                         ": the log entry is missing, the next is " + std::to_string(index->value)};
    }
    if (!visit(*index, view_of(row->value()))) return done{};
    first = false;
    ++expected;
  }
  if (!row->status().ok()) return read_failure(row->status());
  return done{};
}

}  // namespace conclave::storage
