/// The event: everything shared that happens in a conversation. Encoded once, when it is sequenced,
/// as one msgpack array; the row in the store, the redo in the log, the push and the history page
/// hold these same bytes. Fields are only ever appended; a decoder ignores extra ones.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/ids.h"
#include "schemas/outcome.h"

namespace conclave {

/// An unknown kind is opaque to a client but counted: it takes its seq like any other.
enum class event_kind : std::uint8_t {
  conversation_created = 1,  ///< body: created_body
  members_added = 2,         ///< body: members_body
  member_removed = 3,        ///< body: members_body with one user; also when a member leaves
  text = 16,                 ///< body: UTF-8 text
};

inline constexpr std::uint8_t event_format = 1;

/// A decoded event; `body` borrows the bytes it was decoded from.
struct event_view {
  std::uint8_t format = event_format;
  event_seq seq{};
  event_kind kind{};
  std::uint32_t flags = 0;         ///< none defined yet
  user_id sender{};
  device_id device{};              ///< device of the sender that asked for it
  time_ms time = 0;                ///< shard time at sequencing
  time_ms expires = 0;             ///< 0: never
  std::uint64_t ordinal = 0;       ///< number of events so far that count as unread, this included
  std::uint64_t client_seq = 0;    ///< the key under which the device sent it
  std::uint64_t body_key_ref = 0;  ///< reserved for sealed bodies; 0: in clear
  std::string_view body;
};

/// Appends the event's array to `out`.
void append_event(std::string& out, const event_view& event);

/// Decodes one event that fills `bytes` exactly.
outcome<event_view> decode_event(std::string_view bytes);

/// Where the parts of a just appended frame lie in its buffer.
struct event_frame_place {
  std::size_t frame_offset = 0;
  std::size_t frame_size = 0;
  std::size_t event_offset = 0;  ///< the event's own bytes: the row's value
  std::size_t event_size = 0;
};

/// Appends a whole EVENT frame: header, then the array [conversation, event].
event_frame_place append_event_frame(std::string& out, conversation_id conversation,
                                     const event_view& event);

/// Takes an EVENT frame's payload apart without touching the event's fields.
struct event_push_view {
  conversation_id conversation{};
  std::string_view event_bytes;
};
outcome<event_push_view> split_event_payload(std::string_view payload);

/// Does this kind raise the unread count?
constexpr bool counts_as_unread(event_kind kind) { return kind == event_kind::text; }

// -- bodies of the kinds that carry structure: each one msgpack array -----------------------------

enum class conversation_kind : std::uint8_t { group = 2 };

enum class history_visibility : std::uint8_t {
  since_joining = 1,  ///< a member sees what happened from the event that added him
  all = 2,            ///< a new member sees everything from seq 1
};

struct created_body {
  conversation_kind kind = conversation_kind::group;
  history_visibility visibility = history_visibility::since_joining;
  std::string name;
  std::vector<user_id> members;  ///< the creator, who is the owner, first
};

struct members_body {
  std::vector<user_id> users;
};

std::string encode_body(const created_body& body);
std::string encode_body(const members_body& body);
outcome<created_body> decode_created_body(std::string_view bytes);
outcome<members_body> decode_members_body(std::string_view bytes);

}  // namespace conclave
