/// The messages with which a client reads: history, its conversations, members, names.
/// Views borrow the frame they were decoded from. Pure data; any thread.
#pragma once

#include <string_view>
#include <vector>

#include "schemas/event.h"
#include "schemas/fields.h"
#include "schemas/frame.h"
#include "schemas/ids.h"

namespace conclave {

enum class history_direction : std::uint8_t { forward = 1, backward = 2 };

struct history {
  static constexpr frame_type type = frame_type::history;
  static constexpr std::string_view name = "HISTORY";
  static constexpr std::string_view doc =
      "Reads events of one conversation, as far as the caller may see them. Answer: HISTORY_PAGE "
      "or ERROR.";

  conversation_id conversation{};
  event_seq from{};
  history_direction direction = history_direction::forward;
  std::uint32_t limit = 100;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "");
    v("from", m.from, seq_bounds,
      "first seq wanted, itself included; backward from 0 means from the newest");
    v("direction", m.direction, bounds{1, 2}, "1 forward, 2 backward");
    v("limit", m.limit, bounds{1, 1000}, "at most this many; a page also ends at 256 KiB");
  }
};

struct history_page {
  static constexpr frame_type type = frame_type::history_page;
  static constexpr std::string_view name = "HISTORY_PAGE";
  static constexpr std::string_view doc =
      "Events in ascending seq, whatever the direction. Seqs that the caller may not see are "
      "skipped; `next` tells where to go on.";

  conversation_id conversation{};
  event_seq head{};
  event_seq next{};
  raw_events events;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "");
    v("head", m.head, seq_bounds, "newest seq that the caller may see, 0 if none");
    v("next", m.next, seq_bounds,
      "`from` of the next page in the same direction; 0: nothing is left that way");
    v("events", m.events, bounds{0, 1000}, "list of events, see the event's layout");
  }
};

struct list_conversations {
  static constexpr frame_type type = frame_type::list_conversations;
  static constexpr std::string_view name = "LIST_CONVERSATIONS";
  static constexpr std::string_view doc =
      "The caller's conversations by ascending id. Answer: CONVERSATIONS_PAGE or ERROR.";

  conversation_id after{};
  std::uint32_t limit = 100;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("after", m.after, id_or_none_bounds, "last id of the page before; 0 for the first");
    v("limit", m.limit, bounds{1, 500}, "");
  }
};

struct conversation_summary {
  static constexpr std::string_view name = "conversation_summary";

  conversation_id conversation{};
  conversation_kind kind = conversation_kind::group;
  std::string_view title;
  event_seq head{};
  bool member = true;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "");
    v("kind", m.kind, bounds{1, 255}, "2 group; later versions have more");
    v("title", m.title, bounds{1, 128}, "");
    v("head", m.head, seq_bounds, "newest seq that the caller may see");
    v("member", m.member, flag_bounds, "false: the caller was removed or left; history until then");
  }
};

struct conversations_page {
  static constexpr frame_type type = frame_type::conversations_page;
  static constexpr std::string_view name = "CONVERSATIONS_PAGE";
  static constexpr std::string_view doc = "One page; the last one has `more` false.";

  std::vector<conversation_summary> conversations;
  bool more = false;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversations", m.conversations, bounds{0, 500}, "");
    v("more", m.more, flag_bounds, "");
  }
};

enum class member_role : std::uint8_t { member = 1, owner = 3 };

struct list_members {
  static constexpr frame_type type = frame_type::list_members;
  static constexpr std::string_view name = "LIST_MEMBERS";
  static constexpr std::string_view doc =
      "Members only: who is in the conversation now, by ascending id. Answer: MEMBERS_PAGE or "
      "ERROR.";

  conversation_id conversation{};
  user_id after{};
  std::uint32_t limit = 100;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "");
    v("after", m.after, id_or_none_bounds, "last id of the page before; 0 for the first");
    v("limit", m.limit, bounds{1, 500}, "");
  }
};

struct member_entry {
  static constexpr std::string_view name = "member_entry";

  user_id user{};
  member_role role = member_role::member;
  event_seq joined{};
  std::string_view user_name;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("user", m.user, id_bounds, "");
    v("role", m.role, bounds{1, 255}, "1 member, 3 owner; later versions have more");
    v("joined", m.joined, id_bounds, "seq of the event that added the member");
    v("user_name", m.user_name, bounds{0, 64}, "");
  }
};

struct members_page {
  static constexpr frame_type type = frame_type::members_page;
  static constexpr std::string_view name = "MEMBERS_PAGE";
  static constexpr std::string_view doc = "One page; the last one has `more` false.";

  std::vector<member_entry> members;
  bool more = false;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("members", m.members, bounds{0, 500}, "");
    v("more", m.more, flag_bounds, "");
  }
};

struct resolve_users {
  static constexpr frame_type type = frame_type::resolve_users;
  static constexpr std::string_view name = "RESOLVE_USERS";
  static constexpr std::string_view doc =
      "Names to ids and back, within the caller's tenant. Unknown ones are left out of the answer. "
      "Answer: USERS_RESOLVED or ERROR.";

  std::vector<std::string_view> names;
  std::vector<user_id> users;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("names", m.names, bounds{0, 500}, "");
    v("users", m.users, bounds{0, 500}, "");
  }
};

struct user_entry {
  static constexpr std::string_view name = "user_entry";

  user_id user{};
  std::string_view user_name;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("user", m.user, id_bounds, "");
    v("user_name", m.user_name, bounds{1, 64}, "");
  }
};

struct users_resolved {
  static constexpr frame_type type = frame_type::users_resolved;
  static constexpr std::string_view name = "USERS_RESOLVED";
  static constexpr std::string_view doc = "First those asked by name, then those asked by id.";

  std::vector<user_entry> users;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("users", m.users, bounds{0, 1000}, "");
  }
};

}  // namespace conclave
