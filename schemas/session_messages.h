/// The messages of a connection's beginning, keeping alive and ending: HELLO to GOAWAY.
/// Views borrow the frame they were decoded from. Pure data; any thread.
#pragma once

#include "schemas/errc.h"
#include "schemas/fields.h"
#include "schemas/frame.h"
#include "schemas/ids.h"

#include <string_view>
#include <vector>

namespace conclave {

/// A name of the DNS is at most 253 bytes; brackets, a colon and five digits fit as well.
inline constexpr std::uint64_t max_leader_bytes = 264;

struct hello {
  static constexpr frame_type type = frame_type::hello;
  static constexpr std::string_view name = "HELLO";
  static constexpr std::string_view doc =
      "First frame of a connection, within the handshake deadline. Answer: WELCOME or ERROR.";

  std::uint8_t min_version = protocol_version;
  std::uint8_t max_version = protocol_version;
  std::uint64_t features = 0;
  std::string_view client;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("min_version", m.min_version, bounds{1, 255}, "lowest protocol version the client speaks");
    v("max_version", m.max_version, bounds{1, 255}, "highest protocol version the client speaks");
    v("features", m.features, bounds{}, "bit set of optional features wanted; none defined yet");
    v("client", m.client, bounds{0, 64}, "name and version of the client program, for the log");
  }
};

struct welcome {
  static constexpr frame_type type = frame_type::welcome;
  static constexpr std::string_view name = "WELCOME";
  static constexpr std::string_view doc = "The node's choice of version and its limits.";

  std::uint8_t version = protocol_version;
  std::uint64_t features = 0;
  time_ms time = 0;
  std::uint32_t max_frame_bytes = 0;
  std::uint32_t max_body_bytes = 0;
  std::uint32_t max_open_requests = 0;
  std::uint32_t idle_timeout_ms = 0;
  std::string_view node;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("version", m.version, bounds{1, 255}, "the version both sides use from here on");
    v("features", m.features, bounds{}, "the wanted features that are on");
    v("time", m.time, seq_bounds, "shard time, ms since 1970");
    v("max_frame_bytes", m.max_frame_bytes, bounds{}, "largest `length` the node accepts");
    v("max_body_bytes", m.max_body_bytes, bounds{}, "largest body of a SEND");
    v("max_open_requests", m.max_open_requests, bounds{}, "unanswered requests allowed at once");
    v("idle_timeout_ms", m.idle_timeout_ms, bounds{},
      "a connection silent for this long is closed: PING in time");
    v("node", m.node, bounds{0, 64}, "name of the node");
  }
};

struct login {
  static constexpr frame_type type = frame_type::login;
  static constexpr std::string_view name = "LOGIN";
  static constexpr std::string_view doc =
      "Proves who is talking. Once per connection. Answer: LOGGED_IN or ERROR. A second login of "
      "the same device ends the older connection with GOAWAY replaced.";

  std::string_view token;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("token", m.token, bounds{1, 256}, "the device's resume token");
  }
};

struct logged_in {
  static constexpr frame_type type = frame_type::logged_in;
  static constexpr std::string_view name = "LOGGED_IN";
  static constexpr std::string_view doc =
      "From here on the events of the user's conversations are pushed to this connection.";

  tenant_id tenant{};
  user_id user{};
  device_id device{};
  std::string_view user_name;
  std::string_view tenant_name;
  std::string_view token;
  time_ms renew_by = 0;
  std::uint64_t inbox_head = 0;

  static constexpr std::uint32_t required_fields = 5;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("tenant", m.tenant, tenant_bounds, "0 for operators");
    v("user", m.user, id_bounds, "");
    v("device", m.device, id_bounds, "");
    v("user_name", m.user_name, bounds{1, 64}, "");
    v("tenant_name", m.tenant_name, bounds{1, 64}, "");
    v("token", m.token, bounds{0, 256},
      "after LOGIN_PASSWORD: the new device's resume token, shown once");
    v("renew_by", m.renew_by, seq_bounds, "RENEW_TOKEN before then; 0: the token does not end");
    v("inbox_head", m.inbox_head, seq_bounds, "newest seq of the user's inbox");
  }
};

struct ping {
  static constexpr frame_type type = frame_type::ping;
  static constexpr std::string_view name = "PING";
  static constexpr std::string_view doc = "Allowed from WELCOME on. Answer: PONG.";

  template <class Self, class Visitor>
  static void fields(Self&, Visitor&) {}
};

struct pong {
  static constexpr frame_type type = frame_type::pong;
  static constexpr std::string_view name = "PONG";
  static constexpr std::string_view doc = "Answers a PING.";

  time_ms time = 0;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("time", m.time, seq_bounds, "shard time, ms since 1970");
  }
};

struct error_answer {
  static constexpr frame_type type = frame_type::error;
  static constexpr std::string_view name = "ERROR";
  static constexpr std::string_view doc =
      "Takes the place of any answer. With correlation 0 it speaks of the connection, which is "
      "closed after it.";

  errc code = errc::internal;
  error_class kind = error_class::unknown;
  std::string_view error_name;
  std::string_view text;
  std::uint32_t retry_after_ms = 0;
  std::string_view leader = {};

  static constexpr std::uint32_t required_fields = 5;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("code", m.code, bounds{1, 65535}, "see the table of codes");
    v("class", m.kind, bounds{1, 3}, "1 rejected, 2 retry, 3 unknown");
    v("name", m.error_name, bounds{0, 64}, "the code's stable name");
    v("text", m.text, bounds{0, 1024}, "one sentence for people");
    v("retry_after_ms", m.retry_after_ms, bounds{}, "class retry: wait at least this long");
    v("leader", m.leader, bounds{0, max_leader_bytes},
      "not_leading: HOST:PORT of the node to go to; empty: unknown");
  }
};

struct goaway {
  static constexpr frame_type type = frame_type::goaway;
  static constexpr std::string_view name = "GOAWAY";
  static constexpr std::string_view doc =
      "Push. The node is about to close this connection. Unanswered requests are to be resent on "
      "the next one.";

  errc code = errc::shutting_down;
  std::string_view text;
  std::uint32_t reconnect_after_ms = 0;
  std::string_view leader = {};

  static constexpr std::uint32_t required_fields = 3;

  template <class Self, class Visitor>
  static void fields(Self& m, Visitor& v) {
    v("code", m.code, bounds{1, 65535}, "why; see the table of codes");
    v("text", m.text, bounds{0, 1024}, "one sentence for people");
    v("reconnect_after_ms", m.reconnect_after_ms, bounds{},
      "wait about this long, with jitter, before connecting again");
    v("leader", m.leader, bounds{0, max_leader_bytes},
      "HOST:PORT of the node to go to; empty: any of the cluster's");
  }
};

}  // namespace conclave
