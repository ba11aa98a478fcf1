/// Plans on a real store, without actors: a test makes one, commits it as the registrar would, and
/// looks at what the next one finds. One thread.
#pragma once

#include "actors/plans.h"
#include "actors/plans_device.h"
#include "actors/plans_inbox.h"
#include "actors/plans_password.h"
#include "actors/shard_map.h"
#include "schemas/codec.h"
#include "schemas/inbox_messages.h"
#include "storage/reads.h"
#include "storage/reads_account.h"
#include "storage/reads_inbox.h"
#include "tests/support/committed_store.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace conclave::test {

class plan_world : public ::testing::Test {
 protected:
  static constexpr tenant_id acme{1};
  static constexpr entity_ref alice{entity_kind::user, acme, 4};

  storage::state_view view(const entity_ref& entity = alice) {
    return store_.data().view(shards_.shard_of(entity));
  }
  /// Makes a plan for the entity and commits its rows. `make(view, context)`.
  template <class Make>
  actors::registrar_plan carry_out(const entity_ref& entity, Make make) {
    store_.time.pass(1);
    const std::uint64_t version = store_.claim(shards_.shard_of(entity), entity);
    auto plan = make(view(entity),
                     actors::plan_context{entity, version + 1, store_.shard_time().now(), policy_});
    changed_ = !plan.redo.empty();
    if (plan.refused != errc::ok) {
      EXPECT_FALSE(changed_) << "a refusal writes nothing";
    } else if (changed_) {
      EXPECT_TRUE(
          store_.commit(shards_.shard_of(entity), entity, version, std::exchange(plan.redo, {})));
    }
    return plan;
  }

  actors::registrar_plan issue(const actors::issue_device_order& order) {
    return carry_out(alice, [&](const auto& v, const auto& c) {
      return actors::plan_issue_device(v, c, order);
    });
  }
  /// A device of alice's own, by password.
  actors::issued_device device(std::uint64_t op_id, device_kind kind = device_kind::mobile) {
    auto plan = issue({{}, op_id, "phone " + std::to_string(op_id), kind, {}});
    EXPECT_EQ(plan.refused, errc::ok);
    return *plan.issued;
  }
  std::vector<std::uint64_t> devices() {
    std::vector<std::uint64_t> ids;
    const auto rows = storage::list_devices(view(), acme, user_id{alice.id});
    for (const auto& [id, row] : *rows) ids.push_back(id.value);
    return ids;
  }
  device_record row_of(device_id id) {
    return *storage::get_device(view(), acme, user_id{alice.id}, id);
  }
  /// "seq kind device text" of each entry, as rows say it.
  std::vector<std::string> inbox(std::uint64_t after = 0) {
    std::vector<std::string> lines;
    const auto slice = storage::read_inbox(view(), acme, user_id{alice.id}, after, 100'000);
    for (const auto& [seq, e] : slice->entries)
      lines.push_back(std::to_string(seq) + ' ' + std::to_string(static_cast<int>(e.kind)) + ' ' +
                      std::to_string(e.device.value) + ' ' + e.text);
    return lines;
  }
  /// Seqs of the INBOX_ENTRY frames in a plan's news.
  static std::vector<std::uint64_t> pushed(const actors::registrar_plan& plan) {
    std::vector<std::uint64_t> seqs;
    if (plan.news == nullptr) return seqs;
    std::string_view rest = plan.news->frames;
    while (!rest.empty()) {
      const frame_header header = read_frame_header(rest.data());
      const std::size_t size = header.length + 4;
      EXPECT_EQ(header.type, frame_type::inbox_entry);
      EXPECT_EQ(header.correlation, 0u) << "a push";
      const auto entry =
          decode<inbox_entry>(rest.substr(frame_header_size, size - frame_header_size));
      EXPECT_TRUE(entry.ok());
      seqs.push_back(entry->seq);
      rest.remove_prefix(size);
    }
    return seqs;
  }

  actors::shard_map shards_{3};
  committed_store store_;
  tenant_policy policy_;
  bool changed_ = false;  ///< the last plan had rows
};

}  // namespace conclave::test
