/// The error codes of Conclave, stable on the wire: a code never changes its meaning, number or
/// class. Pure data; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace conclave {

/// What the asker may conclude (promise P9).
enum class error_class : std::uint8_t {
  rejected = 1,  ///< certainly not done; repeating it unchanged will not help
  retry = 2,     ///< certainly not done; try again after retry_after_ms
  unknown = 3,   ///< perhaps done: resend with the same key until it is answered
};

enum class errc : std::uint16_t {
  ok = 0,

  // -- the bytes ---------------------------------------------------------------------------------
  malformed = 1,  ///< of a frame: closes the connection; of a request after login: fails only it
  frame_too_large = 2,      ///< closes the connection
  unsupported = 3,          ///< request type unknown to this node
  unsupported_version = 4,  ///< no common protocol version; closes the connection
  unexpected_frame = 5,     ///< a valid frame in the wrong phase; closes the connection
  invalid_argument = 6,     ///< a field is outside its bounds

  // -- who ---------------------------------------------------------------------------------------
  not_authenticated = 20,
  invalid_token = 21,
  forbidden = 22,
  not_found = 23,  ///< also everything that belongs to somebody else: no oracle
  already_exists = 24,
  gone = 25,               ///< the body was taken back, expired or burned
  wrong_credentials = 26,  ///< tenant, user or password: the answer does not say which

  // -- conversations -----------------------------------------------------------------------------
  client_seq_reused = 40,  ///< the client_seq is taken by another request
  too_many_members = 41,
  muted = 42,        ///< the member, or all plain members, may say nothing for now
  window_over = 43,  ///< too late to take it back
  dissolved = 44,
  awaiting_approval = 45,  ///< recorded; an admin decides
  limit_reached = 46,      ///< of pins, reactions, conversations, join requests …
  policy_forbids = 47,     ///< the tenant does not allow it, whoever asks

  // -- later -------------------------------------------------------------------------------------
  overloaded = 60,
  too_many_requests = 61,  ///< more open requests than the connection may have
  rate_limited = 62,
  shutting_down = 63,
  storage_full = 64,
  not_ready = 65,
  conflict = 66,     ///< what the request is about has just changed
  not_leading = 68,  ///< another node of the cluster leads: ask there

  // -- perhaps done ------------------------------------------------------------------------------
  outcome_unknown = 80,
  resend_expired = 81,  ///< client_seq below the window: look it up in the history

  // -- why a connection was closed (GOAWAY) ------------------------------------------------------
  idle_timeout = 100,
  handshake_timeout = 101,
  slow_consumer = 102,
  replaced = 103,  ///< the same device logged in again
  kicked = 104,    ///< another device of the same kind logged in
  device_ended = 105,
  logged_out = 106,

  // -- inside a node; of these only `internal` goes on the wire -----------------------------------
  corrupt = 200,
  io_error = 201,
  refused = 202,   ///< the shard writer refused a proposal: epoch, incarnation or version mismatch
  internal = 255,  ///< on the wire too: the node could not read what it needs
};

struct error_info {
  errc code;
  error_class kind;
  std::string_view name;  ///< stable identifier, as in the enum
  std::string_view text;  ///< one sentence for people
};

/// All codes in ascending order: the source of the protocol page's table.
std::span<const error_info> error_table();

/// Never fails: an unlisted number yields the entry of errc::internal.
const error_info& describe(errc code);

inline std::string_view name_of(errc code) {
  return describe(code).name;
}

}  // namespace conclave
