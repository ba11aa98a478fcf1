/// The judgement of ackcheck: what was acknowledged, what is stored and what receivers heard are
/// compared, and everything that breaks a promise is counted under its name. Pure: no sockets, no
/// clock; so the judge itself is tested (ack_judge_test.cc).
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace conclave::ackcheck {

/// A device as one number: its id counts within its user only. Devices are meant by it everywhere
/// here.
constexpr std::uint64_t device_of(std::uint64_t user, std::uint64_t device) {
  return user * 1'000 + device;
}

/// One answer as it reached a writer, also when it came as the EVENT itself or a second time.
struct acknowledgement {
  std::uint64_t conversation = 0;
  std::uint64_t device = 0;
  std::uint64_t client_seq = 0;
  std::uint64_t seq = 0;
  std::uint64_t time = 0;
};

// Numbers of the protocol page.
inline constexpr std::uint64_t kind_text = 16;
inline constexpr std::uint64_t kind_edited = 32;
inline constexpr std::uint64_t kind_recalled = 33;
inline constexpr std::uint64_t kind_reaction = 34;
inline constexpr std::uint64_t flag_edited = 2;
inline constexpr std::uint64_t flag_recalled = 4;
inline constexpr std::uint64_t flag_expired = 8;

/// One event of a conversation's history.
struct stored_event {
  std::uint64_t seq = 0;
  bool text = false;
  std::uint64_t device = 0;
  std::uint64_t client_seq = 0;
  std::uint64_t time = 0;
  std::string body;
  std::uint64_t kind = 0;
  std::uint64_t flags = 0;
  std::uint64_t target = 0;
  std::uint64_t expires = 0;
  std::vector<std::uint64_t> told_gone;  ///< of an event of the node that tells of expired bodies

  bool gone() const { return (flags & (flag_recalled | flag_expired)) != 0; }
  /// Not any more what was pushed.
  bool rewritten() const { return gone() || (flags & flag_edited) != 0; }
};

/// What one receiver was handed in one conversation, in order.
struct heard_event {
  std::uint64_t seq = 0;
  std::uint64_t fingerprint = 0;
  std::uint64_t identity = 0;  ///< the same without what may be rewritten
};

/// What a device sends under a client_seq, where that is no plain text.
struct change {
  enum class kind : std::uint8_t { edit, recall, react, expiring } what = kind::edit;
  std::uint64_t target = 0;  ///< seq of an own text
  std::uint64_t after = 0;   ///< expiring: expires_after_ms
};

/// What one device has sent to one conversation.
struct sent_range {
  std::uint64_t highest_client_seq = 0;  ///< dense from 1
  /// Answered with an ERROR that asks for a resend, or perhaps so: the order against others is no
  /// longer promised.
  std::set<std::uint64_t> disturbed;
  std::map<std::uint64_t, change> changes;  ///< by client_seq
  /// Rejected for a good reason, such as that its target was gone: certainly not done.
  std::set<std::uint64_t> rejected;
};

struct conversation_facts {
  std::uint64_t id = 0;
  std::vector<stored_event> history;
  std::map<std::uint64_t, sent_range> sent;  ///< by device
  std::vector<std::vector<heard_event>> streams;
  /// While the node was down, from and until; it can tell nothing then.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> down;
  std::uint64_t late_ms = 1'000;  ///< the page: within a second; a crash of an actor costs more
};

struct verdict {
  std::uint64_t acked = 0;            ///< different messages that were acknowledged
  std::uint64_t lost = 0;             ///< acknowledged, but not stored
  std::uint64_t duplicated = 0;       ///< stored twice
  std::uint64_t reordered = 0;        ///< a device's texts stored in another order than sent
  std::uint64_t wrong_seq = 0;        ///< an answer names another (seq, time) than the stored one
  std::uint64_t gaps = 0;             ///< stored seqs are not 1, 2, 3 …
  std::uint64_t phantoms = 0;         ///< stored, but never sent, or with another body
  std::uint64_t bad_streams = 0;      ///< a receiver heard something else than what is stored
  std::uint64_t edits_lost = 0;       ///< a message is not what its last edit made of it
  std::uint64_t recalled_bodies = 0;  ///< a body is there that was taken back or expired
  std::uint64_t early = 0;            ///< a body expired before its time, or had none
  std::uint64_t late = 0;             ///< or more than a second after it, or never
  std::uint64_t leaked = 0;           ///< a removed member was told what came after (ack_fence.h)
  std::uint64_t bad_inboxes = 0;      ///< an inbox has gaps, or tells other memberships
  std::vector<std::string> details;   ///< a sentence for each of the first few

  std::uint64_t violations() const {
    return lost + duplicated + reordered + wrong_seq + gaps + phantoms + bad_streams + edits_lost +
           recalled_bodies + early + late + leaked + bad_inboxes;
  }
};

/// The body that a device sends under a client_seq: everybody can compute it, so it needs no log.
std::string body_of(std::uint64_t conversation, std::uint64_t device, std::uint64_t client_seq);

std::uint64_t fingerprint_of(const stored_event& event);
std::uint64_t identity_of(const stored_event& event);

/// What became of the changes of one conversation; a part of judge().
void judge_changes(const conversation_facts& facts, verdict& result);

/// Counts, and keeps the sentence when there is room.
void count(verdict& result, std::uint64_t verdict::*word, std::string sentence);

verdict judge(const std::vector<acknowledgement>& acknowledged,
              const std::vector<conversation_facts>& conversations);

/// "LOST=0 DUP=0 …".
std::string to_line(const verdict& v);

}  // namespace conclave::ackcheck
