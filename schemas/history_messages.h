/// The messages with which a client reads: history, its conversations, members, names.
/// Views borrow the frame they were decoded from. Pure data; any thread.
#pragma once

#include "schemas/event.h"
#include "schemas/fields.h"
#include "schemas/frame.h"
#include "schemas/ids.h"

#include <string_view>
#include <vector>

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
  time_ms changed_after = 0;

  static constexpr std::uint32_t required_fields = 2;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("after", m.after, id_or_none_bounds, "last id of the page before; 0 for the first");
    v("limit", m.limit, bounds{1, 500}, "");
    v("changed_after", m.changed_after, seq_bounds,
      "only those with an event, a read mark or own settings from then on: `time` of an earlier "
      "list; 0: all");
  }
};

struct conversation_summary {
  static constexpr std::string_view name = "conversation_summary";
  static constexpr std::uint32_t required_fields = 5;

  conversation_id conversation{};
  conversation_kind kind = conversation_kind::group;
  std::string_view title;
  event_seq head{};
  bool member = true;
  std::string_view topic;
  member_role role{};
  user_id peer{};
  std::uint64_t unread = 0;
  std::uint64_t mentions = 0;
  event_seq read{};
  bytes_view last;
  time_ms muted_until = 0;
  bool pinned = false;
  bool hidden = false;
  bool dissolved = false;
  std::uint8_t join = 0;
  std::uint8_t invite = 0;
  bool all_muted = false;
  time_ms silenced_until = 0;
  bool external = false;
  std::string_view host;
  user_id self{};

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "");
    v("kind", m.kind, bounds{1, 255}, "1 direct, 2 group, 3 announcement, 4 system");
    v("title", m.title, bounds{0, 128}, "empty in direct and system conversations");
    v("head", m.head, seq_bounds, "newest seq that the caller may see");
    v("member", m.member, flag_bounds, "false: the caller was removed or left; history until then");
    v("topic", m.topic, bounds{0, 1024}, "");
    v("role", m.role, bounds{0, 255}, "the caller's: 1 member, 2 admin, 3 owner; 0: no member");
    v("peer", m.peer, id_or_none_bounds, "direct: the other one");
    v("unread", m.unread, seq_bounds, "messages after `read` that the caller may see");
    v("mentions", m.mentions, seq_bounds,
      "of them: those that name the caller or everybody; counted up to 100");
    v("read", m.read, seq_bounds, "the caller has read up to here");
    v("last", m.last, bounds{0, 131'072},
      "newest event that he may see, as its array's bytes; empty when it is too large for a list");
    v("muted_until", m.muted_until, seq_bounds, "own setting");
    v("pinned", m.pinned, flag_bounds, "own setting");
    v("hidden", m.hidden, flag_bounds, "own setting");
    v("dissolved", m.dissolved, flag_bounds, "");
    v("join", m.join, bounds{0, 255}, "with the join code: 1 closed, 2 open, 3 with approval");
    v("invite", m.invite, bounds{0, 255},
      "who adds members: 1 admins, 2 all members, 3 members with approval");
    v("all_muted", m.all_muted, flag_bounds, "only owner and admins say something");
    v("silenced_until", m.silenced_until, seq_bounds, "the caller may say nothing before then");
    v("external", m.external, flag_bounds, "people of more than one tenant are in it");
    v("host", m.host, bounds{0, 64},
      "name of the tenant whose conversation it is; empty: the caller's own");
    v("self", m.self, id_or_none_bounds,
      "with `host`: the caller's id in this conversation, where all user ids are the host's");
  }
};

struct conversations_page {
  static constexpr frame_type type = frame_type::conversations_page;
  static constexpr std::string_view name = "CONVERSATIONS_PAGE";
  static constexpr std::string_view doc = "One page; the last one has `more` false.";

  std::vector<conversation_summary> conversations;
  bool more = false;
  time_ms time = 0;
  conversation_id next{};

  static constexpr std::uint32_t required_fields = 2;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversations", m.conversations, bounds{0, 500}, "");
    v("more", m.more, flag_bounds, "");
    v("time", m.time, seq_bounds, "of the first page: `changed_after` of a later list");
    v("next", m.next, id_or_none_bounds,
      "when more: `after` of the next page, also when this one left out what did not change");
  }
};

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
  static constexpr std::uint32_t required_fields = 4;

  user_id user{};
  member_role role = member_role::member;
  event_seq joined{};
  std::string_view user_name;
  time_ms muted_until = 0;
  event_seq read{};

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("user", m.user, id_bounds, "");
    v("role", m.role, bounds{1, 255}, "1 member, 2 admin, 3 owner");
    v("joined", m.joined, id_bounds, "seq of the event that added the member");
    v("user_name", m.user_name, bounds{0, 129}, "`name@tenant`: of another tenant");
    v("muted_until", m.muted_until, seq_bounds, "may say nothing before then");
    v("read", m.read, seq_bounds, "has read up to here");
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

struct full_name {
  static constexpr std::string_view name = "full_name";

  std::string_view user_name;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("user_name", m.user_name, bounds{1, 129}, "`name@tenant`, or a plain name");
  }
};

struct resolve_users {
  static constexpr frame_type type = frame_type::resolve_users;
  static constexpr std::string_view name = "RESOLVE_USERS";
  static constexpr std::string_view doc =
      "Names to ids and back, within the caller's tenant, or among those who are or were in a "
      "conversation. Unknown ones are left out of the answer. Answer: USERS_RESOLVED or ERROR.";

  std::vector<std::string_view> names;
  std::vector<user_id> users;
  conversation_id conversation{};
  std::vector<full_name> full_names;

  static constexpr std::uint32_t required_fields = 2;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("names", m.names, bounds{0, 500}, "");
    v("users", m.users, bounds{0, 500}, "");
    v("conversation", m.conversation, id_or_none_bounds,
      "only people of this one, in its host's ids and names; 0: of the caller's tenant");
    v("full_names", m.full_names, bounds{0, 100}, "those that are too long for `names`");
  }
};

struct user_entry {
  static constexpr std::string_view name = "user_entry";

  user_id user{};
  std::string_view user_name;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("user", m.user, id_bounds, "");
    v("user_name", m.user_name, bounds{1, 129}, "`name@tenant`: of another tenant");
  }
};

struct users_resolved {
  static constexpr frame_type type = frame_type::users_resolved;
  static constexpr std::string_view name = "USERS_RESOLVED";
  static constexpr std::string_view doc =
      "First those asked by name, of `names` and then of `full_names`, then those asked by id.";

  std::vector<user_entry> users;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("users", m.users, bounds{0, 1100}, "");
  }
};

}  // namespace conclave
