/// The messages of a device that catches up or looks closer: what is gone, who has read, earlier
/// versions, pins. Views borrow the frame they were decoded from. Pure data; any thread.
#pragma once

#include "schemas/fields.h"
#include "schemas/frame.h"
#include "schemas/ids.h"

#include <vector>

namespace conclave {

struct list_gone {
  static constexpr frame_type type = frame_type::list_gone;
  static constexpr std::string_view name = "LIST_GONE";
  static constexpr std::string_view doc =
      "Messages up to the cursor whose bodies went after it: what a device that was away must drop "
      "before it shows anything. Answer: GONE_PAGE or ERROR.";

  conversation_id conversation{};
  event_seq cursor{};
  event_seq after{};

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "");
    v("cursor", m.cursor, seq_bounds, "the device has the events up to here");
    v("after", m.after, seq_bounds, "`next` of the page before; 0 for the first");
  }
};

struct gone_page {
  static constexpr frame_type type = frame_type::gone_page;
  static constexpr std::string_view name = "GONE_PAGE";
  static constexpr std::string_view doc = "At most 1000 at a time.";

  conversation_id conversation{};
  event_seq next{};
  std::vector<event_seq> gone;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "");
    v("next", m.next, seq_bounds, "`after` of the next page; 0: that is all");
    v("gone", m.gone, bounds{0, 2000}, "seqs of messages whose bodies are gone");
  }
};

struct list_readers {
  static constexpr frame_type type = frame_type::list_readers;
  static constexpr std::string_view name = "LIST_READERS";
  static constexpr std::string_view doc =
      "How many members, and who, have read an event. Members who see it only. Answer: "
      "READERS_PAGE or ERROR.";

  conversation_id conversation{};
  event_seq seq{};
  user_id after{};
  std::uint32_t limit = 100;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "");
    v("seq", m.seq, id_bounds, "");
    v("after", m.after, id_or_none_bounds, "last user of the page before; 0 for the first");
    v("limit", m.limit, bounds{0, 500}, "names at most this many; 0: only the counts");
  }
};

struct readers_page {
  static constexpr frame_type type = frame_type::readers_page;
  static constexpr std::string_view name = "READERS_PAGE";
  static constexpr std::string_view doc =
      "Counts over all present members who see the event, its sender left out.";

  std::uint32_t read = 0;
  std::uint32_t members = 0;
  bool more = false;
  std::vector<user_id> users;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("read", m.read, bounds{}, "how many have read it");
    v("members", m.members, bounds{}, "of how many");
    v("more", m.more, flag_bounds, "");
    v("users", m.users, bounds{0, 500}, "who has read it, by ascending id");
  }
};

struct list_versions {
  static constexpr frame_type type = frame_type::list_versions;
  static constexpr std::string_view name = "LIST_VERSIONS";
  static constexpr std::string_view doc =
      "What an edited message was before, oldest first. Answer: VERSIONS_PAGE or ERROR; `gone` "
      "when "
      "it was taken back or expired.";

  conversation_id conversation{};
  event_seq target{};

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "");
    v("target", m.target, id_bounds, "seq of the message");
  }
};

struct versions_page {
  static constexpr frame_type type = frame_type::versions_page;
  static constexpr std::string_view name = "VERSIONS_PAGE";
  static constexpr std::string_view doc =
      "The message as it stood before each edit; at most the 100 newest, or 256 KiB.";

  raw_events versions;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("versions", m.versions, bounds{0, 100}, "list of events, see the event's layout");
  }
};

struct list_pins {
  static constexpr frame_type type = frame_type::list_pins;
  static constexpr std::string_view name = "LIST_PINS";
  static constexpr std::string_view doc =
      "The pinned messages that the caller may see. Answer: PINS_PAGE or ERROR.";

  conversation_id conversation{};

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "");
  }
};

struct pin_entry {
  static constexpr std::string_view name = "pin_entry";

  event_seq seq{};
  user_id by{};
  time_ms time = 0;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("seq", m.seq, id_bounds, "of the message");
    v("by", m.by, id_bounds, "who pinned it");
    v("time", m.time, seq_bounds, "");
  }
};

struct pins_page {
  static constexpr frame_type type = frame_type::pins_page;
  static constexpr std::string_view name = "PINS_PAGE";
  static constexpr std::string_view doc = "All of them, by ascending seq.";

  std::vector<pin_entry> pins;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("pins", m.pins, bounds{0, 50}, "");
  }
};

}  // namespace conclave
