/// Soft state: who types, who is there, how far others have read. Never logged, never resent, lost
/// with the connection; told only to those who watch. Views borrow their frame. Pure data; any
/// thread.
#pragma once

#include "schemas/fields.h"
#include "schemas/frame.h"
#include "schemas/ids.h"

#include <string_view>
#include <vector>

namespace conclave {

struct typing {
  static constexpr frame_type type = frame_type::typing;
  static constexpr frame_type answered_by = frame_type::done;
  static constexpr std::string_view name = "TYPING";
  static constexpr std::string_view doc =
      "The caller is writing something: told to those who watch the conversation. Repeat it every "
      "4 s at most; whoever hears nothing for 6 s takes it for over. DONE promises nothing. "
      "Answer: DONE or ERROR.";

  conversation_id conversation{};
  bool stopped = false;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "");
    v("stopped", m.stopped, flag_bounds, "no longer");
  }
};

struct watch {
  static constexpr frame_type type = frame_type::watch;
  static constexpr frame_type answered_by = frame_type::done;
  static constexpr std::string_view name = "WATCH";
  static constexpr std::string_view doc =
      "This connection shows the conversation: TYPING_NOW and READ_BY come for the next `ttl_ms`. "
      "At most 32 at a time; a further one ends the oldest. Members only, checked at each push. "
      "Answer: DONE or ERROR.";

  conversation_id conversation{};
  std::uint32_t ttl_ms = 60'000;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "");
    v("ttl_ms", m.ttl_ms, bounds{0, 300'000}, "0 ends the watching");
  }
};

struct watch_presence {
  static constexpr frame_type type = frame_type::watch_presence;
  static constexpr std::string_view name = "WATCH_PRESENCE";
  static constexpr std::string_view doc =
      "Who of these users is online, and PRESENCE pushes about them for the next `ttl_ms`. A new "
      "one takes the place of the one before. Answer: PRESENCE_PAGE or ERROR.";

  std::vector<user_id> users;
  std::uint32_t ttl_ms = 60'000;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("users", m.users, bounds{0, 500}, "of the caller's tenant");
    v("ttl_ms", m.ttl_ms, bounds{0, 300'000}, "0: no pushes");
  }
};

struct presence_page {
  static constexpr frame_type type = frame_type::presence_page;
  static constexpr std::string_view name = "PRESENCE_PAGE";
  static constexpr std::string_view doc = "Those of the asked users who are online.";

  std::vector<user_id> online;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("online", m.online, bounds{0, 500}, "");
  }
};

struct presence_push {
  static constexpr frame_type type = frame_type::presence;
  static constexpr std::string_view name = "PRESENCE";
  static constexpr std::string_view doc = "Push. A watched user came or went.";

  user_id user{};
  bool online = false;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("user", m.user, id_bounds, "");
    v("online", m.online, flag_bounds, "");
  }
};

struct typing_push {
  static constexpr frame_type type = frame_type::typing_now;
  static constexpr std::string_view name = "TYPING_NOW";
  static constexpr std::string_view doc = "Push. A member of a watched conversation is writing.";

  conversation_id conversation{};
  user_id user{};
  bool stopped = false;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "");
    v("user", m.user, id_bounds, "");
    v("stopped", m.stopped, flag_bounds, "no longer");
  }
};

struct read_by_push {
  static constexpr frame_type type = frame_type::read_by;
  static constexpr std::string_view name = "READ_BY";
  static constexpr std::string_view doc =
      "Push. A member of a watched conversation of at most 100 members has read up to `seq`. In "
      "larger ones LIST_READERS tells.";

  conversation_id conversation{};
  user_id user{};
  event_seq seq{};

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "");
    v("user", m.user, id_bounds, "");
    v("seq", m.seq, id_bounds, "");
  }
};

}  // namespace conclave
