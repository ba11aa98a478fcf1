/// Every decode<M>. Input: the frame's type, then a payload. What is accepted must be within its
/// bounds (encoding checks them) and must come back the same.
#include "schemas/codec.h"
#include "schemas/message_list.h"
#include "tests/fuzz/fuzz_check.h"

namespace {

using namespace conclave;

template <class Message>
void try_message(std::string_view payload) {
  const auto decoded = decode<Message>(payload);
  if (!decoded.ok()) {
    const auto code = decoded.error().code;
    fuzz::expect(code == errc::malformed || code == errc::invalid_argument, "the promised codes");
    fuzz::expect(!decoded.error().detail.empty(), "a detail for people");
    return;
  }
  std::string frame;
  append_frame(frame, 1, *decoded);
  fuzz::expect(frame.size() <= payload.size() + frame_header_size, "minimal forms");
  const auto again = decode<Message>(std::string_view(frame).substr(frame_header_size));
  fuzz::expect(again.ok(), "what was encoded is decoded");
  std::string same;
  append_frame(same, 1, *again);
  fuzz::expect(same == frame, "encoding is stable");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto payload = fuzz::view_of(data + 1, size - 1);
  all_messages::for_each([&]<class Message>(Message) {
    if (static_cast<std::uint8_t>(Message::type) == data[0]) try_message<Message>(payload);
  });
  return 0;
}
