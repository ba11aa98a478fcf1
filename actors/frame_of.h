/// A message as the frame that answers a request, for answers made off the loop's thread. Pure.
#pragma once

#include "schemas/codec.h"

#include <cstdint>
#include <string>

namespace conclave::actors {

template <class Message>
std::string frame_of(std::uint64_t correlation, const Message& message) {
  std::string frame;
  append_frame(frame, correlation, message);
  return frame;
}

}  // namespace conclave::actors
