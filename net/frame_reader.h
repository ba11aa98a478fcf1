/// Bytes in, whole frames out, without trust: the first parser that a stranger's bytes meet.
///
/// One per connection, on its loop's thread, owned by the connection. Frames that lie whole in the
/// fed bytes are lent from there; only a frame cut by the end of the bytes is copied, each byte
/// once, and overwritten before its memory is given back. An idle reader owns no heap. It fails for
/// good with the first impossible header, judged as soon as its bytes are there and before anything
/// is allocated for it. Limit: `length` up to the given maximum.
#pragma once

#include "schemas/errc.h"
#include "schemas/frame.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace conclave::net {

class frame_reader {
 public:
  explicit frame_reader(std::uint32_t max_length) : max_length_(max_length) {}

  /// Counts what `length` counts; holds for every frame that is not complete yet.
  void set_max_length(std::uint32_t max_length) { max_length_ = max_length; }

  /// Appends the frames that `bytes` completes to `frames`. The views live as long as `bytes` and
  /// until the next feed() or release(). Not ok: malformed, frame_too_large or unsupported_version,
  /// now and for every later call; the frames before the bad one are still appended.
  errc feed(std::string_view bytes, std::vector<frame_view>& frames);

  /// The frames handed out were dealt with: gives their memory back.
  void release();

  /// Bytes of the incomplete frame.
  std::size_t held_bytes() const { return partial_.size(); }

 private:
  errc judge(std::string_view head) const;
  bool complete_partial(std::string_view& bytes, std::vector<frame_view>& frames);
  void keep(std::string_view bytes);

  std::uint32_t max_length_;
  errc verdict_ = errc::ok;
  std::string partial_;   // the frame that is cut
  std::string finished_;  // the frame that was cut and is lent out now
};

/// Overwrites the payload of a frame that on_frames was given, in the memory of this folder: its
/// handler has taken the password out of it. To be called before on_frames returns.
void wipe(const frame_view& frame);

}  // namespace conclave::net
