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
  fuzz::expect(again.ok() && again->seq == event->seq && again->body == event->body &&
                   again->mentions == event->mentions && again->burn_ms == event->burn_ms,
               "an event comes back");
  std::string same;
  append_event(same, *again);
  fuzz::expect(same == row, "encoding is stable");
}

template <class Body>
void try_body(std::string_view bytes) {
  const auto body = decode_body<Body>(bytes);
  if (!body.ok()) {
    fuzz::expect(body.error().code == errc::malformed, "the promised code");
    return;
  }
  const auto minimal = encode_body(*body);
  const auto again = decode_body<Body>(minimal);
  fuzz::expect(again.ok() && encode_body(*again) == minimal, "a body comes back");
}

void try_bodies(std::string_view bytes) {
  try_body<created_body>(bytes);
  try_body<members_body>(bytes);
  try_body<role_body>(bytes);
  try_body<mute_body>(bytes);
  try_body<settings_body>(bytes);
  try_body<reaction_body>(bytes);
  try_body<pin_body>(bytes);
  try_body<gone_body>(bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto payload = fuzz::view_of(data, size);
  try_event(payload);
  try_bodies(payload);
  static_cast<void>(valid_utf8(payload));
  const auto push = split_event_payload(payload);
  if (!push.ok()) return 0;
  try_event(push->event_bytes);
  const auto event = decode_event(push->event_bytes);
  if (!event.ok()) return 0;
  try_bodies(event->body);
  std::string frame;
  const auto place = append_event_frame(frame, push->conversation, *event);
  const auto split = split_event_payload(std::string_view(frame).substr(frame_header_size));
  fuzz::expect(split.ok() && split->conversation == push->conversation &&
                   split->event_bytes == frame.substr(place.event_offset, place.event_size),
               "a frame comes apart into what it was made of");
  return 0;
}
