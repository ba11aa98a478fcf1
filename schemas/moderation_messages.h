/// The messages of owners and admins, and of those who want to come in: roles, muting, settings,
/// dissolving, the join code and who waits for approval.
/// Views borrow the frame they were decoded from. Pure data; any thread.
///
/// Those with a `client_seq` make an event and are answered by OK, like SEND.
#pragma once

#include "schemas/event.h"
#include "schemas/fields.h"
#include "schemas/frame.h"
#include "schemas/ids.h"

#include <string_view>
#include <vector>

namespace conclave {

struct set_role {
  static constexpr frame_type type = frame_type::set_role;
  static constexpr frame_type answered_by = frame_type::ok;
  static constexpr std::string_view name = "SET_ROLE";
  static constexpr std::string_view doc =
      "Owner only: makes a member an admin or a plain member again. Role owner hands the "
      "conversation over; the caller is an admin from then on. Answer: OK or ERROR.";

  conversation_id conversation{};
  std::uint64_t client_seq = 0;
  user_id user{};
  member_role role = member_role::member;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "");
    v("client_seq", m.client_seq, id_bounds, "the device's counter in this conversation");
    v("user", m.user, id_bounds, "another member");
    v("role", m.role, bounds{1, 3}, "1 member, 2 admin, 3 owner");
  }
};

struct mute_member {
  static constexpr frame_type type = frame_type::mute_member;
  static constexpr frame_type answered_by = frame_type::ok;
  static constexpr std::string_view name = "MUTE_MEMBER";
  static constexpr std::string_view doc =
      "Owner and admins, over those of lower role: the member may say nothing until then. Answer: "
      "OK or ERROR.";

  conversation_id conversation{};
  std::uint64_t client_seq = 0;
  user_id user{};
  time_ms until = 0;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "");
    v("client_seq", m.client_seq, id_bounds, "the device's counter in this conversation");
    v("user", m.user, id_bounds, "");
    v("until", m.until, seq_bounds, "shard time; 0: may speak again; 2^53-1: for ever");
  }
};

struct change_settings {
  static constexpr frame_type type = frame_type::change_settings;
  static constexpr frame_type answered_by = frame_type::ok;
  static constexpr std::string_view name = "CHANGE_SETTINGS";
  static constexpr std::string_view doc =
      "Owner and admins: changes what `changes` names and leaves the rest. Answer: OK or ERROR.";

  /// Bits of `changes`.
  static constexpr std::uint32_t change_title = 1;
  static constexpr std::uint32_t change_topic = 2;
  static constexpr std::uint32_t change_join = 4;
  static constexpr std::uint32_t change_invite = 8;
  static constexpr std::uint32_t change_visibility = 16;
  static constexpr std::uint32_t change_all_muted = 32;

  conversation_id conversation{};
  std::uint64_t client_seq = 0;
  std::uint32_t changes = 0;
  std::string_view title;
  std::string_view topic;
  join_policy join = join_policy::closed;
  invite_policy invite = invite_policy::admins;
  history_visibility visibility = history_visibility::since_joining;
  bool all_muted = false;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "");
    v("client_seq", m.client_seq, id_bounds, "the device's counter in this conversation");
    v("changes", m.changes, bounds{1, 63},
      "bits: 1 title, 2 topic, 4 join, 8 invite, 16 visibility, 32 all_muted");
    v("title", m.title, bounds{0, 128}, "not empty when it is changed");
    v("topic", m.topic, bounds{0, 1024}, "");
    v("join", m.join, bounds{1, 3}, "with the join code: 1 closed, 2 open, 3 with approval");
    v("invite", m.invite, bounds{1, 3},
      "who adds members: 1 admins, 2 all members, 3 members with approval");
    v("visibility", m.visibility, bounds{1, 2},
      "what later members see of the past: 1 since joining, 2 all");
    v("all_muted", m.all_muted, flag_bounds, "only owner and admins say something");
  }
};

struct dissolve {
  static constexpr frame_type type = frame_type::dissolve;
  static constexpr frame_type answered_by = frame_type::ok;
  static constexpr std::string_view name = "DISSOLVE";
  static constexpr std::string_view doc =
      "Owner only: ends the conversation for everybody. Its history stays readable for those who "
      "were members. Answer: OK or ERROR.";

  conversation_id conversation{};
  std::uint64_t client_seq = 0;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "");
    v("client_seq", m.client_seq, id_bounds, "the device's counter in this conversation");
  }
};

struct new_join_code {
  static constexpr frame_type type = frame_type::new_join_code;
  static constexpr std::string_view name = "NEW_JOIN_CODE";
  static constexpr std::string_view doc =
      "Owner and admins: a new join code; the earlier one ends. Answer: JOIN_CODE or ERROR.";

  conversation_id conversation{};

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "");
  }
};

struct join_code {
  static constexpr frame_type type = frame_type::join_code;
  static constexpr std::string_view name = "JOIN_CODE";
  static constexpr std::string_view doc = "What JOIN needs; shown once, the node keeps its hash.";

  std::string_view code;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("code", m.code, bounds{1, 64}, "names the conversation too");
  }
};

struct join {
  static constexpr frame_type type = frame_type::join;
  static constexpr std::string_view name = "JOIN";
  static constexpr std::string_view doc =
      "Comes into a conversation with its join code, or asks to. Whoever is a member already is "
      "answered `joined`. Answer: JOIN_ANSWERED or ERROR; a wrong code is not_found.";

  std::string_view code;
  std::string_view text;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("code", m.code, bounds{1, 64}, "");
    v("text", m.text, bounds{0, 256}, "a word to those who approve");
  }
};

enum class join_state : std::uint8_t { joined = 1, awaiting_approval = 2, declined = 3 };

struct join_answered {
  static constexpr frame_type type = frame_type::join_answered;
  static constexpr std::string_view name = "JOIN_ANSWERED";
  static constexpr std::string_view doc = "Durable.";

  conversation_id conversation{};
  join_state state = join_state::joined;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "");
    v("state", m.state, bounds{1, 255}, "1 joined, 2 awaiting approval, 3 declined");
  }
};

struct answer_join {
  static constexpr frame_type type = frame_type::answer_join;
  static constexpr frame_type answered_by = frame_type::join_answered;
  static constexpr std::string_view name = "ANSWER_JOIN";
  static constexpr std::string_view doc =
      "Owner and admins: lets in who waits, or declines. Accepting makes the event members_added. "
      "Answer: JOIN_ANSWERED or ERROR; not_found when he does not wait.";

  conversation_id conversation{};
  user_id user{};
  bool accept = false;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "");
    v("user", m.user, id_bounds, "who waits");
    v("accept", m.accept, flag_bounds, "");
  }
};

struct list_join_requests {
  static constexpr frame_type type = frame_type::list_join_requests;
  static constexpr std::string_view name = "LIST_JOIN_REQUESTS";
  static constexpr std::string_view doc =
      "Owner and admins: who waits for approval, at most 500. Answer: JOIN_REQUESTS_PAGE or ERROR.";

  conversation_id conversation{};

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "");
  }
};

struct join_request_entry {
  static constexpr std::string_view name = "join_request_entry";

  user_id user{};
  user_id invited_by{};
  time_ms time = 0;
  std::string_view text;
  std::string_view user_name;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("user", m.user, id_bounds, "who waits");
    v("invited_by", m.invited_by, id_or_none_bounds, "member who proposed him; 0: he came himself");
    v("time", m.time, seq_bounds, "");
    v("text", m.text, bounds{0, 256}, "");
    v("user_name", m.user_name, bounds{0, 129}, "");
  }
};

struct join_requests_page {
  static constexpr frame_type type = frame_type::join_requests_page;
  static constexpr std::string_view name = "JOIN_REQUESTS_PAGE";
  static constexpr std::string_view doc = "By ascending user id.";

  std::vector<join_request_entry> requests;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("requests", m.requests, bounds{0, 500}, "");
  }
};

}  // namespace conclave
