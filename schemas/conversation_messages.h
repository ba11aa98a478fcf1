/// The messages with which people act in conversations, and the pushes they cause.
/// Views borrow the frame they were decoded from. Pure data; any thread.
///
/// Every request that makes an event carries `client_seq`, the device's own counter in that
/// conversation (promise P3): higher for each new request, unchanged when a request is resent. A
/// client that lost its counter starts again from the current time in microseconds.
#pragma once

#include <string_view>
#include <vector>

#include "schemas/event.h"
#include "schemas/fields.h"
#include "schemas/frame.h"
#include "schemas/ids.h"

namespace conclave {

struct create_conversation {
  static constexpr frame_type type = frame_type::create_conversation;
  static constexpr std::string_view name = "CREATE_CONVERSATION";
  static constexpr std::string_view doc =
      "Founds a conversation; the caller becomes its owner. The same (user, op_id) founds one "
      "conversation however often it is sent. Answer: CONVERSATION_CREATED or ERROR.";

  std::uint64_t op_id = 0;
  conversation_kind kind = conversation_kind::group;
  history_visibility visibility = history_visibility::since_joining;
  std::string_view title;
  std::vector<user_id> members;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("op_id", m.op_id, bounds{}, "random, chosen by the client: the key for resending");
    v("kind", m.kind, bounds{2, 2}, "2 group");
    v("visibility", m.visibility, bounds{1, 2},
      "what later members see of the past: 1 since joining, 2 all");
    v("title", m.title, bounds{1, 128}, "UTF-8");
    v("members", m.members, bounds{0, 500}, "user ids besides the caller");
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
  static constexpr std::string_view doc = "Says something. Answer: OK or ERROR.";

  conversation_id conversation{};
  std::uint64_t client_seq = 0;
  event_kind kind = event_kind::text;
  bytes_view body;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "");
    v("client_seq", m.client_seq, id_bounds, "the device's counter in this conversation");
    v("kind", m.kind, bounds{16, 16}, "event kind: 16 text");
    v("body", m.body, bounds{1, 65536}, "by kind; text is UTF-8");
  }
};

struct add_members {
  static constexpr frame_type type = frame_type::add_members;
  static constexpr std::string_view name = "ADD_MEMBERS";
  static constexpr std::string_view doc =
      "Owner only. Those who are members already are passed over; if all are, the request is "
      "rejected with already_exists. Answer: OK or ERROR.";

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

struct remove_member {
  static constexpr frame_type type = frame_type::remove_member;
  static constexpr std::string_view name = "REMOVE_MEMBER";
  static constexpr std::string_view doc =
      "The owner removes a member, or a member leaves by naming himself. The removed one receives "
      "this event and nothing after it. Answer: OK or ERROR.";

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
