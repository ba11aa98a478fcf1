/// Events and their bodies to bytes and back. Sequencing and every client's receiving go through
/// append_event_frame, split_event_payload and decode_event: none of them allocates, but for the
/// growth of the caller's buffer.
#include "schemas/event.h"

#include "schemas/event_layouts.h"
#include "schemas/frame.h"

namespace conclave {
namespace {

template <class Body>
std::string encode_record(const Body& body) {
  std::string out;
  wire::field_writer(out).write_record(body);
  return out;
}

template <class Record>
outcome<Record> decode_whole(std::string_view bytes, std::string_view what) {
  Record record;
  wire::problem problem;
  wire::read_whole(bytes, record, problem);
  if (problem.none()) return record;
  problem.code = errc::malformed;  // whoever wrote it knew the bounds
  return to_failure(problem).prefixed(what);
}

}  // namespace

void append_event(std::string& out, const event_view& event) {
  wire::field_writer(out).write_record(event);
}

outcome<event_view> decode_event(std::string_view bytes) {
  event_view event;
  wire::problem problem;
  wire::read_whole(bytes, event, problem);
  if (!problem.none()) {
    problem.code = errc::malformed;
    return to_failure(problem).prefixed("event");
  }
  if (event.format != event_format) {
    return failure{errc::unsupported, "event of format " + std::to_string(event.format)};
  }
  return event;
}

event_frame_place append_event_frame(std::string& out, conversation_id conversation,
                                     const event_view& event) {
  event_frame_place place;
  place.frame_offset = open_frame(out, frame_type::event, 0);
  wire::append_array_header(out, 2);
  wire::append_fixed_uint64(out, conversation.value);
  place.event_offset = out.size();
  append_event(out, event);
  place.event_size = out.size() - place.event_offset;
  close_frame(out, place.frame_offset);
  place.frame_size = out.size() - place.frame_offset;
  return place;
}

void rename_event_frames(std::string& frames, std::size_t from, conversation_id to) {
  // Behind the header: one byte that says "two elements", then the id in its widest form.
  constexpr std::size_t id_offset = frame_header_size + 1;
  std::string id;
  wire::append_fixed_uint64(id, to.value);
  while (from < frames.size()) {
    const frame_header header = read_frame_header(frames.data() + from);
    frames.replace(from + id_offset, id.size(), id);
    from += frame_length_size + header.length;
  }
}

outcome<event_push_view> split_event_payload(std::string_view payload) {
  wire::reader in(payload);
  std::uint32_t elements = 0;
  event_push_view push;
  if (!in.read_array_header(elements) || elements < 2 || !in.read_uint(push.conversation.value) ||
      !wire::within(push.conversation.value, id_bounds) || !in.next_is_array()) {
    return failure{errc::malformed, "not the payload of an EVENT frame"};
  }
  const char* const first = in.position();
  const char* last = first + in.left();
  if (elements > 2) {  // something was appended by a later version
    for (std::uint32_t i = 1; i < elements; ++i) {
      if (!in.skip(wire::max_depth - 1)) {
        return failure{errc::malformed, "not the payload of an EVENT frame"};
      }
      if (i == 1) last = in.position();
    }
    if (!in.at_end()) return failure{errc::malformed, "more bytes after an EVENT frame's payload"};
  }
  push.event_bytes = {first, static_cast<std::size_t>(last - first)};
  return push;
}

#define CONCLAVE_BODY(body_type, what)                                \
  std::string encode_body(const body_type& body) {                    \
    return encode_record(body);                                       \
  }                                                                   \
  template <>                                                         \
  outcome<body_type> decode_body<body_type>(std::string_view bytes) { \
    return decode_whole<body_type>(bytes, "body of " what);           \
  }

CONCLAVE_BODY(created_body, "conversation_created")
CONCLAVE_BODY(members_body, "members_added or member_removed")
CONCLAVE_BODY(role_body, "role_changed")
CONCLAVE_BODY(mute_body, "member_muted")
CONCLAVE_BODY(settings_body, "settings_changed")
CONCLAVE_BODY(reaction_body, "reaction")
CONCLAVE_BODY(pin_body, "pinned")
CONCLAVE_BODY(gone_body, "gone")

#undef CONCLAVE_BODY

}  // namespace conclave
