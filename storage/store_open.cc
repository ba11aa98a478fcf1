/// Opening a data folder: is it ours, is it whole, is it nobody else's. Every failure is one
/// sentence; nothing is repaired or guessed. Runs once, on the thread of main().
#include "conf/log.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "storage/chain.h"
#include "storage/data_folder.h"
#include "storage/family_name.h"
#include "storage/rocks_options.h"
#include "storage/store.h"
#include "storage/store_impl.h"
#include "storage/wal_ahead.h"

#include <rocksdb/listener.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <utility>

namespace conclave::storage {

namespace {

constexpr std::string_view log_family = "log";
constexpr std::string_view meta_family = "meta";
constexpr std::uint16_t max_shards = 256;

/// Says in the log what RocksDB does in the background when it fails: the next write then fails too
/// and ends the process, and the reason stands above that line.
class background_listener final : public rocksdb::EventListener {
 public:
  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* status) override {
    log::error("storage", "background work of the store failed", {{"status", status->ToString()}});
  }

  void OnStallConditionsChanged(const rocksdb::WriteStallInfo& info) override {
    if (info.condition.cur == rocksdb::WriteStallCondition::kNormal) return;
    log::warn("storage", "the store slows writes down until compaction catches up",
              {{"family", info.cf_name}});
  }
};

/// Microseconds of the wall clock: a folder that replaces another one of its node must have the
/// higher number, or its peers take it for an old copy.
std::uint64_t fresh_incarnation() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(
                                        std::chrono::system_clock::now().time_since_epoch())
                                        .count());
}

failure open_failure(const std::string& path, const rocksdb::Status& status) {
  const std::string text = status.ToString();
  if (text.find("While lock file") != std::string::npos ||
      text.find("lock hold by current process") != std::string::npos) {
    return failure{errc::io_error, "the data folder " + path + " is in use by another process"};
  }
  if (text.find("Permission denied") != std::string::npos) {
    return failure{errc::forbidden, "no permission to use the data folder " + path + ": " + text};
  }
  if (status.IsCorruption()) {
    return failure{errc::corrupt,
                   "the data folder " + path + " is damaged and will not be served: " + text};
  }
  return failure{errc::io_error, "cannot open the data folder " + path + ": " + text};
}

/// The shards' families that exist; a failure when there are others than ours.
outcome<std::vector<shard_family>> shard_families(const std::string& path,
                                                  const std::vector<std::string>& families) {
  std::vector<shard_family> found;
  for (const std::string& name : families) {
    if (name == rocksdb::kDefaultColumnFamilyName || name == log_family || name == meta_family) {
      continue;
    }
    const auto family = parse_family_name(name);
    if (!family) {
      return failure{errc::invalid_argument,
                     path + " is not a data folder: its database has a family named " + name};
    }
    found.push_back(*family);
  }
  return found;
}

}  // namespace

/// The steps of open(), each with its own sentence.
struct store::opener {
  const store_options& options;
  impl& inside;
  family_options& families;

  opener(const store_options& given, impl& target)
      : options(given), inside(target), families(target.families.emplace(given)) {}

  status open_database(folder_state folder) {
    rocksdb::DBOptions db_options = database_options(options);
    inside.syncs_each_write = options.syncs_each_write;
    inside.files = std::make_shared<two_step_sync>(std::make_shared<wal_ahead>(
        options.file_system ? options.file_system : rocksdb::FileSystem::Default(),
        options.syncs_each_write ? write_syncing::each : write_syncing::some));
    inside.env = rocksdb::NewCompositeEnv(inside.files);
    db_options.env = inside.env.get();
    db_options.listeners.push_back(std::make_shared<background_listener>());

    std::vector<std::string> existing;
    if (folder == folder_state::existing) {
      const rocksdb::Status listed =
          rocksdb::DB::ListColumnFamilies(db_options, options.path, &existing);
      if (!listed.ok()) return open_failure(options.path, listed);
    }
    auto found = shard_families(options.path, existing);
    if (!found) return found.error();
    std::uint16_t shards = 0;
    for (const shard_family& f : *found)
      shards = std::max(shards, static_cast<std::uint16_t>(f.shard.value + 1));
    if (shards > options.shard_count) return wrong_shard_count(shards);

    // An existing folder is opened with the shards it has: what a wrong configuration asks for must
    // not be created by looking.
    if (folder == folder_state::fresh) {
      found->clear();
      for (std::uint16_t i = 0; i < options.shard_count; ++i) found->push_back({shard_id{i}, 0});
    }
    std::vector<rocksdb::ColumnFamilyDescriptor> wanted;
    wanted.emplace_back(rocksdb::kDefaultColumnFamilyName, families.small());
    wanted.emplace_back(std::string(log_family), families.log());
    wanted.emplace_back(std::string(meta_family), families.small());
    for (const shard_family& f : *found)
      wanted.emplace_back(family_name(f.shard, f.number), families.shard());
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* db = nullptr;
    const rocksdb::Status opened =
        rocksdb::DB::Open(db_options, options.path, wanted, &handles, &db);
    if (!opened.ok()) return open_failure(options.path, opened);
    inside.db.reset(db);
    inside.unused = handles[0];
    inside.log = handles[1];
    inside.meta = handles[2];
    return choose_families(*found, {handles.begin() + 3, handles.end()});
  }

  /// Each shard's replica record says which of its families is in use; the others are states that
  /// were replaced, or a seeding that was cut short. Nothing is dropped before all records are
  /// read: what cannot be read may name the state itself (P1).
  status choose_families(const std::vector<shard_family>& found,
                         const std::vector<rocksdb::ColumnFamilyHandle*>& handles) {
    const auto used = families_in_use(found);
    if (!used) {
      for (rocksdb::ColumnFamilyHandle* handle : handles)
        inside.db->DestroyColumnFamilyHandle(handle);
      return used.error();
    }
    status outcome_of_all = done{};
    for (std::size_t i = 0; i < found.size(); ++i) {
      const shard_family& f = found[i];
      if (inside.shards.size() <= f.shard.value) inside.shards.resize(f.shard.value + 1);
      if (inside.next_family <= f.number) inside.next_family = f.number + 1;
      if (f.number == used->at(f.shard)) {
        inside.shards[f.shard.value] = inside.hold(handles[i]);
        continue;
      }
      const rocksdb::Status dropped = inside.db->DropColumnFamily(handles[i]);
      inside.db->DestroyColumnFamilyHandle(handles[i]);  // nobody reads from it yet: its files go
      if (!dropped.ok() && outcome_of_all) outcome_of_all = write_failure(options.path, dropped);
    }
    std::erase(inside.shards, nullptr);  // identify() says that one is missing
    return outcome_of_all;
  }

  outcome<std::map<shard_id, std::uint64_t>> families_in_use(
      const std::vector<shard_family>& found) const {
    std::map<shard_id, std::uint64_t> used;
    for (const shard_family& f : found) {
      if (used.contains(f.shard)) continue;
      const auto record = inside.replica(f.shard);
      if (!record) {
        return failure{record.error().code, "shard " + std::to_string(f.shard.value) +
                                                ", replica record: " + record.error().detail};
      }
      used[f.shard] = record->has_value() ? (*record)->family : 0;
    }
    for (const auto& wanted : used) {
      const bool there = std::any_of(found.begin(), found.end(), [&wanted](const shard_family& f) {
        return f.shard == wanted.first && f.number == wanted.second;
      });
      if (!there) return failure{errc::corrupt, "a shard's column family is missing"};
    }
    return used;
  }

  /// Who this folder is; makes it somebody when it is new.
  outcome<node_record> identify() {
    std::string bytes;
    const rocksdb::Status read =
        inside.db->Get(rocksdb::ReadOptions(), inside.meta, slice(keys::meta_node), &bytes);
    if (read.IsNotFound()) return christen();
    if (!read.ok()) return read_failure(read);
    auto node = decode_record<node_record>(bytes);
    if (!node) return failure{errc::corrupt, "the node record is damaged"};
    if (node->shard_count != options.shard_count) return wrong_shard_count(node->shard_count);
    if (inside.shards.size() != node->shard_count) {
      return failure{errc::corrupt, "a shard's column family is missing"};
    }
    if (!options.cluster.empty() && options.cluster != node->cluster) {
      return failure{errc::invalid_argument, "the data folder " + options.path +
                                                 " belongs to cluster " + node->cluster +
                                                 ", not to " + options.cluster};
    }
    return node;
  }

  status verify_shards(const store& s) {
    for (std::uint16_t i = 0; i < inside.shards.size(); ++i) {
      const shard_id shard{i};
      const auto applied = s.applied(shard);
      if (!applied) {
        return failure{applied.error().code,
                       "shard " + std::to_string(i) + ", applied row: " + applied.error().detail};
      }
      const auto mark = inside.mark(shard);
      if (!mark) {
        return failure{mark.error().code,
                       "shard " + std::to_string(i) + ", chain mark: " + mark.error().detail};
      }
      const auto replica = inside.replica(shard);
      if (!replica) {
        return failure{replica.error().code,
                       "shard " + std::to_string(i) + ", replica: " + replica.error().detail};
      }
      const auto may_lag = replica->has_value() ? state_may::lag : state_may::not_lag;
      const status whole = verify_chain(s, shard, *mark, *applied, may_lag);
      if (!whole) return whole.error();
      inside.latest_time = std::max(inside.latest_time, applied->time);
    }
    return done{};
  }

 private:
  failure wrong_shard_count(std::uint16_t created) const {
    return failure{errc::invalid_argument,
                   "the data folder " + options.path + " was created with " +
                       std::to_string(created) + " shards but the configuration says " +
                       std::to_string(options.shard_count) + ": the number is fixed at creation"};
  }

  /// A folder without a node record is new, or its creation was cut short; then it holds no row
  /// yet.
  outcome<node_record> christen() {
    std::vector<rocksdb::ColumnFamilyHandle*> all{inside.unused, inside.log, inside.meta};
    for (const family_ref& family : inside.shards) all.push_back(family.get());
    for (auto* family : all) {
      const std::unique_ptr<rocksdb::Iterator> row(
          inside.db->NewIterator(rocksdb::ReadOptions(), family));
      row->SeekToFirst();
      if (row->Valid()) {
        return failure{errc::invalid_argument,
                       options.path + " is not a data folder: its database names no node"};
      }
      if (!row->status().ok()) return read_failure(row->status());
    }
    while (inside.shards.size() < options.shard_count) {
      rocksdb::ColumnFamilyHandle* family = nullptr;
      const auto shard = static_cast<std::uint16_t>(inside.shards.size());
      const rocksdb::Status made =
          inside.db->CreateColumnFamily(families.shard(), family_name(shard_id{shard}), &family);
      if (!made.ok()) return open_failure(options.path, made);
      inside.shards.push_back(inside.hold(family));
    }
    node_record node;
    node.cluster =
        options.cluster.empty() ? crypto::to_hex(crypto::random_bytes(16)) : options.cluster;
    node.shard_count = options.shard_count;
    node.incarnation = fresh_incarnation();
    node.secret = crypto::random_bytes(32);
    return node;
  }
};

outcome<std::unique_ptr<store>> store::open(const store_options& options) {
  if (options.shard_count < 1 || options.shard_count > max_shards) {
    return failure{errc::invalid_argument,
                   "the number of shards must be 1 to " + std::to_string(max_shards)};
  }
  std::error_code unseen;
  if (!options.create && !std::filesystem::exists(options.path + "/CURRENT", unseen))
    return failure{errc::not_found, "there is no data of a node in " + options.path};
  const auto folder = prepare_data_folder(options.path);
  if (!folder) return folder.error();

  std::unique_ptr<store> opened(new store());
  opened->impl_->path = options.path;
  opener steps(options, *opened->impl_);
  if (const status s = steps.open_database(*folder); !s) return s.error();
  auto node = steps.identify();
  if (!node) return node.error();
  if (const status s = steps.verify_shards(*opened); !s) {
    return failure(s.error()).prefixed("the data folder " + options.path +
                                       " is damaged and will not be served");
  }
  // Folders of earlier versions had a random number, which no later one would exceed.
  const bool fresh = node->boot_count == 0 || node->incarnation >= id_limit;
  if (node->incarnation >= id_limit) node->incarnation = fresh_incarnation();
  if (fresh)
    if (const status s = opened->impl_->save(*node); !s) return s.error();
  opened->node_ = *node;
  ++opened->node_.boot_count;
  return opened;
}

}  // namespace conclave::storage
