/// The definitions behind codec.h, to be instantiated once per message in codec_*.cc: they are
/// split by group so that no unit takes long to build. Internal to schemas/*.cc.
#pragma once

#include "schemas/codec.h"
#include "schemas/field_codec.h"
#include "schemas/frame.h"

namespace conclave {

template <class Message>
void append_frame(std::string& out, std::uint64_t correlation, const Message& message) {
  const auto frame = open_frame(out, Message::type, correlation);
  wire::field_writer(out).write_record(message);
  close_frame(out, frame);
}

template <class Message>
outcome<Message> decode(std::string_view payload) {
  Message message;
  wire::problem problem;
  wire::read_whole(payload, message, problem);
  if (!problem.none()) return to_failure(problem);
  return message;
}

}  // namespace conclave

#define CONCLAVE_CODEC_OF(message)                                                  \
  template void append_frame<message>(std::string&, std::uint64_t, const message&); \
  template outcome<message> decode<message>(std::string_view)
