/// The program that the crash test kills: it commits events for some conversations as fast as they
/// are settled and reports every settled version on its standard output, after the writer said so.
///
///   storage_crash_child <data folder> <conversations>
///
/// The file system under it forgets what is not synced (tests/support/faulty_fs.h); faults come
/// from CONCLAVE_FAULT. Ends by SIGKILL, or with 70 when the store cannot be written, or with 3
/// when it cannot be opened.
#include "conf/clock.h"
#include "schemas/keys.h"
#include "storage/shard_clock.h"
#include "storage/shard_writer.h"
#include "storage/store.h"
#include "tests/support/faulty_fs.h"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <unistd.h>

namespace {

using namespace conclave;

constexpr tenant_id tenant{7};
constexpr std::uint16_t shards = 3;

/// Runs one conversation: whenever something is settled, reports it and proposes the next two
/// events.
class talker final : public storage::proposal_owner, public std::enable_shared_from_this<talker> {
 public:
  talker(storage::shard_writer& writer, shard_id shard, shard_epoch epoch, std::uint64_t id)
      : writer_(writer), shard_(shard), epoch_(epoch), id_(id) {}

  void start() { writer_.claim(shard_, entity(), 1, shared_from_this()); }

  void on_claimed(const entity_ref&, std::uint64_t, std::uint64_t version) override {
    head_ = version;
    for (int i = 0; i < 3; ++i) propose();
  }

  void on_resolved(const storage::resolution& news) override {
    if (!news.committed) std::_Exit(4);
    char line[64];
    const int size =
        std::snprintf(line, sizeof line, "%llu %llu\n", static_cast<unsigned long long>(id_),
                      static_cast<unsigned long long>(news.version));
    if (::write(STDOUT_FILENO, line, static_cast<std::size_t>(size)) != size) std::_Exit(5);
    for (std::uint32_t i = 0; i < news.proposals; ++i) propose();
  }

 private:
  entity_ref entity() const { return {entity_kind::conversation, tenant, id_}; }

  void propose() {
    storage::proposal p;
    p.shard = shard_;
    p.epoch = epoch_;
    p.entity = entity();
    p.incarnation = 1;
    p.expected_version = head_;
    p.new_version = ++head_;
    p.time = 1;
    const std::string body =
        std::to_string(id_) + ":" + std::to_string(head_) + std::string(head_ % 400, 'b');
    p.redo.put(keys::event(tenant, conversation_id{id_}, event_seq{head_}), body);
    p.owner = shared_from_this();
    writer_.submit(std::move(p));
  }

  storage::shard_writer& writer_;
  const shard_id shard_;
  const shard_epoch epoch_;
  const std::uint64_t id_;
  std::uint64_t head_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  storage::store_options options;
  options.path = argv[1];
  options.shard_count = shards;
  options.syncs_each_write = true;
  options.write_buffer_bytes = 256 << 10;  // small, so that flushes and new WAL files happen too
  options.block_cache_bytes = 4 << 20;
  options.file_system = conclave::test::faulty_file_system_from_env();
  auto opened = storage::store::open(options);
  if (!opened) {
    std::fprintf(stderr, "%s\n", opened.error().detail.c_str());
    return 3;
  }
  const system_clock source;
  storage::shard_clock clock(source, (*opened)->latest_time());
  storage::shard_writer::options writer_options;
  writer_options.on_fatal = [](const std::string& sentence) {
    std::fprintf(stderr, "%s\n", sentence.c_str());
    std::_Exit(70);
  };
  storage::shard_writer writer(**opened, clock, std::move(writer_options));
  const auto leads = writer.start();
  if (!leads) {
    std::fprintf(stderr, "%s\n", leads.error().detail.c_str());
    return 70;
  }
  const std::uint64_t conversations = std::strtoull(argv[2], nullptr, 10);
  for (std::uint64_t id = 1; id <= conversations; ++id) {
    const shard_id shard{static_cast<std::uint16_t>(id % shards)};
    std::make_shared<talker>(writer, shard, (*leads)[shard.value].epoch, id)->start();
  }
  while (true) ::pause();
}
