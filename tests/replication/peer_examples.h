/// One of each frame between nodes, with no field at its default. For the tests of codec and mesh.
#pragma once

#include "replication/peer_codec.h"
#include "replication/sealing.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace conclave::replication {

inline hash16 example_hash(std::uint8_t first) {
  hash16 h;
  for (std::size_t i = 0; i < h.size(); ++i) h[i] = static_cast<std::uint8_t>(first + i);
  return h;
}

inline constexpr shard_id example_shard{300};
inline constexpr std::uint64_t large = 0xfedcba9876543210u;

inline position example_position() {
  return {make_epoch(70'000, node_id(2)), log_index(1'234'567), example_hash(0x80)};
}
inline promise example_promise() {
  return {make_epoch(70'001, node_id(3)), 9};
}

inline peer_hello example_hello() {
  return {"berlin",
          {node_id(2), large},
          17,
          large,
          peer_protocol,
          8,
          "chat.example:7443",
          {{example_shard, example_promise(), example_position()},
           {shard_id(1), {}, {shard_epoch(1), log_index(2), example_hash(3)}}}};
}
inline peer_status example_status() {
  return {"chat.example:7443",
          {{example_shard,
            true,
            3,
            shard_epoch(7),
            log_index(90),
            log_index(89),
            1'700'000'000'000,
            log_index(12),
            {log_index(88), "0123456789abcdef"}},
           {shard_id(1), false, 0, shard_epoch(5), log_index(4), log_index(3), 2, {}, {}}}};
}
inline peer_yield example_yield() {
  return {example_shard, make_epoch(7, node_id(2))};
}
inline peer_refuse example_refuse() {
  return {example_shard, distrust::copied, "the same boot twice", {node_id(2), 5}};
}
inline seed_begin example_begin() {
  return {example_shard,           large, example_position(), 1'700'000'000'000,
          std::string("c\0nf", 4), "plan"};
}
inline seed_from example_from() {
  return {example_shard, large, std::string("k\0y", 3), true, "the disk is full"};
}
inline seed_block example_block() {
  return {example_shard, large, 70'000, {{"key", "value"}, {"other", ""}, {"", "x"}}};
}
inline seed_ack example_ack() {
  return {example_shard, large, 70'000};
}
inline seed_done example_done() {
  return {example_shard, large, "0123456789abcdef"};
}
inline seed_result example_result() {
  return {example_shard, large, true, "all rows are here"};
}

inline entry example_entry(log_kind kind, log_index index) {
  entry e;
  e.kind = kind;
  e.epoch = make_epoch(70'000, node_id(2));
  e.index = index;
  e.time = 1'700'000'000'000;
  e.prev_hash = example_hash(static_cast<std::uint8_t>(index.value));
  if (kind == log_kind::operations) e.redo = std::make_shared<const std::string>(200, 'r');
  if (kind == log_kind::config) {
    shard_config config;
    config.version = 4;
    config.voters = {{{node_id(1), 11}, 1}, {{node_id(2), 12}, 2}};
    config.rule = {2, 1};
    config.lineage = 3;
    e.config = std::make_shared<const shard_config>(config);
  }
  e.hash = name_of(e.prev_hash, stored_bytes(example_shard, e));
  return e;
}

inline std::vector<entry> example_entries() {
  return {example_entry(log_kind::operations, log_index(7)),
          example_entry(log_kind::config, log_index(8)),
          example_entry(log_kind::noop, log_index(9))};
}

inline message example_message(message_body body) {
  return {{node_id(1), large}, {node_id(2), 12}, make_epoch(70'000, node_id(1)), 4, 3,
          std::move(body)};
}

/// A message of every kind.
inline std::vector<message> example_messages() {
  const link prev{log_index(6), example_hash(0x40)};
  std::vector<message> all;
  all.push_back(example_message(append{prev, example_entries(), log_index(5), true}));
  all.push_back(example_message(append{prev, {}, log_index(5), false}));
  all.push_back(example_message(ack{log_index(300)}));
  all.push_back(example_message(nack{refusal::diverged, log_index(301), example_promise()}));
  all.push_back(example_message(fence{}));
  all.push_back(example_message(promised{example_position(), log_index(5), log_index(2), 9}));
  all.push_back(example_message(rejected{example_promise()}));
  all.push_back(example_message(fetch{log_index(77)}));
  all.push_back(example_message(fetched{prev, example_entries(), true}));
  all.push_back(example_message(removed{}));
  return all;
}

inline const std::vector<entry>* entries_of(const message& m) {
  if (const auto* a = std::get_if<append>(&m.body)) return &a->entries;
  if (const auto* f = std::get_if<fetched>(&m.body)) return &f->entries;
  return nullptr;
}

/// The frame of a message, its entries stored first.
inline std::string frame_of(const message& m) {
  std::vector<std::string> stored;
  if (const auto* entries = entries_of(m)) {
    for (const entry& e : *entries) stored.push_back(stored_bytes(example_shard, e));
  }
  const std::vector<std::string_view> views(stored.begin(), stored.end());
  std::string out;
  append_message(out, example_shard, m, views);
  return out;
}

}  // namespace conclave::replication
