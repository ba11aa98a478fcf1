/// What the nodes of a cluster say to each other, frame by frame (replication/PEERS.md). The frame
/// layer is that of clients (schemas/frame.h) with correlation 0; the types are numbers of their
/// own. Plain data; any thread. What is a string_view borrows the frame that it was read from.
#pragma once

#include "replication/digest_ledger.h"
#include "replication/message.h"
#include "replication/peer_memory.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace conclave::replication {

/// Never 0x40 and 0x82: with these net/ says goodbye (ERROR, GOAWAY), also to peers.
enum class peer_frame : std::uint8_t {
  // the mesh's own, never handed on
  link = 0x01,
  linked = 0x02,
  ping = 0x03,
  unlink = 0x04,

  // on live links
  hello = 0x10,
  refuse = 0x11,
  message = 0x12,
  status = 0x13,
  yield = 0x14,

  // on seed links
  seed_begin = 0x20,
  seed_from = 0x21,
  seed_block = 0x22,
  seed_ack = 0x23,
  seed_done = 0x24,
  seed_result = 0x25,
};

inline constexpr std::uint32_t peer_protocol = 3;

/// A live link carries everything but snapshots; each snapshot has a connection of its own, so that
/// it never delays what is live.
enum class link_kind : std::uint8_t { live = 1, seed = 2 };

/// First frame of a link, from the node that dialled.
struct peer_link {
  static constexpr peer_frame type = peer_frame::link;
  link_kind kind = link_kind::live;
};

/// The answer: this side has looked at the certificate and takes part. The link is up.
struct peer_linked {
  static constexpr peer_frame type = peer_frame::linked;
};

/// So that a silent link is a dead link.
struct peer_ping {
  static constexpr peer_frame type = peer_frame::ping;
};

/// Last frame before this side closes: why.
struct peer_unlink {
  static constexpr peer_frame type = peer_frame::unlink;
  std::string text;
};

/// One replica, as it introduces itself.
struct shard_introduction {
  shard_id shard{};
  promise promised;
  position last;  ///< durable

  friend bool operator==(const shard_introduction&, const shard_introduction&) = default;
};

/// First frame of the core on a live link, from both sides.
struct peer_hello {
  static constexpr peer_frame type = peer_frame::hello;
  std::string cluster;
  replica_id id;
  std::uint64_t boot = 0;
  std::uint64_t nonce = 0;
  std::uint32_t protocol = peer_protocol;
  std::uint16_t shard_count = 0;  ///< of the cluster
  std::string client_address;     ///< where its clients connect: "host:port"
  std::vector<shard_introduction> shards;

  friend bool operator==(const peer_hello&, const peer_hello&) = default;
};

/// "You must not take part in this shard": the receiver condemns its folder.
struct peer_refuse {
  static constexpr peer_frame type = peer_frame::refuse;
  shard_id shard{};
  distrust reason = distrust::none;
  std::string text;
  replica_id to;  ///< whose folder is meant; zero: said by a node of before

  friend bool operator==(const peer_refuse&, const peer_refuse&) = default;
};

/// `role` is the number of replication's enum role; `leads`: active, clients are served.
struct shard_status {
  shard_id shard{};
  bool leads = false;
  std::uint8_t role = 0;
  shard_epoch epoch{};
  log_index commit{};
  log_index applied{};
  time_ms last_time = 0;  ///< of the last entry applied
  log_index base{};       ///< its log begins behind this entry
  state_digest_at mark;   ///< digest of its state at its newest mark

  friend bool operator==(const shard_status&, const shard_status&) = default;
};

/// Once a second to every node: for redirects of clients and for the lag that people see.
struct peer_status {
  static constexpr peer_frame type = peer_frame::status;
  std::string client_address;
  std::vector<shard_status> shards;

  friend bool operator==(const peer_status&, const peer_status&) = default;
};

/// "You hold the newest log and mine ends before yours begins: lead." From a candidate whose claim
/// ended so; else nobody would lead, since all have promised to it.
struct peer_yield {
  static constexpr peer_frame type = peer_frame::yield;
  shard_id shard{};
  shard_epoch epoch{};  ///< of the claim that is over

  friend bool operator==(const peer_yield&, const peer_yield&) = default;
};

/// From whoever holds the snapshot, first frame of a seed link.
struct seed_begin {
  static constexpr peer_frame type = peer_frame::seed_begin;
  shard_id shard{};
  std::uint64_t session = 0;
  position base;  ///< what the snapshot is the state of
  time_ms applied_time = 0;
  std::string config;  ///< encode(shard_config) in force there, may be empty
  std::string plan;    ///< and planned there, may be empty

  friend bool operator==(const seed_begin&, const seed_begin&) = default;
};

/// The receiver's answer: where to go on, or why not at all.
struct seed_from {
  static constexpr peer_frame type = peer_frame::seed_from;
  shard_id shard{};
  std::uint64_t session = 0;
  std::string key;  ///< continue after it; empty: from the start
  bool refused = false;
  std::string text;

  friend bool operator==(const seed_from&, const seed_from&) = default;
};

/// Rows in key order. The checksum over them is written and checked by the codec.
struct seed_block {
  static constexpr peer_frame type = peer_frame::seed_block;
  using row = std::pair<std::string_view, std::string_view>;
  shard_id shard{};
  std::uint64_t session = 0;
  std::uint32_t number = 0;  ///< from 1 in every session
  std::vector<row> rows;     ///< key and value, borrowed

  friend bool operator==(const seed_block&, const seed_block&) = default;
};

/// Block `number` and all before it are written.
struct seed_ack {
  static constexpr peer_frame type = peer_frame::seed_ack;
  shard_id shard{};
  std::uint64_t session = 0;
  std::uint32_t number = 0;

  friend bool operator==(const seed_ack&, const seed_ack&) = default;
};

/// After the last block: what the receiver must have now.
struct seed_done {
  static constexpr peer_frame type = peer_frame::seed_done;
  shard_id shard{};
  std::uint64_t session = 0;
  std::string digest;  ///< hexadecimal

  friend bool operator==(const seed_done&, const seed_done&) = default;
};

struct seed_result {
  static constexpr peer_frame type = peer_frame::seed_result;
  shard_id shard{};
  std::uint64_t session = 0;
  bool ok = false;
  std::string text;

  friend bool operator==(const seed_result&, const seed_result&) = default;
};

}  // namespace conclave::replication
