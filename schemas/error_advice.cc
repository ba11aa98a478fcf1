/// The advice, code by code.
#include "schemas/error_advice.h"

namespace conclave {

std::string_view advice_for(errc code) {
  switch (code) {
    case errc::malformed:
      return "A bug in the client: report it. Do not resend the frame.";
    case errc::frame_too_large:
      return "A bug in the client: keep to `max_frame_bytes`, before login to 1024.";
    case errc::unsupported:
      return "The node is older than the client, or this is the wrong listener: hide the feature.";
    case errc::unsupported_version:
      return "Tell the user to update the client or the node. Do not reconnect by itself.";
    case errc::unexpected_frame:
      return "A bug in the client: HELLO, then LOGIN, each once, then everything else.";
    case errc::invalid_argument:
      return "Tell the user, with `text`: it names the field and its bounds. Do not resend.";
    case errc::not_authenticated:
      return "Log in on a new connection.";
    case errc::invalid_token:
      return "Ask for a new token. Do not try this one again: it was revoked or replaced, or "
             "belongs to the other listener.";
    case errc::forbidden:
      return "Tell the user. Do not resend.";
    case errc::not_found:
      return "Tell the user; drop the thing from lists. It says the same of what exists but is "
             "somebody else's.";
    case errc::already_exists:
      return "Tell the user; what was asked for is there. CREATE_CONVERSATION: take another op_id.";
    case errc::gone:
      return "Drop the message's body everywhere and show that it is gone.";
    case errc::wrong_credentials:
      return "Tell the user, without saying which of them. Do not try again by itself.";
    case errc::muted:
      return "Tell the user; SEND is possible again when the muting ends.";
    case errc::window_over:
      return "Tell the user; an admin can still take it back.";
    case errc::dissolved:
      return "Show the conversation as ended; its history stays readable.";
    case errc::awaiting_approval:
      return "Tell the user that an admin decides; it was recorded. Do not resend.";
    case errc::limit_reached:
      return "Tell the user, with `text`.";
    case errc::policy_forbids:
      return "Tell the user that an operator decides it for the whole tenant. Do not resend.";
    case errc::client_seq_reused:
      return "A bug in the client: it gave one client_seq to two requests. Go on above the highest "
             "one used.";
    case errc::too_many_members:
      return "Tell the user.";
    case errc::overloaded:
    case errc::rate_limited:
    case errc::not_ready:
    case errc::conflict:
      return "Send the same frame again after `retry_after_ms`, doubling the wait each time, with "
             "jitter.";
    case errc::not_leading:
      return "Connect to `leader` when it is given, else to the cluster's next address, and resend "
             "what is open; see [clusters](#clusters).";
    case errc::too_many_requests:
      return "Keep fewer requests open (`max_open_requests`, `max_open_reads`, "
             "`max_open_targets`); "
             "send it again after `retry_after_ms`.";
    case errc::shutting_down:
      return "Connect again after `reconnect_after_ms` with jitter, and resend what is open.";
    case errc::storage_full:
      return "Keep the request and try again in minutes; tell the user that the service takes "
             "nothing new for now. Reading goes on working.";
    case errc::outcome_unknown:
      return "Send the same frame again, with the same key, until it is answered otherwise.";
    case errc::resend_expired:
      return "Look in the history for an event with this device and client_seq: it is there or it "
             "was never done. Never resend with this key; to try again, take a new client_seq.";
    case errc::idle_timeout:
      return "Connect again, and PING more often.";
    case errc::handshake_timeout:
      return "Connect again, and send HELLO and LOGIN without waiting for people.";
    case errc::slow_consumer:
      return "Connect again, read faster than you process, and catch up by HISTORY.";
    case errc::kicked:
      return "Do not connect again by itself: tell the user, who may log in here again and end the "
             "other session.";
    case errc::device_ended:
    case errc::logged_out:
      return "Forget the token and everything kept for this device.";
    case errc::replaced:
      return "Do not connect again by itself: the same token is in use elsewhere, and the two "
             "would "
             "push each other out for ever.";
    case errc::internal:
      return "Treat it as outcome_unknown, with a growing wait; report it if it stays.";
    case errc::ok:
    case errc::corrupt:
    case errc::io_error:
    case errc::refused:
      break;
  }
  return {};
}

}  // namespace conclave
