/// What a registrar is asked, and what the reader pool makes of it before the registrar proposes.
#pragma once

#include "actors/reply.h"
#include "schemas/ids.h"
#include "schemas/inbox_messages.h"
#include "schemas/log_entry.h"
#include "schemas/outcome.h"

#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

namespace conclave::actors {

/// To the directory of tenants, by an operator.
struct create_tenant_order {
  user_id operator_id{};
  std::uint64_t op_id = 0;
  std::string name;
};

/// To a tenant, by an operator.
struct provision_order {
  user_id operator_id{};
  std::uint64_t op_id = 0;
  std::string device_name;
  std::vector<std::string> names;
};

/// To a user, by a conversation: a membership of yours changed.
struct index_order {
  conversation_id conversation{};
  event_seq seq{};
  bool member = true;
};

/// To a user, by a conversation: something for your inbox. Answered by inbox_learnt.
struct inbox_order {
  inbox_kind kind{};
  conversation_id conversation{};
  event_seq at{};
  user_id about{};
  std::uint64_t slot = 0;  ///< repeated in inbox_learnt
};

struct registrar_request {
  ticket asked;  ///< people's requests; not armed for orders of conversations
  std::variant<create_tenant_order, provision_order, index_order, inbox_order> order;
};

/// Either a refusal, or rows to propose (perhaps none) and what to tell once they are committed.
struct registrar_plan {
  errc refused = errc::ok;
  std::string detail;
  redo_writer redo;
  std::string answer;  ///< whole frame for the ticket, when it is armed
};

}  // namespace conclave::actors
