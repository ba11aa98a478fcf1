/// Frames between nodes come back as they were, and nothing that is cut, bent or invented gets
/// through or does harm.
#include "replication/peer_codec.h"

#include "conf/limits.h"
#include "schemas/wire_writer.h"
#include "tests/replication/peer_examples.h"

#include <gtest/gtest.h>

#include <functional>

namespace conclave::replication {
namespace {

struct sample {
  std::string frame;
  std::function<errc(std::string_view)> decode;
  std::string_view payload() const { return std::string_view(frame).substr(frame_header_size); }
};

template <class Outcome>
errc code_of(const Outcome& decoded) {
  if (decoded.ok()) return errc::ok;
  EXPECT_FALSE(decoded.error().detail.empty());
  return decoded.error().code;
}

template <class Frame>
sample sample_of(const Frame& frame) {
  std::string out;
  append_peer_frame(out, frame);
  return {out, [](std::string_view p) { return code_of(decode_peer_frame<Frame>(p)); }};
}

std::vector<sample> all_samples() {
  std::vector<sample> all{sample_of(peer_link{link_kind::seed}),
                          sample_of(peer_linked{}),
                          sample_of(peer_ping{}),
                          sample_of(peer_unlink{"why"}),
                          sample_of(example_hello()),
                          sample_of(example_refuse()),
                          sample_of(example_status()),
                          sample_of(example_yield()),
                          sample_of(example_begin()),
                          sample_of(example_from()),
                          sample_of(example_block()),
                          sample_of(example_ack()),
                          sample_of(example_done()),
                          sample_of(example_result())};
  for (const message& m : example_messages()) {
    all.push_back({frame_of(m), [](std::string_view p) { return code_of(decode_message(p)); }});
  }
  return all;
}

template <class Frame>
void expect_round_trip(const Frame& frame) {
  std::string out = "before";
  append_peer_frame(out, frame);
  const std::string_view whole = std::string_view(out).substr(6);
  const frame_header header = read_frame_header(whole.data());
  EXPECT_EQ(header.length + frame_length_size, whole.size());
  EXPECT_EQ(header.correlation, 0u);
  EXPECT_EQ(type_of({header, {}}), Frame::type);
  const auto decoded = decode_peer_frame<Frame>(whole.substr(frame_header_size));
  ASSERT_TRUE(decoded.ok()) << decoded.error().detail;
  EXPECT_EQ(*decoded, frame);
}

TEST(peer_codec, frames_come_back) {
  expect_round_trip(example_hello());
  expect_round_trip(example_refuse());
  expect_round_trip(example_status());
  expect_round_trip(example_yield());
  expect_round_trip(example_begin());
  expect_round_trip(example_from());
  expect_round_trip(example_block());
  expect_round_trip(example_ack());
  expect_round_trip(example_done());
  expect_round_trip(example_result());
  const sample linking = sample_of(peer_link{link_kind::seed});
  EXPECT_EQ(decode_peer_frame<peer_link>(linking.payload())->kind, link_kind::seed);
  const sample leaving = sample_of(peer_unlink{"no room"});
  EXPECT_EQ(decode_peer_frame<peer_unlink>(leaving.payload())->text, "no room");
}

TEST(peer_codec, messages_come_back_with_their_entries_opened) {
  for (const message& m : example_messages()) {
    const std::string frame = frame_of(m);
    const auto decoded = decode_message(std::string_view(frame).substr(frame_header_size));
    ASSERT_TRUE(decoded.ok()) << decoded.error().detail;
    EXPECT_EQ(decoded->shard, example_shard);
    EXPECT_EQ(decoded->content.from, m.from);
    EXPECT_EQ(decoded->content.to, m.to);
    EXPECT_EQ(decoded->content.body.index(), m.body.index());
    std::string again;
    append_message(again, decoded->shard, decoded->content, decoded->stored);
    EXPECT_EQ(again, frame);
    const auto* const sent = entries_of(m);
    const auto* const got = entries_of(decoded->content);
    if (sent == nullptr) continue;
    ASSERT_EQ(got->size(), sent->size());
    ASSERT_EQ(decoded->stored.size(), sent->size());
    for (std::size_t i = 0; i < sent->size(); ++i) {
      EXPECT_EQ((*got)[i].place(), (*sent)[i].place());
      EXPECT_EQ(decoded->stored[i], stored_bytes(example_shard, (*sent)[i]));
      EXPECT_GE(decoded->stored[i].data(), frame.data());
    }
  }
}

TEST(peer_codec, what_is_cut_fails_cleanly_at_every_byte) {
  for (const sample& s : all_samples()) {
    EXPECT_EQ(s.decode(s.payload()), errc::ok);
    for (std::size_t size = 0; size < s.payload().size(); ++size) {
      const std::string cut(s.payload().substr(0, size));  // of its exact size
      EXPECT_EQ(s.decode(cut), errc::malformed) << "at " << size;
    }
  }
}

TEST(peer_codec, a_bent_byte_does_no_harm) {
  for (const sample& s : all_samples()) {
    for (std::size_t at = 0; at < s.payload().size(); ++at) {
      for (const int flip : {0x01, 0x40, 0xff}) {
        std::string bent(s.payload());
        bent[at] = static_cast<char>(bent[at] ^ flip);
        const errc code = s.decode(bent);
        EXPECT_TRUE(code == errc::ok || code == errc::malformed);
      }
    }
  }
}

TEST(peer_codec, bytes_behind_the_array_are_refused) {
  for (const sample& s : all_samples()) {
    EXPECT_EQ(s.decode(std::string(s.payload()) + '\0'), errc::malformed);
  }
}

TEST(peer_codec, fields_of_later_versions_are_ignored) {
  std::string payload;
  wire::append_array_header(payload, 5);
  wire::append_uint(payload, 1);
  wire::append_uint(payload, 2);
  wire::append_uint(payload, 3);
  wire::append_str(payload, "new");
  wire::append_array_header(payload, 0);
  const auto decoded = decode_peer_frame<seed_ack>(payload);
  ASSERT_TRUE(decoded.ok()) << decoded.error().detail;
  EXPECT_EQ(*decoded, (seed_ack{shard_id(1), 2, 3}));
}

TEST(peer_codec, numbers_and_codes_beyond_their_range_are_refused) {
  std::string wide;
  wire::append_array_header(wide, 3);
  wire::append_uint(wide, 65'536);  // a shard is 16 bits wide
  wire::append_uint(wide, 2);
  wire::append_uint(wide, 3);
  EXPECT_EQ(decode_peer_frame<seed_ack>(wide).error().detail,
            "a malformed SEED_ACK frame: a number is too large");
  for (const std::uint64_t kind : {0, 3, 255}) {
    std::string odd;
    wire::append_array_header(odd, 1);
    wire::append_uint(odd, kind);
    EXPECT_EQ(decode_peer_frame<peer_link>(odd).error().detail,
              "a malformed LINK frame: an unknown code");
  }
}

TEST(peer_codec, a_list_cannot_claim_more_than_its_frame_holds) {
  std::string payload;
  wire::append_array_header(payload, 2);
  wire::append_str(payload, "chat.example:7443");
  wire::append_array_header(payload, 0xffff'ffff);
  payload.append(100, '\x90');
  EXPECT_EQ(decode_peer_frame<peer_status>(payload).error().code, errc::malformed);
}

TEST(peer_codec, a_block_whose_rows_changed_on_the_way_is_refused) {
  sample s = sample_of(example_block());
  const std::size_t at = s.frame.find("value");
  s.frame[at] = 'w';
  EXPECT_EQ(decode_peer_frame<seed_block>(s.payload()).error().detail,
            "a malformed SEED_BLOCK frame: the checksum does not fit");
}

TEST(peer_codec, an_entry_of_another_shard_or_with_a_wrong_checksum_is_refused) {
  const message m = example_messages().front();
  std::string of_another = stored_bytes(shard_id(2), example_entries().front());
  std::string broken = stored_bytes(example_shard, example_entries().front());
  broken.back() = static_cast<char>(broken.back() ^ 1);
  for (const std::string& stored : {of_another, broken}) {
    const std::vector<std::string_view> views{stored};
    std::string frame;
    append_message(frame, example_shard, m, views);
    const auto decoded = decode_message(std::string_view(frame).substr(frame_header_size));
    ASSERT_FALSE(decoded.ok());
    EXPECT_EQ(decoded.error().code, errc::malformed);
  }
}

TEST(peer_codec, a_batch_ends_at_its_bound_and_holds_one_entry_at_least) {
  const std::string large_entry(limits::max_commit_bytes, 'x');
  const auto size_with = [&](std::size_t entries) {
    const std::vector<std::string_view> views(entries, large_entry);
    std::string frame;
    append_message(frame, example_shard, example_message(append{}), views);
    return frame.size();
  };
  EXPECT_GT(size_with(1), large_entry.size());
  EXPECT_EQ(size_with(10), size_with(2));
  EXPECT_LE(size_with(10), limits::max_peer_frame_bytes);
  const std::string huge(limits::peer_batch_bytes + 1, 'x');
  const std::vector<std::string_view> views(3, huge);
  std::string frame;
  append_message(frame, example_shard, example_message(append{}), views);
  EXPECT_GT(frame.size(), huge.size());
  EXPECT_LT(frame.size(), huge.size() + 1024);
}

TEST(peer_codec, long_sentences_are_cut) {
  const sample s = sample_of(peer_unlink{std::string(5'000, 'x')});
  EXPECT_EQ(decode_peer_frame<peer_unlink>(s.payload())->text.size(), 1024u);
}

}  // namespace
}  // namespace conclave::replication
