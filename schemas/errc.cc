/// The table of error codes: one line each, in ascending order.
///
/// Codes of the last group are mapped before they reach the wire; the class says what a client may
/// conclude if one slips through. For the codes of GOAWAY the class speaks of the connection: retry
/// means connect again, rejected means do not.
#include "schemas/errc.h"

#include <algorithm>
#include <array>

namespace conclave {
namespace {

constexpr auto rejected = error_class::rejected;
constexpr auto retry = error_class::retry;
constexpr auto unknown = error_class::unknown;

constexpr std::array table = {
    error_info{errc::malformed, rejected, "malformed", "The bytes are not a valid frame."},
    error_info{errc::frame_too_large, rejected, "frame_too_large",
               "The frame is larger than this node accepts."},
    error_info{errc::unsupported, rejected, "unsupported",
               "This node does not know that kind of request."},
    error_info{errc::unsupported_version, rejected, "unsupported_version",
               "Client and node have no protocol version in common."},
    error_info{errc::unexpected_frame, rejected, "unexpected_frame",
               "This frame is not allowed at this point of the connection."},
    error_info{errc::invalid_argument, rejected, "invalid_argument",
               "A field of the request is outside its bounds."},
    error_info{errc::not_authenticated, rejected, "not_authenticated", "This needs a login first."},
    error_info{errc::invalid_token, rejected, "invalid_token", "The token is not valid here."},
    error_info{errc::forbidden, rejected, "forbidden", "The caller may not do that."},
    error_info{errc::not_found, rejected, "not_found",
               "There is no such thing, or the caller has no part in it."},
    error_info{errc::already_exists, rejected, "already_exists", "That exists already."},
    error_info{errc::gone, rejected, "gone", "The message is gone."},
    error_info{errc::wrong_credentials, rejected, "wrong_credentials",
               "Tenant, name or password is wrong."},
    error_info{errc::client_seq_reused, rejected, "client_seq_reused",
               "The client_seq belongs to another request."},
    error_info{errc::too_many_members, rejected, "too_many_members",
               "The conversation cannot hold that many members."},
    error_info{errc::muted, rejected, "muted", "You may say nothing here for now."},
    error_info{errc::window_over, rejected, "window_over",
               "It is too late to take the message back."},
    error_info{errc::dissolved, rejected, "dissolved", "The conversation was dissolved."},
    error_info{errc::awaiting_approval, rejected, "awaiting_approval",
               "An admin of the conversation has to approve it."},
    error_info{errc::limit_reached, rejected, "limit_reached", "There are too many of them."},
    error_info{errc::policy_forbids, rejected, "policy_forbids",
               "The tenant's policy does not allow it."},
    error_info{errc::overloaded, retry, "overloaded", "The node has too much to do just now."},
    error_info{errc::too_many_requests, retry, "too_many_requests",
               "The connection has too many unanswered requests."},
    error_info{errc::rate_limited, retry, "rate_limited", "Too many requests in a short time."},
    error_info{errc::shutting_down, retry, "shutting_down", "The node is shutting down."},
    error_info{errc::storage_full, retry, "storage_full",
               "The node's disk is too full to take anything new."},
    error_info{errc::not_ready, retry, "not_ready", "The node cannot serve this yet."},
    error_info{errc::conflict, retry, "conflict", "What the request is about has just changed."},
    error_info{errc::not_leading, retry, "not_leading", "Another node leads; ask there."},
    error_info{errc::outcome_unknown, unknown, "outcome_unknown",
               "Whether it was done is not known yet: send it again unchanged."},
    error_info{errc::resend_expired, unknown, "resend_expired",
               "Too old to tell whether it was done: look it up in the history."},
    error_info{errc::idle_timeout, retry, "idle_timeout", "The connection was silent too long."},
    error_info{errc::handshake_timeout, retry, "handshake_timeout",
               "The connection did not log in in time."},
    error_info{errc::slow_consumer, retry, "slow_consumer",
               "The client does not read what is sent to it."},
    error_info{errc::replaced, rejected, "replaced", "The same device logged in again."},
    error_info{errc::kicked, rejected, "kicked", "Another device of the same kind logged in."},
    error_info{errc::device_ended, rejected, "device_ended", "This device was ended."},
    error_info{errc::logged_out, rejected, "logged_out", "This device logged out."},
    error_info{errc::corrupt, unknown, "corrupt", "Stored bytes are damaged."},
    error_info{errc::io_error, unknown, "io_error", "Reading or writing failed."},
    error_info{errc::refused, retry, "refused", "The shard writer refused a proposal."},
    error_info{errc::internal, unknown, "internal", "The node made a mistake."},
};

constexpr error_info success{errc::ok, error_class{}, "ok", "It is done."};

constexpr bool ascending() {
  for (std::size_t i = 1; i < table.size(); ++i) {
    if (table[i - 1].code >= table[i].code) return false;
  }
  return true;
}
static_assert(ascending() && table.back().code == errc::internal);

}  // namespace

std::span<const error_info> error_table() {
  return table;
}

const error_info& describe(errc code) {
  if (code == errc::ok) return success;
  const auto* found =
      std::lower_bound(table.begin(), table.end(), code,
                       [](const error_info& entry, errc wanted) { return entry.code < wanted; });
  return found != table.end() && found->code == code ? *found : table.back();
}

}  // namespace conclave
