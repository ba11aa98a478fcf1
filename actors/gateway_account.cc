/// Passwords and devices; see gateway.h.
#include "actors/gateway.h"

namespace conclave::actors {

void gateway::on_login_password(session& s, const frame_view& frame) {
  answer_error(s, frame.header.correlation, errc::unsupported);
}

void gateway::on_renew_token(session& s, const frame_view& frame) {
  answer_error(s, frame.header.correlation, errc::unsupported);
}

void gateway::on_logout(session& s, const frame_view& frame) {
  answer_error(s, frame.header.correlation, errc::unsupported);
}

void gateway::on_list_devices(session& s, const frame_view& frame) {
  answer_error(s, frame.header.correlation, errc::unsupported);
}

void gateway::on_end_device(session& s, const frame_view& frame) {
  answer_error(s, frame.header.correlation, errc::unsupported);
}

void gateway::on_change_password(session& s, const frame_view& frame) {
  answer_error(s, frame.header.correlation, errc::unsupported);
}

void gateway::on_set_password(session& s, const frame_view& frame) {
  answer_error(s, frame.header.correlation, errc::unsupported);
}

void gateway::on_set_policy(session& s, const frame_view& frame) {
  answer_error(s, frame.header.correlation, errc::unsupported);
}

void gateway::on_get_policy(session& s, const frame_view& frame) {
  answer_error(s, frame.header.correlation, errc::unsupported);
}

}  // namespace conclave::actors
