/// Catching up and looking closer; see gateway.h.
#include "actors/gateway.h"

namespace conclave::actors {

void gateway::on_list_gone(session& s, const frame_view& frame) {
  answer_error(s, frame.header.correlation, errc::unsupported);
}

void gateway::on_list_readers(session& s, const frame_view& frame) {
  answer_error(s, frame.header.correlation, errc::unsupported);
}

void gateway::on_list_versions(session& s, const frame_view& frame) {
  answer_error(s, frame.header.correlation, errc::unsupported);
}

void gateway::on_list_pins(session& s, const frame_view& frame) {
  answer_error(s, frame.header.correlation, errc::unsupported);
}

void gateway::on_list_join_requests(session& s, const frame_view& frame) {
  answer_error(s, frame.header.correlation, errc::unsupported);
}

}  // namespace conclave::actors
