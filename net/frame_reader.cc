/// The frame reader's one pass: first the frame left over from last time, then those that lie whole
/// in the new bytes, then the next one that is cut.
#include "net/frame_reader.h"

#include "crypto/secret.h"

#include <algorithm>

namespace conclave::net {

namespace {

std::size_t size_of(const frame_header& header) {
  return frame_length_size + header.length;
}

frame_view view_of(const frame_header& header, const char* frame) {
  return {header, {frame + frame_header_size, size_of(header) - frame_header_size}};
}

/// Short strings live inside of the object: those bytes are wiped as well.
void free_memory(std::string& s) {
  crypto::wipe(s.data(), s.size());
  if (s.capacity() > std::string().capacity()) std::string().swap(s);
  s.clear();
}

}  // namespace

errc frame_reader::judge(std::string_view head) const {
  if (head.size() < frame_length_size) return errc::ok;
  char whole[frame_header_size] = {};
  std::copy_n(head.data(), std::min(head.size(), frame_header_size), whole);
  const frame_header header = read_frame_header(whole);
  if (header.length < frame_header_size - frame_length_size) return errc::malformed;
  if (header.length > max_length_) return errc::frame_too_large;
  const bool has_version = head.size() > frame_length_size;
  if (has_version && header.version != protocol_version) return errc::unsupported_version;
  return errc::ok;
}

bool frame_reader::complete_partial(std::string_view& bytes, std::vector<frame_view>& frames) {
  const auto move_up_to = [&](std::size_t wanted) {
    const std::size_t count = std::min(wanted - partial_.size(), bytes.size());
    keep(bytes.substr(0, count));
    bytes.remove_prefix(count);
  };
  if (partial_.size() < frame_header_size) move_up_to(frame_header_size);
  verdict_ = judge(partial_);
  if (verdict_ != errc::ok || partial_.size() < frame_header_size) return false;

  const frame_header header = read_frame_header(partial_.data());
  move_up_to(size_of(header));
  if (partial_.size() < size_of(header)) return false;
  finished_.swap(partial_);
  frames.push_back(view_of(header, finished_.data()));
  return true;
}

/// Grows by itself: what std::string leaves behind when it grows would keep the bytes.
void frame_reader::keep(std::string_view bytes) {
  const std::size_t wanted = partial_.size() + bytes.size();
  if (wanted > partial_.capacity()) {
    std::string larger;
    larger.reserve(std::max(wanted, 2 * partial_.capacity()));
    larger.append(partial_);
    crypto::wipe(partial_.data(), partial_.size());
    partial_.swap(larger);
  }
  partial_.append(bytes);
}

errc frame_reader::feed(std::string_view bytes, std::vector<frame_view>& frames) {
  if (verdict_ != errc::ok) return verdict_;
  release();
  if (!partial_.empty() && !complete_partial(bytes, frames)) return verdict_;

  while (bytes.size() >= frame_header_size) {
    const frame_header header = read_frame_header(bytes.data());
    if (header.length < frame_header_size - frame_length_size || header.length > max_length_ ||
        header.version != protocol_version) [[unlikely]] {
      return verdict_ = judge(bytes);
    }
    if (bytes.size() < size_of(header)) break;
    frames.push_back(view_of(header, bytes.data()));
    bytes.remove_prefix(size_of(header));
  }
  if (bytes.empty()) return errc::ok;
  verdict_ = judge(bytes);
  if (verdict_ == errc::ok) keep(bytes);
  return verdict_;
}

void frame_reader::release() {
  free_memory(finished_);
}

void wipe(const frame_view& frame) {
  // The bytes are lent for reading; they lie in a loop's read buffer or in a frame_reader, both of
  // which are written anew with the next bytes.
  crypto::wipe(const_cast<char*>(frame.payload.data()), frame.payload.size());
}

}  // namespace conclave::net
