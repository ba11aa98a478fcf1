/// What is done to messages; see gateway.h.
#include "actors/gateway.h"

namespace conclave::actors {

void gateway::on_edit(session& s, const frame_view& frame) {
  answer_error(s, frame.header.correlation, errc::unsupported);
}

void gateway::on_recall(session& s, const frame_view& frame) {
  answer_error(s, frame.header.correlation, errc::unsupported);
}

void gateway::on_react(session& s, const frame_view& frame) {
  answer_error(s, frame.header.correlation, errc::unsupported);
}

void gateway::on_pin(session& s, const frame_view& frame) {
  answer_error(s, frame.header.correlation, errc::unsupported);
}

void gateway::on_forward(session& s, const frame_view& frame) {
  answer_error(s, frame.header.correlation, errc::unsupported);
}

void gateway::on_mark_read(session& s, const frame_view& frame) {
  answer_error(s, frame.header.correlation, errc::unsupported);
}

void gateway::on_open(session& s, const frame_view& frame) {
  answer_error(s, frame.header.correlation, errc::unsupported);
}

}  // namespace conclave::actors
