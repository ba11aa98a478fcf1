/// The inbox: each user's own log with a dense seq of its own, for what concerns him alone and all
/// his devices: conversations that he came into or left, his settings and read marks, his devices,
/// what burned for him. Views borrow their frame. Pure data; any thread.
#pragma once

#include "schemas/fields.h"
#include "schemas/frame.h"
#include "schemas/ids.h"

#include <string_view>
#include <vector>

namespace conclave {

/// An unknown kind is passed over, but its seq counts.
enum class inbox_kind : std::uint8_t {
  conversation_added = 1,    ///< conversation, at: seq of the event that added him
  conversation_removed = 2,  ///< conversation, at: seq of the last event he sees
  settings = 3,              ///< conversation, number: muted_until, flags: 1 pinned, 2 hidden
  read = 4,                  ///< conversation, at: read up to here, on some device
  burned = 5,                ///< conversation, at: this message burned for him
  device_added = 6,          ///< device, text: its name
  device_ended = 7,          ///< device, text: why, a code's name
  join_requested = 8,        ///< conversation, user: somebody waits for approval
  join_declined = 9,         ///< conversation: he may not come in
  password_changed = 10,     ///< device: by which; 0: by an operator
};

struct inbox_entry {
  static constexpr frame_type type = frame_type::inbox_entry;
  static constexpr std::string_view name = "INBOX_ENTRY";
  static constexpr std::string_view doc =
      "Push. An entry of the user's inbox; the same record is paged by INBOX. Entries may tell the "
      "same thing twice: each says how things stand, not by how much they changed.";

  std::uint64_t seq = 0;
  inbox_kind kind{};
  time_ms time = 0;
  conversation_id conversation{};
  event_seq at{};
  user_id user{};
  device_id device{};
  std::uint64_t number = 0;
  std::uint32_t flags = 0;
  std::string_view text;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("seq", m.seq, id_bounds, "place in the inbox: 1, 2, 3 …");
    v("kind", m.kind, bounds{1, 255}, "see the table of inbox kinds");
    v("time", m.time, seq_bounds, "shard time");
    v("conversation", m.conversation, id_or_none_bounds, "0: about none");
    v("at", m.at, seq_bounds, "by kind");
    v("user", m.user, id_or_none_bounds, "by kind");
    v("device", m.device, id_or_none_bounds, "by kind");
    v("number", m.number, seq_bounds, "by kind");
    v("flags", m.flags, bounds{}, "by kind");
    v("text", m.text, bounds{0, 256}, "by kind");
  }
};

struct inbox_head_push {
  static constexpr frame_type type = frame_type::inbox_head;
  static constexpr std::string_view name = "INBOX_HEAD";
  static constexpr std::string_view doc =
      "Push. The inbox has entries up to `head` that were not pushed one by one: fetch them.";

  std::uint64_t head = 0;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("head", m.head, id_bounds, "");
  }
};

struct read_inbox {
  static constexpr frame_type type = frame_type::inbox;
  static constexpr std::string_view name = "INBOX";
  static constexpr std::string_view doc = "Entries after a seq. Answer: INBOX_PAGE or ERROR.";

  std::uint64_t after = 0;
  std::uint32_t limit = 100;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("after", m.after, seq_bounds, "the cursor: everything up to here is known");
    v("limit", m.limit, bounds{1, 500}, "");
  }
};

struct inbox_page {
  static constexpr frame_type type = frame_type::inbox_page;
  static constexpr std::string_view name = "INBOX_PAGE";
  static constexpr std::string_view doc =
      "In ascending seq. `first` > cursor + 1: older entries are no longer kept; list the "
      "conversations anew and go on from the page.";

  std::uint64_t head = 0;
  std::uint64_t first = 0;
  std::vector<inbox_entry> entries;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("head", m.head, seq_bounds, "newest seq; 0: empty");
    v("first", m.first, seq_bounds, "oldest seq that is kept; 0: empty");
    v("entries", m.entries, bounds{0, 500}, "");
  }
};

struct set_conversation {
  static constexpr frame_type type = frame_type::set_conversation;
  static constexpr frame_type answered_by = frame_type::done;
  static constexpr std::string_view name = "SET_CONVERSATION";
  static constexpr std::string_view doc =
      "The caller's own settings for a conversation, for all his devices; durable. Answer: DONE or "
      "ERROR.";

  conversation_id conversation{};
  time_ms muted_until = 0;
  bool pinned = false;
  bool hidden = false;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "");
    v("muted_until", m.muted_until, seq_bounds, "be quiet about it; 0: not; 2^53-1: for ever");
    v("pinned", m.pinned, flag_bounds, "shown first");
    v("hidden", m.hidden, flag_bounds, "not shown until something new is said");
  }
};

}  // namespace conclave
