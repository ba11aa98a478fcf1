/// What the plans of all subjects share: where they stand, how they refuse, and the version row
/// that each of them must put (shard_writer.h). Pure; on whichever reader thread plans.
#pragma once

#include "actors/registrar_request.h"
#include "schemas/keys.h"
#include "schemas/number_value.h"
#include "schemas/outcome.h"

#include <cstdint>
#include <string>
#include <utility>

namespace conclave::actors {

struct plan_context {
  entity_ref entity;
  std::uint64_t new_version = 0;
  time_ms now = 0;
  tenant_policy policy{};  ///< of the entity's tenant

  user_id user() const { return user_id{entity.id}; }
};

inline registrar_plan refuse(errc code, std::string detail = {}) {
  registrar_plan plan;
  plan.refused = code;
  plan.detail = std::move(detail);
  return plan;
}
inline registrar_plan refuse(const failure& why) {
  return refuse(why.code, why.detail);
}

inline void put_version(registrar_plan& plan, const plan_context& context) {
  plan.redo.put(keys::entity_version(context.entity), encode_number(context.new_version));
}

/// The plan's news, made when it has none yet.
inline user_news& news_of(registrar_plan& plan, const plan_context& context) {
  if (plan.news == nullptr) {
    plan.news = std::make_shared<user_news>();
    plan.news->tenant = context.entity.tenant;
    plan.news->user = context.user();
  }
  return *plan.news;
}

}  // namespace conclave::actors
