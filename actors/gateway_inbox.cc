/// The user's own log and settings; see gateway.h.
#include "actors/gateway.h"

namespace conclave::actors {

void gateway::on_inbox(session& s, const frame_view& frame) {
  answer_error(s, frame.header.correlation, errc::unsupported);
}

void gateway::on_set_conversation(session& s, const frame_view& frame) {
  answer_error(s, frame.header.correlation, errc::unsupported);
}

}  // namespace conclave::actors
