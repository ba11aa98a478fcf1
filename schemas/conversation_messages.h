/// The messages with which people act in conversations, and the pushes they cause.
/// Views borrow the frame they were decoded from. Pure data; any thread.
///
/// Every request that makes an event carries `client_seq`, the device's own counter in that
/// conversation (promise P3): higher for each new request, unchanged when a request is resent. A
/// client that lost its counter starts again from the current time in microseconds.
#pragma once

#include "schemas/event.h"
#include "schemas/fields.h"
#include "schemas/frame.h"
#include "schemas/ids.h"

#include <string_view>
#include <vector>

namespace conclave {

struct create_conversation {
  static constexpr frame_type type = frame_type::create_conversation;
  static constexpr std::string_view name = "CREATE_CONVERSATION";
  static constexpr std::string_view doc =
      "Founds a conversation; the caller becomes its owner. The same (user, op_id) founds one "
      "conversation however often it is sent. A direct one is named by its two people and founded "
      "once, whoever asks. Answer: CONVERSATION_CREATED or ERROR.";

  std::uint64_t op_id = 0;
  conversation_kind kind = conversation_kind::group;
  history_visibility visibility = history_visibility::since_joining;
  std::string_view title;
  std::vector<user_id> members;
  std::string_view topic;

  static constexpr std::uint32_t required_fields = 5;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("op_id", m.op_id, bounds{}, "random, chosen by the client: the key for resending");
    v("kind", m.kind, bounds{1, 3}, "1 direct, 2 group, 3 announcement");
    v("visibility", m.visibility, bounds{1, 2},
      "what later members see of the past: 1 since joining, 2 all");
    v("title", m.title, bounds{0, 128}, "UTF-8; direct: empty, else not");
    v("members", m.members, bounds{0, 500},
      "user ids besides the caller; direct: one, or none for oneself");
    v("topic", m.topic, bounds{0, 1024}, "");
  }
};

struct conversation_created {
  static constexpr frame_type type = frame_type::conversation_created;
  static constexpr std::string_view name = "CONVERSATION_CREATED";
  static constexpr std::string_view doc = "The founding event has seq 1.";

  conversation_id conversation{};
  time_ms time = 0;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "");
    v("time", m.time, seq_bounds, "of the founding event");
  }
};

struct send {
  static constexpr frame_type type = frame_type::send;
  static constexpr std::string_view name = "SEND";
  static constexpr std::string_view doc =
      "Says something. Answer: OK or ERROR. At most one of the two expiries is given; a burning "
      "message has no other extras than an expiry and mentions, and needs at most 200 readers.";

  conversation_id conversation{};
  std::uint64_t client_seq = 0;
  event_kind kind = event_kind::text;
  bytes_view body;
  event_seq reply_to{};
  event_seq thread{};
  std::vector<user_id> mentions;
  bool mentions_all = false;
  time_ms expires_at = 0;
  std::uint64_t expires_after_ms = 0;
  std::uint32_t burn_ms = 0;

  static constexpr std::uint32_t required_fields = 4;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "");
    v("client_seq", m.client_seq, id_bounds, "the device's counter in this conversation");
    v("kind", m.kind, bounds{16, 18}, "event kind: 16 text, 17 structured, 18 opaque");
    v("body", m.body, bounds{1, 65536}, "by kind; text and structured are UTF-8");
    v("reply_to", m.reply_to, seq_bounds, "an earlier event that the caller may see; 0: none");
    v("thread", m.thread, seq_bounds, "the event that its thread began with; 0: none");
    v("mentions", m.mentions, bounds{0, max_mentions}, "members named in it");
    v("mentions_all", m.mentions_all, flag_bounds,
      "names everybody; in conversations of more than 500 members for owner and admins");
    v("expires_at", m.expires_at, seq_bounds, "shard time when its body goes; 0: never");
    v("expires_after_ms", m.expires_after_ms, bounds{0, 315'360'000'000},
      "the same, from the moment of sequencing; 0: not used");
    v("burn_ms", m.burn_ms, bounds{0, 86'400'000},
      "burn after reading: how long each reader may look after his first OPEN; 0: no burning");
  }
};

struct add_members {
  static constexpr frame_type type = frame_type::add_members;
  static constexpr std::string_view name = "ADD_MEMBERS";
  static constexpr std::string_view doc =
      "Owner and admins, or every member if the settings say so. Those who are members already "
      "are passed over; if all are, the request is rejected with already_exists. Answer: OK or "
      "ERROR; with invite policy `approval` a member's request is answered `awaiting_approval`.";

  conversation_id conversation{};
  std::uint64_t client_seq = 0;
  std::vector<user_id> users;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "");
    v("client_seq", m.client_seq, id_bounds, "the device's counter in this conversation");
    v("users", m.users, bounds{1, 500}, "user ids of the same tenant");
  }
};

struct add_external {
  static constexpr frame_type type = frame_type::add_external;
  static constexpr frame_type answered_by = frame_type::ok;
  static constexpr std::string_view name = "ADD_EXTERNAL";
  static constexpr std::string_view doc =
      "Adds people of another tenant, by name; owner and admins of a group or announcement, when "
      "the policies of both tenants allow it. Otherwise like ADD_MEMBERS. Answer: OK or ERROR; "
      "not_found says that nobody of such a name may be added, and not why.";

  conversation_id conversation{};
  std::uint64_t client_seq = 0;
  std::string_view tenant_name;
  std::vector<std::string_view> names;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "");
    v("client_seq", m.client_seq, id_bounds, "the device's counter in this conversation");
    v("tenant_name", m.tenant_name, bounds{1, 64}, "of the other tenant");
    v("names", m.names, bounds{1, 100}, "of its users");
  }
};

struct remove_member {
  static constexpr frame_type type = frame_type::remove_member;
  static constexpr std::string_view name = "REMOVE_MEMBER";
  static constexpr std::string_view doc =
      "The owner removes anybody, an admin plain members, or a member leaves by naming himself. "
      "The removed one receives this event and nothing after it. Answer: OK or ERROR.";

  conversation_id conversation{};
  std::uint64_t client_seq = 0;
  user_id user{};

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "");
    v("client_seq", m.client_seq, id_bounds, "the device's counter in this conversation");
    v("user", m.user, id_bounds, "");
  }
};

struct ok_answer {
  static constexpr frame_type type = frame_type::ok;
  static constexpr std::string_view name = "OK";
  static constexpr std::string_view doc =
      "The event is durable. On this connection it also takes the place of the EVENT push for this "
      "seq. A resent request is answered with the same seq and time.";

  event_seq seq{};
  time_ms time = 0;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("seq", m.seq, id_bounds, "the event's place in the conversation");
    v("time", m.time, seq_bounds, "shard time of the event, ms since 1970");
  }
};

struct head_push {
  static constexpr frame_type type = frame_type::head;
  static constexpr std::string_view name = "HEAD";
  static constexpr std::string_view doc =
      "Push. There are events up to `head` that were not pushed one by one, because this "
      "connection lagged or the node recovered: fetch them with HISTORY.";

  conversation_id conversation{};
  event_seq head{};

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "");
    v("head", m.head, id_bounds, "");
  }
};

}  // namespace conclave
