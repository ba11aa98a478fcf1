/// Tickets and error frames; see reply.h.
#include "actors/reply.h"

#include "schemas/codec.h"
#include "schemas/session_messages.h"

namespace conclave::actors {

namespace {
/// What went wrong inside the node is for its log: the asker learns neither paths nor rows.
bool stays_inside(errc code) {
  return code == errc::corrupt || code == errc::io_error || code == errc::refused;
}
}  // namespace

std::string error_frame(std::uint64_t correlation, errc code, std::string_view detail,
                        std::uint32_t retry_after_ms, std::string_view leader) {
  if (stays_inside(code)) {
    code = errc::internal;
    detail = {};
  }
  const error_info& info = describe(code);
  error_answer message;
  message.code = info.code;
  message.kind = info.kind;
  message.error_name = info.name;
  message.text = detail.empty() ? info.text : detail.substr(0, 1024);
  message.retry_after_ms = retry_after_ms;
  message.leader = leader;
  std::string frame;
  append_frame(frame, correlation, message);
  return frame;
}

void ticket::answer_with(std::string frame) {
  if (port_ == nullptr) return;
  std::vector<answer> answers;
  answers.push_back({to_, std::move(frame)});
  std::exchange(port_, nullptr)->post(std::move(answers));
}

void ticket::reject(errc code, std::string_view detail, std::uint32_t retry_after_ms) {
  // What the engine asks of itself has no ticket, and may be refused without a code for the wire.
  if (port_ == nullptr) return;
  answer_with(error_frame(to_.correlation, code, detail, retry_after_ms));
}

void ticket::give_up() noexcept {
  reject(errc::outcome_unknown);
}

}  // namespace conclave::actors
