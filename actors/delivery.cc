/// See delivery.h. Runs on the conversation's actor.
#include "actors/delivery.h"

#include "schemas/check.h"
#include "schemas/frame.h"
#include "schemas/shown.h"

namespace conclave::actors {

void leave_out_expired(delivery_part& part, time_ms now) {
  if (!is_due(part.first_expiry, now)) return;
  std::string frames;
  for (delivered_event& told : part.events) {
    const std::string_view frame(part.frames->data() + told.frame_offset, told.frame_size);
    const auto push = split_event_payload(frame.substr(frame_header_size));
    CONCLAVE_CHECK(push.ok(), "a conversation's own frames are whole");
    auto event = decode_event(push->event_bytes);
    CONCLAVE_CHECK(event.ok(), "a conversation's own frames are whole");
    told.frame_offset = static_cast<std::uint32_t>(frames.size());
    if (is_due(event->expires, now)) {
      take_body_out(*event);
      append_event_frame(frames, push->conversation, *event);
    } else {
      frames.append(frame);
    }
    told.frame_size = static_cast<std::uint32_t>(frames.size() - told.frame_offset);
  }
  part.frames = std::make_shared<const std::string>(std::move(frames));
}

}  // namespace conclave::actors
