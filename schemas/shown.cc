/// See shown.h.
#include "schemas/shown.h"

#include "schemas/wire_reader.h"

namespace conclave {

outcome<event_header> read_event_header(std::string_view row) {
  wire::reader in(row);
  std::uint32_t elements = 0;
  std::uint64_t format = 0, seq = 0, kind = 0, flags = 0, sender = 0, device = 0, time = 0,
                expires = 0, ordinal = 0;
  const bool fits = in.read_array_header(elements) && elements >= event_view::required_fields &&
                    in.read_uint(format) && format == event_format && in.read_uint(seq) &&
                    in.read_uint(kind) && kind <= 255 && in.read_uint(flags) &&
                    flags <= 0xffffffff && in.read_uint(sender) && in.read_uint(device) &&
                    in.read_uint(time) && in.read_uint(expires) && in.read_uint(ordinal);
  if (!fits) return failure{errc::corrupt, "an event of the state is damaged"};
  return event_header{event_seq{seq},
                      static_cast<event_kind>(kind),
                      static_cast<std::uint32_t>(flags),
                      user_id{sender},
                      time,
                      expires,
                      ordinal};
}

showing visible(const member_record& member, const event_header& event, time_ms now) {
  if (!visible(member, event.seq)) return showing::nothing;
  if (event.is_gone() || !is_due(event.expires, now)) return showing::as_it_lies;
  return showing::without_body;
}

void take_body_out(event_view& event) {
  event.body = {};
  event.mentions.clear();
  event.flags |= event_flags::expired;
  event.flags &= ~event_flags::mentions_all;
  event.gone_at = event.expires;
}

outcome<std::string> without_body(std::string_view row) {
  auto event = decode_event(row);
  if (!event) return failure{errc::corrupt, std::move(event).error().detail};
  take_body_out(*event);
  std::string bytes;
  append_event(bytes, *event);
  return bytes;
}

}  // namespace conclave
