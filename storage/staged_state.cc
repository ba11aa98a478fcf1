/// Column families cannot be renamed: each staged state has a number, and the shard's replica
/// record says which number is in use (store_open.cc drops the others).
#include "storage/staged_state.h"

#include "schemas/check.h"
#include "storage/family_name.h"
#include "storage/rocks_options.h"
#include "storage/state_digest.h"
#include "storage/store_impl.h"

#include <rocksdb/write_batch.h>

namespace conclave::storage {

keys::range snapshot_rows() {
  // The applied row is the first of all (table::applied).
  return {keys::applied() + '\0', std::string(1, '\xff')};
}

outcome<std::unique_ptr<staged_state>> staged_state::create(store& data, shard_id shard) {
  store::impl& inside = *data.impl_;
  std::unique_ptr<staged_state> staged(new staged_state(data, shard, inside.next_family++));
  const rocksdb::Status made = inside.db->CreateColumnFamily(
      inside.families->shard(), family_name(shard, staged->number_), &staged->family_);
  if (!made.ok()) return write_failure(inside.path, made);
  return staged;
}

staged_state::staged_state(store& data, shard_id shard, std::uint64_t number)
    : data_(data), shard_(shard), number_(number) {}

staged_state::~staged_state() {
  if (family_ == nullptr) return;
  rocksdb::DB& db = *data_.impl_->db;
  const rocksdb::Status dropped = db.DropColumnFamily(family_);
  dropped.PermitUncheckedError();  // What is left is dropped when the folder is opened again.
  db.DestroyColumnFamilyHandle(family_);
}

status staged_state::put(std::span<const row> rows) {
  rocksdb::WriteBatch batch;
  for (const auto& [key, value] : rows) {
    const rocksdb::Status added = batch.Put(family_, slice(key), slice(value));
    CONCLAVE_CHECK(added.ok(), "a batch takes a row");
  }
  const rocksdb::Status written = data_.impl_->write(batch, false);
  if (!written.ok()) return write_failure(data_.impl_->path, written);
  return done{};
}

outcome<std::string> staged_state::digest() const {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  state_digest digest;
  const std::unique_ptr<rocksdb::Iterator> at(data_.impl_->db->NewIterator(options, family_));
  for (at->SeekToFirst(); at->Valid(); at->Next())
    digest.add(view_of(at->key()), view_of(at->value()));
  if (!at->status().ok()) return read_failure(at->status());
  return digest.finish_hex();
}

}  // namespace conclave::storage
