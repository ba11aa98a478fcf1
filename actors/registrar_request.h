/// What a registrar is asked, and what the reader pool makes of it before the registrar proposes.
/// Plain data, handed from thread to thread behind a pointer, one owner at a time.
#pragma once

#include "actors/reply.h"
#include "actors/session_links.h"
#include "actors/user_news.h"
#include "schemas/account_messages.h"
#include "schemas/ids.h"
#include "schemas/inbox_messages.h"
#include "schemas/log_entry.h"
#include "schemas/outcome.h"
#include "schemas/policy_messages.h"

#include <cstdint>
#include <memory>
#include <optional>
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

/// To a tenant, by an operator: the users; their devices are their own registrars' to make.
struct provision_order {
  user_id operator_id{};
  std::uint64_t op_id = 0;
  std::string device_name;
  std::vector<std::string> names;
};

/// To a tenant, by an operator.
struct set_policy_order {
  tenant_policy policy;
};

/// To a user, by whoever let him in: a device, or for a known (made_by, op_id) a new token for it.
struct issue_device_order {
  user_id made_by{};  ///< operator; 0: himself, by password
  std::uint64_t op_id = 0;
  std::string name;
  device_kind kind = device_kind::other;
  std::optional<time_ms> proven;  ///< `changed` of the password that was shown: must still stand
};

/// To a user, by one of his devices.
struct renew_token_order {
  device_id device{};
  std::string token_hash;  ///< of the token that the device holds for certain
};

/// To a user: the newer token of a device has been used, its former one is over.
struct former_over_order {
  device_id device{};
  std::string token_hash;  ///< of the newer one
};

/// To a user: one of his devices ends.
struct end_device_order {
  device_id device{};
  device_id by{};                 ///< device that asks for it; 0: none
  errc why = errc::device_ended;  ///< named in the inbox
  std::string stolen_hash;        ///< not empty: only if the device's former token is this one
};

/// To a user: another password. `proven` as in issue_device_order; none: an operator's word.
struct set_password_order {
  std::string password;  ///< PHC string
  device_id by{};        ///< 0: an operator
  std::optional<time_ms> proven;
  bool end_devices = false;  ///< all but `by`
};

/// To a user: the same password, hashed at today's cost.
struct rehash_order {
  std::string was;
  std::string password;
};

/// To a user, by himself.
struct set_conversation_order {
  conversation_id conversation{};
  time_ms muted_until = 0;
  bool pinned = false;
  bool hidden = false;
};

/// To a user, by a conversation: a membership of yours changed. Answered by index_learnt.
struct index_order {
  conversation_id conversation{};  ///< as the user knows it
  event_seq seq{};
  bool member = true;
  std::optional<seat> link;  ///< the conversation is another tenant's
};

/// To a user, by a conversation: something for your inbox. Answered by inbox_learnt.
struct inbox_order {
  inbox_kind kind{};
  conversation_id conversation{};  ///< as the user knows it
  event_seq at{};
  user_id about{};
  std::uint64_t slot = 0;    ///< with `at` and `about` repeated in inbox_learnt
  std::optional<seat> link;  ///< the conversation is another tenant's
};

struct conversation_batch;

/// To a tenant: people of another one get ids here, then `next` goes on to its conversation.
struct admit_external_order {
  struct person {
    user_id home_user{};
    std::string name;  ///< name@tenant
  };
  tenant_id home{};
  std::vector<person> people;
  std::shared_ptr<conversation_batch> next;  ///< one add_members, without its ticket
  conversation_id conversation{};
};

/// A device with its new token, once both are durable.
struct issued_device {
  user_id user{};
  device_id device{};
  device_kind kind{};
  std::string name;
  std::string token;
  std::string token_hash;
  time_ms renew_by = 0;
  std::uint64_t inbox_head = 0;
  bool exclusive = false;  ///< one session per user and kind
  std::vector<session_link> links;
};

/// Who waits for an issued device: told at most once, on the registrar's run. Destroyed untold:
/// perhaps it was issued, perhaps not.
class issue_waiter {
 public:
  virtual ~issue_waiter() = default;
  virtual void issued(const issued_device& device) = 0;
  virtual void refused(errc code, const std::string& detail) = 0;
};

struct registrar_request {
  ticket asked;  ///< people's requests; not armed for orders from inside
  std::variant<create_tenant_order, provision_order, set_policy_order, issue_device_order,
               renew_token_order, former_over_order, end_device_order, set_password_order,
               rehash_order, set_conversation_order, index_order, inbox_order, admit_external_order>
      order;
  std::unique_ptr<issue_waiter> waiter;  ///< with issue_device_order
};

/// Either a refusal, or rows to propose (perhaps none) and what to tell once they are committed.
struct registrar_plan {
  errc refused = errc::ok;
  std::string detail;
  redo_writer redo;
  std::string answer;          ///< whole frame for the ticket, when it is armed
  bool answer_at_once = true;  ///< false: once every loop has heard the news
  std::shared_ptr<user_news> news;
  std::shared_ptr<const issued_device> issued;      ///< for the waiter
  std::vector<user_id> issue_to;                    ///< provision_order: who gets a device next
  std::vector<user_id> admitted;                    ///< admit_external_order: their ids here
  std::shared_ptr<const tenant_policy> new_policy;  ///< set_policy_order: in force from now on
};

}  // namespace conclave::actors
