/// EVENT payloads, events and their bodies. Input: an EVENT frame's payload.
#include "schemas/event.h"
#include "schemas/frame.h"
#include "schemas/utf8.h"
#include "tests/fuzz/fuzz_check.h"

namespace {

using namespace conclave;

void try_event(std::string_view bytes) {
  const auto event = decode_event(bytes);
  if (!event.ok()) return;
  std::string row;
  append_event(row, *event);
  fuzz::expect(row.size() <= bytes.size(), "minimal forms");
  const auto again = decode_event(row);
  fuzz::expect(again.ok() && again->seq == event->seq && again->body == event->body,
               "an event comes back");
}

template <class Body>
void try_body(const outcome<Body>& body, outcome<Body> (*decode)(std::string_view)) {
  if (!body.ok()) return;
  const auto bytes = encode_body(*body);
  const auto again = decode(bytes);
  fuzz::expect(again.ok() && encode_body(*again) == bytes, "a body comes back");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto payload = fuzz::view_of(data, size);
  try_event(payload);
  try_body(decode_body<created_body>(payload), decode_body<created_body>);
  try_body(decode_body<members_body>(payload), decode_body<members_body>);
  static_cast<void>(valid_utf8(payload));
  const auto push = split_event_payload(payload);
  if (!push.ok()) return 0;
  try_event(push->event_bytes);
  const auto event = decode_event(push->event_bytes);
  if (!event.ok()) return 0;
  try_body(decode_body<created_body>(event->body), decode_body<created_body>);
  try_body(decode_body<members_body>(event->body), decode_body<members_body>);
  std::string frame;
  const auto place = append_event_frame(frame, push->conversation, *event);
  const auto split = split_event_payload(std::string_view(frame).substr(frame_header_size));
  fuzz::expect(split.ok() && split->conversation == push->conversation &&
                   split->event_bytes == frame.substr(place.event_offset, place.event_size),
               "a frame comes apart into what it was made of");
  return 0;
}
