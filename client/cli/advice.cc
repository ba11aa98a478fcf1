/// The advice, code by code.
#include "client/cli/advice.h"

#include "client/failures.h"

namespace conclave::client::cli {

std::string_view advice_for_people(errc code) {
  if (code == unreachable) {
    return "Is the node running, and is --server right? Nothing was done: repeat it later.";
  }
  switch (code) {
    case errc::invalid_token:
      return "Log in again (conclave login --tenant T --user NAME), or ask an operator for a new "
             "token.";
    case errc::wrong_credentials:
      return "Check tenant, name and password; an operator can set a new password.";
    case errc::replaced:
      return "Another program uses the same token: give each program its own.";
    case errc::kicked:
      return "Another device of this kind logged in. Repeat the command to end that one.";
    case errc::device_ended:
    case errc::logged_out:
      return "Log in again: conclave login --tenant T --user NAME";
    case errc::unsupported:
      return "The node is older than this command, or this is the wrong listener (users and "
             "operators have one each).";
    case errc::unsupported_version:
      return "Update the command or the node.";
    case errc::forbidden:
      return "Ask the owner or an admin: conclave conv members CONV";
    case errc::policy_forbids:
      return "An operator decides it for the whole tenant: conclave admin tenant policy show "
             "TENANT";
    case errc::not_found:
      return "Names and ids are listed by: conclave conv list";
    case errc::gone:
      return "It was taken back, expired or burned; nobody has it any more.";
    case errc::muted:
      return "Wait until the muting ends; conclave conv show CONV tells when.";
    case errc::window_over:
      return "An admin of the conversation can still take it back.";
    case errc::dissolved:
      return "Its past stays readable: conclave history CONV";
    case errc::awaiting_approval:
      return "It was recorded; an admin decides. Do not repeat it.";
    case errc::overloaded:
    case errc::too_many_requests:
    case errc::rate_limited:
    case errc::shutting_down:
    case errc::not_ready:
    case errc::conflict:
      return "Nothing was done: repeat it in a while.";
    case errc::not_leading:
      return "Nothing was done: repeat it in a while, and give all the cluster's servers.";
    case errc::storage_full:
      return "Nothing was done: the node's disk is full, its operator has to make room.";
    case errc::outcome_unknown:
    case errc::resend_expired:
    case errc::internal:
      return "It may have been done: look before you repeat it (conclave history CONV --back).";
    default:
      return {};
  }
}

}  // namespace conclave::client::cli
