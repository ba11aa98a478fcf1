/// Offline commands; see operator_command.h.
#include "node/operator_command.h"

#include "actors/plans.h"
#include "actors/plans_device.h"
#include "actors/policy_book.h"
#include "conf/descriptors.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "node/node.h"
#include "schemas/names.h"

#include <cstdio>
#include <future>
#include <memory>
#include <utility>

namespace conclave::node {

namespace {

int fail(int code, const std::string& sentence) {
  std::fprintf(stderr, "conclaved: %s\n", sentence.c_str());
  return code;
}

/// Waits for the claim and for the commit of one proposal.
class waiting_owner final : public storage::proposal_owner {
 public:
  void on_resolved(const storage::resolution& news) override {
    committed.set_value(news.committed);
  }
  void on_claimed(const entity_ref&, std::uint64_t, std::uint64_t version) override {
    claimed.set_value(version);
  }
  std::promise<std::uint64_t> claimed;
  std::promise<bool> committed;
};

/// Does by hand what the entity's registrar would do: claim, plan, propose, wait.
template <class Plan>
outcome<actors::registrar_plan> carry_out(opened_data& opened, const entity_ref& entity,
                                          Plan make) {
  const auto owner = std::make_shared<waiting_owner>();
  opened.writer().claim(system_shard, entity, 1, owner);
  const std::uint64_t version = owner->claimed.get_future().get();
  const time_ms now = opened.shard_time().now();
  actors::registrar_plan plan =
      make(opened.store().view(system_shard),
           actors::plan_context{entity, version + 1, now, actors::operators_policy()});
  if (plan.refused != errc::ok)
    return failure{plan.refused,
                   plan.detail.empty() ? std::string(describe(plan.refused).text) : plan.detail};
  if (plan.redo.empty()) return plan;
  storage::proposal p;
  p.shard = system_shard;
  p.epoch = opened.leads().front().epoch;
  p.entity = entity;
  p.incarnation = 1;
  p.expected_version = version;
  p.new_version = version + 1;
  p.time = now;
  p.redo = std::exchange(plan.redo, {});
  p.owner = owner;
  opened.writer().submit(std::move(p));
  if (!owner->committed.get_future().get())
    return failure{errc::refused,
                   "the shard writer refused the operator: the data folder is in use"};
  return plan;
}

}  // namespace

int add_operator(const conf::config& config, const test_hooks& hooks, const std::string& name) {
  if (!valid_name(name)) return fail(exit_usage, std::string(name_rule));
  conf::raise_descriptor_limit();
  auto data = opened_data::open(config, hooks);
  if (!data.ok()) return fail(exit_storage, data.error().detail);

  const std::uint64_t op_id = crypto::random_u64();
  const actors::provision_order people{user_id{}, op_id, "operator", {name}};
  const auto known = carry_out(
      **data, {entity_kind::tenant, system_tenant, 0},
      [&](const auto& view, const auto& c) { return actors::plan_provision(view, c, people); });
  if (!known.ok()) return fail(exit_storage, known.error().detail);
  const entity_ref user{entity_kind::user, system_tenant, known->issue_to.front().value};
  const actors::issue_device_order order{user_id{}, op_id, "operator", device_kind::other, {}};
  const auto made = carry_out(**data, user, [&](const auto& view, const auto& c) {
    return actors::plan_issue_device(view, c, order);
  });
  if (!made.ok()) return fail(exit_storage, made.error().detail);
  std::printf("%s\n", made->issued->token.c_str());
  return exit_ok;
}

int inspect_data(const conf::config& config, const test_hooks& hooks) {
  conf::raise_descriptor_limit();
  storage::store_options options;
  options.path = config.data_dir;
  options.shard_count = config.shards;
  options.file_system = hooks.file_system;
  if (config.cluster.enabled()) options.cluster = config.cluster.name;
  options.create = false;
  auto store = storage::store::open(options);
  if (!store.ok()) return fail(exit_storage, store.error().detail);
  std::printf("cluster %s  boots %llu\n", (*store)->node().cluster.c_str(),
              static_cast<unsigned long long>((*store)->node().boot_count));
  for (std::uint16_t shard = 0; shard < (*store)->shard_count(); ++shard) {
    const auto applied = (*store)->applied(shard_id{shard});
    const auto digest = (*store)->digest(shard_id{shard});
    if (!applied.ok()) return fail(exit_storage, applied.error().detail);
    if (!digest.ok()) return fail(exit_storage, digest.error().detail);
    const std::string_view hash(reinterpret_cast<const char*>(applied->hash.data()),
                                applied->hash.size());
    std::printf("shard %u  epoch %llu  index %llu  hash %s  digest %s\n", unsigned{shard},
                static_cast<unsigned long long>(applied->epoch.value),
                static_cast<unsigned long long>(applied->index.value), crypto::to_hex(hash).c_str(),
                digest->c_str());
  }
  return exit_ok;
}

}  // namespace conclave::node
