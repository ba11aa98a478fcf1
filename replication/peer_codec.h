/// The peers' frames to bytes and back. Pure functions; any thread. Decoding trusts nothing: every
/// error is errc::malformed with a sentence, counts are checked against the bytes that are left,
/// and nothing is allocated for a claim. Fields are only ever appended; a reader ignores more.
/// Limit: limits::max_peer_frame_bytes per frame, which senders keep by ending batches at
/// limits::peer_batch_bytes and blocks at limits::seed_block_bytes.
#pragma once

#include "replication/peer_frames.h"
#include "schemas/frame.h"
#include "schemas/outcome.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace conclave::replication {

/// The type of a received frame; of another node's version it may be none of those named.
inline peer_frame type_of(const frame_view& frame) {
  return peer_frame(static_cast<std::uint8_t>(frame.header.type));
}

/// Appends a whole frame: any struct of replication/peer_frames.h.
template <class Frame>
void append_peer_frame(std::string& out, const Frame& frame);

/// The payload of a frame whose type is Frame::type.
template <class Frame>
outcome<Frame> decode_peer_frame(std::string_view payload);

/// Appends a MESSAGE frame. `stored` holds the stored bytes of the entries of an append or fetched
/// (stored_bytes in replication/sealing.h), one for each and in their order, and the entries in
/// `content` are not looked at: an adapter that has the bytes may leave them out. Entries beyond
/// limits::peer_batch_bytes stay away, which the core takes for loss; the first is always sent.
void append_message(std::string& out, shard_id shard, const message& content,
                    std::span<const std::string_view> stored);

/// A received message. Its entries are opened: checksum looked at, hash computed. `stored` borrows
/// the frame: the bytes of these entries, for the disk.
struct decoded_message {
  shard_id shard{};
  message content;
  std::vector<std::string_view> stored;
};
outcome<decoded_message> decode_message(std::string_view payload);

}  // namespace conclave::replication
