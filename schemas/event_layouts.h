/// The fields of events and of the bodies that carry structure, described as messages describe
/// theirs (fields.h). Internal to schemas/*.cc.
#pragma once

#include "schemas/event.h"
#include "schemas/field_codec.h"

namespace conclave {

inline constexpr bounds event_body_bounds{0, 65536};

template <>
struct layout<event_view> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("format", m.format, bounds{1, 255}, "1; another number is another layout");
    v("seq", m.seq, id_bounds, "place in the conversation: 1, 2, 3 …");
    v("kind", m.kind, bounds{1, 255}, "see the table of kinds; an unknown kind is opaque");
    v("flags", m.flags, bounds{}, "none defined yet: 0, ignored by readers");
    v("sender", m.sender, id_or_none_bounds, "user who caused it; 0: the node itself");
    v("device", m.device, id_or_none_bounds, "his device; 0: the node itself");
    v("time", m.time, seq_bounds, "shard time of sequencing, ms since 1970");
    v("expires", m.expires, seq_bounds, "0: never");
    v("ordinal", m.ordinal, seq_bounds,
      "number of events so far that count as unread, this one included");
    v("client_seq", m.client_seq, bounds{}, "key under which the device asked for it; 0: none");
    v("body_key_ref", m.body_key_ref, bounds{}, "reserved for sealed bodies; 0: in clear");
    v("body", binary(m.body), event_body_bounds, "by kind");
  }
};

template <>
struct layout<created_body> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("kind", m.kind, bounds{1, 255}, "2 group");
    v("visibility", m.visibility, bounds{1, 255},
      "what later members see of the past: 1 since joining, 2 all");
    v("name", m.name, bounds{0, 128}, "the title");
    v("members", m.members, bounds{0, 10'000}, "the creator, who is the owner, first");
  }
};

template <>
struct layout<members_body> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("users", m.users, bounds{0, 10'000}, "user ids");
  }
};

}  // namespace conclave
