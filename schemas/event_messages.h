/// The messages that do something to a message: edit, take back, react, pin, forward, read, open.
/// Views borrow the frame they were decoded from. Pure data; any thread.
///
/// Those with a `client_seq` make an event and are answered by OK, like SEND.
#pragma once

#include "schemas/fields.h"
#include "schemas/frame.h"
#include "schemas/ids.h"

#include <string_view>
#include <vector>

namespace conclave {

struct edit {
  static constexpr frame_type type = frame_type::edit;
  static constexpr frame_type answered_by = frame_type::ok;
  static constexpr std::string_view name = "EDIT";
  static constexpr std::string_view doc =
      "Gives an own message another body; the earlier ones stay readable by LIST_VERSIONS. Answer: "
      "OK or ERROR.";

  conversation_id conversation{};
  std::uint64_t client_seq = 0;
  event_seq target{};
  bytes_view body;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "");
    v("client_seq", m.client_seq, id_bounds, "the device's counter in this conversation");
    v("target", m.target, id_bounds, "seq of the message");
    v("body", m.body, bounds{1, 65536}, "of the message's kind");
  }
};

struct recall {
  static constexpr frame_type type = frame_type::recall;
  static constexpr frame_type answered_by = frame_type::ok;
  static constexpr std::string_view name = "RECALL";
  static constexpr std::string_view doc =
      "Takes a message back: from the OK on no node serves its body, nor what it was before an "
      "edit. The sender may within the tenant's recall window, owner and admins at any time. "
      "Answer: OK or ERROR.";

  conversation_id conversation{};
  std::uint64_t client_seq = 0;
  event_seq target{};

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "");
    v("client_seq", m.client_seq, id_bounds, "the device's counter in this conversation");
    v("target", m.target, id_bounds, "seq of the message");
  }
};

struct react {
  static constexpr frame_type type = frame_type::react;
  static constexpr frame_type answered_by = frame_type::ok;
  static constexpr std::string_view name = "REACT";
  static constexpr std::string_view doc =
      "Adds or removes a reaction of the caller; at most 20 different ones per user and message. "
      "Answer: OK or ERROR; already_exists and not_found when nothing would change.";

  conversation_id conversation{};
  std::uint64_t client_seq = 0;
  event_seq target{};
  std::string_view reaction;
  bool removed = false;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "");
    v("client_seq", m.client_seq, id_bounds, "the device's counter in this conversation");
    v("target", m.target, id_bounds, "seq of the message");
    v("reaction", m.reaction, bounds{1, 32}, "an emoji, or a word that the clients agreed on");
    v("removed", m.removed, flag_bounds, "");
  }
};

struct pin {
  static constexpr frame_type type = frame_type::pin;
  static constexpr frame_type answered_by = frame_type::ok;
  static constexpr std::string_view name = "PIN";
  static constexpr std::string_view doc =
      "Pins a message for everybody, or takes the pin off; at most 50 per conversation. In direct "
      "conversations both people, else owner and admins. Answer: OK or ERROR.";

  conversation_id conversation{};
  std::uint64_t client_seq = 0;
  event_seq target{};
  bool removed = false;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "");
    v("client_seq", m.client_seq, id_bounds, "the device's counter in this conversation");
    v("target", m.target, id_bounds, "seq of the message");
    v("removed", m.removed, flag_bounds, "");
  }
};

struct forward {
  static constexpr frame_type type = frame_type::forward;
  static constexpr frame_type answered_by = frame_type::ok;
  static constexpr std::string_view name = "FORWARD";
  static constexpr std::string_view doc =
      "Says in `conversation` what was said in another one: an own message of the caller, of the "
      "same kind and body, with its origin as the node verified it. The caller must see the "
      "original; burning messages are not forwarded. Answer: OK or ERROR.";

  conversation_id conversation{};
  std::uint64_t client_seq = 0;
  conversation_id from_conversation{};
  event_seq from_seq{};

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "where to");
    v("client_seq", m.client_seq, id_bounds, "the device's counter in `conversation`");
    v("from_conversation", m.from_conversation, id_bounds, "");
    v("from_seq", m.from_seq, id_bounds, "");
  }
};

struct mark_read {
  static constexpr frame_type type = frame_type::mark_read;
  static constexpr frame_type answered_by = frame_type::done;
  static constexpr std::string_view name = "MARK_READ";
  static constexpr std::string_view doc =
      "The caller has read everything up to `seq`. Never goes back: a lower one changes nothing. "
      "Durable; takes no seq. Other devices of the caller learn it through the inbox, those who "
      "watch the conversation by READ_BY. Answer: DONE or ERROR.";

  conversation_id conversation{};
  event_seq seq{};

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "");
    v("seq", m.seq, id_bounds, "at most the newest that the caller sees");
  }
};

struct open_burning {
  static constexpr frame_type type = frame_type::open_burning;
  static constexpr std::string_view name = "OPEN";
  static constexpr std::string_view doc =
      "Reads a burning message. The first time is recorded durably, and `burn_ms` later the body "
      "is "
      "gone for this reader on all his devices; until then it may be opened again. Answer: OPENED "
      "or ERROR; `gone` when it burned, expired or was taken back.";

  conversation_id conversation{};
  event_seq seq{};

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "");
    v("seq", m.seq, id_bounds, "of the burning message");
  }
};

struct opened {
  static constexpr frame_type type = frame_type::opened;
  static constexpr std::string_view name = "OPENED";
  static constexpr std::string_view doc = "To be shown until `burns_at` and kept nowhere.";

  conversation_id conversation{};
  event_seq seq{};
  time_ms burns_at = 0;
  bytes_view body;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("conversation", m.conversation, id_bounds, "");
    v("seq", m.seq, id_bounds, "");
    v("burns_at", m.burns_at, seq_bounds, "shard time");
    v("body", m.body, bounds{0, 65536}, "");
  }
};

}  // namespace conclave
