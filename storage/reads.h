/// Typed reads for everybody who is not the writer: log in, load an actor, serve history and lists.
/// Each function reads one consistent view. They block on the disk: call them on the reader pool.
///
/// All take the tenant from the authenticated session; somebody else's things are errc::not_found,
/// like things that do not exist (promise P6). More of them: reads_summary.h, reads_sync.h,
/// reads_target.h.
#pragma once

#include "schemas/history_messages.h"
#include "schemas/records.h"
#include "schemas/sender_record.h"
#include "storage/store.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace conclave::storage {

// -- loading an actor
// ------------------------------------------------------------------------------

struct conversation_image {
  bool exists = false;
  conversation_record record;
  event_seq head{};
  std::uint64_t ordinal = 0;
  time_ms last_time = 0;
  std::vector<std::pair<user_id, member_record>> members;  ///< former ones included
  struct sender_row {
    user_id user{};
    device_id device{};
    sender_record record;
  };
  std::vector<sender_row> senders;
  struct open_intent {
    event_seq seq{};
    user_id user{};
    bool member = true;
  };
  std::vector<open_intent> intents;
  struct owed_row {
    user_id user{};
    inbox_kind kind{};
    std::uint64_t slot = 0;
    user_id about{};
  };
  std::vector<owed_row> owed;
  std::vector<std::pair<event_seq, pin_record>> pins;
  std::vector<std::pair<user_id, join_request_record>> join_requests;
  std::optional<job_record> dissolving;
  bool may_burn = false;  ///< there are burning messages
  log_index applied{};    ///< log entry at which the view stands
};
outcome<conversation_image> load_conversation(const state_view& view, tenant_id tenant,
                                              conversation_id id);

/// The version an entity stands at: a conversation's head seq, another entity's version row.
outcome<std::uint64_t> entity_version(const state_view& view, const entity_ref& entity);

/// Conversations of the shard that owe somebody's index or inbox something, or are in the middle of
/// a large operation, each once.
outcome<std::vector<std::pair<tenant_id, conversation_id>>> conversations_with_work(
    const state_view& view);

/// The log entry at which the view stands; all zero: none is applied.
outcome<applied_record> applied_of(const state_view& view);

// -- serving a client
// ------------------------------------------------------------------------------

struct history_slice {
  event_seq head{};
  event_seq next{};
  std::uint32_t count = 0;
  std::string bytes;  ///< events in ascending seq
  time_ms due = 0;    ///< when the first of the bodies expires; 0: none of them does
};
/// errc::not_found unless `reader` is or was a member. Ends at `limit` events or max_page_bytes.
/// What is over by `now` has no body.
outcome<history_slice> read_history(const state_view& view, tenant_id tenant, user_id reader,
                                    const history& request, time_ms now);

/// The user's index, from the user's home shard; conversations live where `shard_of` says.
outcome<std::vector<std::pair<conversation_id, index_record>>> list_index(const state_view& view,
                                                                          tenant_id tenant,
                                                                          user_id user,
                                                                          conversation_id after,
                                                                          std::size_t limit);

struct member_row {
  user_id user{};
  member_record record;
};
/// Present members by ascending id, one more than `limit` when there are more.
/// errc::not_found unless `reader` is a member now.
outcome<std::vector<member_row>> list_members(const state_view& view, tenant_id tenant,
                                              user_id reader, conversation_id conversation,
                                              user_id after, std::size_t limit);

outcome<user_id> find_user(const state_view& view, tenant_id tenant, std::string_view name);
outcome<user_record> get_user(const state_view& view, tenant_id tenant, user_id id);
outcome<device_record> get_device(const state_view& view, tenant_id tenant, user_id user,
                                  device_id device);
outcome<std::vector<std::pair<user_id, std::string>>> list_users(const state_view& view,
                                                                 tenant_id tenant, user_id after,
                                                                 std::size_t limit);

// -- the system shard
// ------------------------------------------------------------------------------

outcome<tenant_id> find_tenant(const state_view& system, std::string_view name);
outcome<tenant_record> get_tenant(const state_view& system, tenant_id id);
outcome<std::vector<std::pair<tenant_id, tenant_record>>> list_tenants(const state_view& system,
                                                                       tenant_id after,
                                                                       std::size_t limit);

/// Highest ids given out so far, for the counters of the directory of tenants and of each tenant.
outcome<user_id> highest_user(const state_view& view, tenant_id tenant);
outcome<tenant_id> highest_tenant(const state_view& system);

}  // namespace conclave::storage
