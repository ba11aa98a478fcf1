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
    v("flags", m.flags, bounds{}, "bits, see the table of flags; unknown ones are ignored");
    v("sender", m.sender, id_or_none_bounds, "user who caused it; 0: the node itself");
    v("device", m.device, id_or_none_bounds, "his device; 0: the node itself");
    v("time", m.time, seq_bounds, "shard time of sequencing, ms since 1970");
    v("expires", m.expires, seq_bounds, "0: never");
    v("ordinal", m.ordinal, seq_bounds,
      "number of events so far that count as unread, this one included");
    v("client_seq", m.client_seq, bounds{}, "key under which the device asked for it; 0: none");
    v("body_key_ref", m.body_key_ref, bounds{}, "reserved for sealed bodies; 0: in clear");
    v("body", binary(m.body), event_body_bounds, "by kind; empty when it is gone");
    v("target", m.target, seq_bounds, "the message that this event does something to");
    v("reply_to", m.reply_to, seq_bounds, "the event that this answers");
    v("thread", m.thread, seq_bounds, "the event that its thread began with");
    v("mentions", m.mentions, bounds{0, max_mentions}, "users named in it");
    v("origin_conversation", m.origin_conversation, id_or_none_bounds,
      "of a forwarded message: where it was said");
    v("origin_seq", m.origin_seq, seq_bounds, "of a forwarded message: its seq there");
    v("origin_sender", m.origin_sender, id_or_none_bounds, "of a forwarded message: who said it");
    v("origin_time", m.origin_time, seq_bounds, "of a forwarded message: when");
    v("changed", m.changed, seq_bounds, "seq of the event that last rewrote this one; 0: none");
    v("gone_by", m.gone_by, id_or_none_bounds, "who took the body back; 0: the node");
    v("gone_at", m.gone_at, seq_bounds, "when the body went, ms since 1970");
    v("burn_ms", m.burn_ms, bounds{}, "burning: how long a reader may look after his first OPEN");
  }
};

inline constexpr bounds title_bounds{0, 128};
inline constexpr bounds topic_bounds{0, 1024};
inline constexpr bounds reaction_bounds{1, 32};

template <>
struct layout<created_body> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("kind", m.kind, bounds{1, 255}, "1 direct, 2 group, 3 announcement, 4 system");
    v("visibility", m.visibility, bounds{1, 255},
      "what later members see of the past: 1 since joining, 2 all");
    v("name", m.name, title_bounds, "the title");
    v("members", m.members, bounds{0, 100'000}, "the creator, who is the owner, first");
    v("topic", m.topic, topic_bounds, "");
  }
};

template <>
struct layout<members_body> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("users", m.users, bounds{0, 100'000}, "user ids");
  }
};

template <>
struct layout<role_body> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("user", m.user, id_bounds, "");
    v("role", m.role, bounds{1, 255},
      "1 member, 2 admin, 3 owner: the owner before him is an admin from then on");
  }
};

template <>
struct layout<mute_body> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("user", m.user, id_bounds, "");
    v("until", m.until, seq_bounds, "may say nothing before then; 0: may speak again");
  }
};

template <>
struct layout<settings_body> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("title", m.title, title_bounds, "");
    v("topic", m.topic, topic_bounds, "");
    v("join", m.join, bounds{1, 255}, "with the join code: 1 closed, 2 open, 3 with approval");
    v("invite", m.invite, bounds{1, 255},
      "who adds members: 1 admins, 2 all members, 3 members with approval");
    v("visibility", m.visibility, bounds{1, 255},
      "what later members see of the past: 1 since joining, 2 all");
    v("all_muted", m.all_muted, flag_bounds, "only owner and admins say something");
  }
};

template <>
struct layout<reaction_body> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("reaction", m.reaction, reaction_bounds, "an emoji, or a word that the clients agreed on");
    v("removed", m.removed, flag_bounds, "");
  }
};

template <>
struct layout<pin_body> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("removed", m.removed, flag_bounds, "true: pinned no longer");
  }
};

template <>
struct layout<gone_body> {
  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("why", m.why, bounds{1, 255}, "1 expired, 2 burned");
    v("seqs", m.seqs, bounds{1, 1000}, "the messages whose bodies went");
  }
};

}  // namespace conclave
