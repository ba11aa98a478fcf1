/// What the rarer requests of a conversation carry beside the fields that every SEND has: extras of
/// a message, the target as the reader pool saw it, settings, timers that are due. Plain data,
/// built on a loop or reader thread and then read by the conversation's actor alone.
#pragma once

#include "schemas/event.h"
#include "schemas/inbox_messages.h"
#include "schemas/keys.h"
#include "storage/reads_target.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace conclave::actors {

class reply_gather;

/// A timer that ran out, with what it is about.
struct due_timer {
  keys::timer_key key;
  storage::target_image target;
};

/// Somebody of another tenant who is to become a member.
struct external_person {
  user_id user{};  ///< in the conversation's tenant
  tenant_id home_tenant{};
  user_id home_user{};
};

struct request_details {
  // send
  event_seq reply_to{};
  event_seq thread{};
  std::vector<user_id> mentions;
  bool mentions_all = false;
  time_ms expires_at = 0;
  std::uint64_t expires_after_ms = 0;
  std::uint32_t burn_ms = 0;

  // add_members: those of other tenants among the users, or why they may not come
  std::vector<external_person> external;
  errc external_refused = errc::ok;

  // forward: the origin, or why nothing of it can be had
  errc origin_refused = errc::ok;
  conversation_id origin_conversation{};
  event_seq origin_seq{};
  user_id origin_sender{};
  time_ms origin_time = 0;
  time_ms origin_due = 0;               ///< its body expires then; 0: never
  std::uint64_t origin_gone_count = 0;  ///< engine_ports::gone_count from before it was read

  // edit, recall, react, pin, open; of the image of a forward's origin nothing but where it stands
  event_seq target{};
  storage::target_image image;
  bool removed = false;  ///< react, pin: takes it off; typing: stopped

  // roles, muting, settings, joining, reading
  member_role role = member_role::member;
  time_ms until = 0;
  std::uint32_t changes = 0;
  settings_body settings;
  std::string topic;        ///< create
  std::string join_secret;  ///< new_join_code, join
  std::string join_code;    ///< new_join_code: what the asker is shown
  bool accept = false;      ///< answer_join
  event_seq seq{};          ///< mark_read

  // from inside the node
  std::vector<due_timer> due;
  storage::burned_out burned_out;
  std::uint64_t review = 0;              ///< which look at what burns this is
  std::shared_ptr<reply_gather> gather;  ///< one of many that share an answer
};

}  // namespace conclave::actors
