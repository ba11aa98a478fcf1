/// Roles, settings, joining, notices; see gateway.h.
#include "actors/gateway.h"

namespace conclave::actors {

void gateway::on_set_role(session& s, const frame_view& frame) {
  answer_error(s, frame.header.correlation, errc::unsupported);
}

void gateway::on_mute_member(session& s, const frame_view& frame) {
  answer_error(s, frame.header.correlation, errc::unsupported);
}

void gateway::on_change_settings(session& s, const frame_view& frame) {
  answer_error(s, frame.header.correlation, errc::unsupported);
}

void gateway::on_dissolve(session& s, const frame_view& frame) {
  answer_error(s, frame.header.correlation, errc::unsupported);
}

void gateway::on_new_join_code(session& s, const frame_view& frame) {
  answer_error(s, frame.header.correlation, errc::unsupported);
}

void gateway::on_join(session& s, const frame_view& frame) {
  answer_error(s, frame.header.correlation, errc::unsupported);
}

void gateway::on_answer_join(session& s, const frame_view& frame) {
  answer_error(s, frame.header.correlation, errc::unsupported);
}

void gateway::on_send_notice(session& s, const frame_view& frame) {
  answer_error(s, frame.header.correlation, errc::unsupported);
}

}  // namespace conclave::actors
