/// The event: everything shared that happens in a conversation. Encoded once, when it is sequenced,
/// as one msgpack array; the row in the store, the redo in the log, the push and the history page
/// hold these same bytes. Fields are only ever appended; a decoder ignores extra ones.
#pragma once

#include "schemas/ids.h"
#include "schemas/outcome.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace conclave {

/// An unknown kind is opaque to a client but counted: it takes its seq like any other.
enum class event_kind : std::uint8_t {
  conversation_created = 1,  ///< body: created_body
  members_added = 2,         ///< body: members_body
  member_removed = 3,        ///< body: members_body with one user; also when a member leaves
  role_changed = 4,          ///< body: role_body; role owner: the conversation was handed over
  member_muted = 5,          ///< body: mute_body
  settings_changed = 6,      ///< body: settings_body, as they are from here on
  dissolved = 7,             ///< no body; the last event of the conversation
  text = 16,                 ///< body: UTF-8 text
  structured = 17,           ///< body: UTF-8 of whatever the clients agreed on, say JSON
  opaque = 18,               ///< body: bytes
  edited = 32,               ///< target; body: the new body
  recalled = 33,             ///< target; no body
  reaction = 34,             ///< target; body: reaction_body
  pinned = 35,               ///< target; body: pin_body
  gone = 36,                 ///< body: gone_body; bodies that expired or burned, told by the node
};

/// Bits of event_view::flags.
namespace event_flags {
inline constexpr std::uint32_t mentions_all = 1;  ///< names everybody
inline constexpr std::uint32_t edited = 2;        ///< the body is not the first one
inline constexpr std::uint32_t recalled = 4;      ///< the body is gone: somebody took it back
inline constexpr std::uint32_t expired = 8;       ///< the body is gone: its time was over
inline constexpr std::uint32_t burning = 16;      ///< burn after reading: OPEN gives the body
inline constexpr std::uint32_t burned = 32;       ///< the body is gone: everybody has read it
inline constexpr std::uint32_t gone = recalled | expired | burned;
}  // namespace event_flags

inline constexpr std::uint8_t event_format = 1;
inline constexpr std::size_t max_mentions = 50;

/// Messages: what people say, as opposed to what happens to it or to the conversation.
constexpr bool is_message(event_kind kind) {
  return kind == event_kind::text || kind == event_kind::structured || kind == event_kind::opaque;
}

/// A decoded event; `body` borrows the bytes it was decoded from.
struct event_view {
  static constexpr std::uint32_t required_fields = 12;

  std::uint8_t format = event_format;
  event_seq seq{};
  event_kind kind{};
  std::uint32_t flags = 0;  ///< event_flags
  user_id sender{};
  device_id device{};              ///< device of the sender that asked for it
  time_ms time = 0;                ///< shard time at sequencing
  time_ms expires = 0;             ///< 0: never
  std::uint64_t ordinal = 0;       ///< number of events so far that count as unread, this included
  std::uint64_t client_seq = 0;    ///< the key under which the device sent it
  std::uint64_t body_key_ref = 0;  ///< reserved for sealed bodies; 0: in clear
  std::string_view body;

  // What most events have not:
  event_seq target{};  ///< the message that this event does something to
  event_seq reply_to{};
  event_seq thread{};                     ///< root of the thread it belongs to
  std::vector<user_id> mentions;          ///< at most max_mentions
  conversation_id origin_conversation{};  ///< a forwarded message: where it was said,
  event_seq origin_seq{};                 ///< under which seq,
  user_id origin_sender{};                ///< by whom
  time_ms origin_time = 0;                ///< and when, as the node verified
  event_seq changed{};                    ///< event that last rewrote this row
  user_id gone_by{};                      ///< of a gone body: who took it back; 0: the node
  time_ms gone_at = 0;
  std::uint32_t burn_ms = 0;  ///< burning: how long a reader may look after his first OPEN

  bool is_gone() const { return (flags & event_flags::gone) != 0; }
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

/// Gives the EVENT frames that fill `frames` from `from` to its end another conversation id: for
/// whoever knows it under another one.
void rename_event_frames(std::string& frames, std::size_t from, conversation_id to);

/// Takes an EVENT frame's payload apart without touching the event's fields.
struct event_push_view {
  conversation_id conversation{};
  std::string_view event_bytes;
};
outcome<event_push_view> split_event_payload(std::string_view payload);

/// Does this kind raise the unread count?
constexpr bool counts_as_unread(event_kind kind) {
  return is_message(kind);
}

// -- bodies of the kinds that carry structure: each one msgpack array -----------------------------

enum class conversation_kind : std::uint8_t {
  direct = 1,  ///< two people, or one with himself; unique per pair
  group = 2,
  announcement = 3,  ///< only owner and admins say something
  system = 4,        ///< the node talks to one user
};

enum class member_role : std::uint8_t { member = 1, admin = 2, owner = 3 };

/// How somebody outside comes in by himself, with the join code.
enum class join_policy : std::uint8_t {
  closed = 1,    ///< not at all
  open = 2,      ///< at once
  approval = 3,  ///< when an admin accepts
};

/// Who brings others in.
enum class invite_policy : std::uint8_t {
  admins = 1,
  members = 2,
  approval = 3,  ///< members propose, admins accept
};

enum class history_visibility : std::uint8_t {
  since_joining = 1,  ///< a member sees what happened from the event that added him
  all = 2,            ///< a new member sees everything from seq 1
};

struct created_body {
  static constexpr std::uint32_t required_fields = 4;

  conversation_kind kind = conversation_kind::group;
  history_visibility visibility = history_visibility::since_joining;
  std::string name;
  std::vector<user_id> members;  ///< the creator, who is the owner, first
  std::string topic;
};

struct members_body {
  std::vector<user_id> users;
};

struct role_body {
  user_id user{};
  member_role role = member_role::member;
};

struct mute_body {
  user_id user{};
  time_ms until = 0;  ///< 0: not muted any more
};

struct settings_body {
  std::string title;
  std::string topic;
  join_policy join = join_policy::closed;
  invite_policy invite = invite_policy::admins;
  history_visibility visibility = history_visibility::since_joining;
  bool all_muted = false;  ///< only owner and admins say something
};

struct reaction_body {
  std::string reaction;  ///< an emoji, or a word that the clients agreed on
  bool removed = false;
};

struct pin_body {
  bool removed = false;
};

/// Why bodies are gone that nobody took back.
enum class gone_reason : std::uint8_t { expired = 1, burned = 2 };

struct gone_body {
  gone_reason why = gone_reason::expired;
  std::vector<event_seq> seqs;
};

std::string encode_body(const created_body& body);
std::string encode_body(const members_body& body);
std::string encode_body(const role_body& body);
std::string encode_body(const mute_body& body);
std::string encode_body(const settings_body& body);
std::string encode_body(const reaction_body& body);
std::string encode_body(const pin_body& body);
std::string encode_body(const gone_body& body);

/// Specialised for each body above. errc::malformed when the bytes are none.
template <class Body>
outcome<Body> decode_body(std::string_view bytes);

}  // namespace conclave
