/// The judgement of ackcheck: what was acknowledged, what is stored and what receivers heard are
/// compared, and everything that breaks a promise is counted under its name. Pure: no sockets, no
/// clock; so the judge itself is tested (ack_judge_test.cc).
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
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

/// One event of a conversation's history.
struct stored_event {
  std::uint64_t seq = 0;
  bool text = false;
  std::uint64_t device = 0;
  std::uint64_t client_seq = 0;
  std::uint64_t time = 0;
  std::string body;
};

/// What one receiver was handed in one conversation, in order.
struct heard_event {
  std::uint64_t seq = 0;
  std::uint64_t fingerprint = 0;
};

/// What one device has sent to one conversation.
struct sent_range {
  std::uint64_t highest_client_seq = 0;  ///< dense from 1
  /// Answered with an ERROR that asks for a resend: the order against others is no longer promised.
  std::set<std::uint64_t> disturbed;
};

struct conversation_facts {
  std::uint64_t id = 0;
  std::vector<stored_event> history;
  std::map<std::uint64_t, sent_range> sent;  ///< by device
  std::vector<std::vector<heard_event>> streams;
};

struct verdict {
  std::uint64_t acked = 0;           ///< different messages that were acknowledged
  std::uint64_t lost = 0;            ///< acknowledged, but not stored
  std::uint64_t duplicated = 0;      ///< stored twice
  std::uint64_t reordered = 0;       ///< a device's texts stored in another order than sent
  std::uint64_t wrong_seq = 0;       ///< an answer names another (seq, time) than the stored one
  std::uint64_t gaps = 0;            ///< stored seqs are not 1, 2, 3 …
  std::uint64_t phantoms = 0;        ///< stored, but never sent, or with another body
  std::uint64_t bad_streams = 0;     ///< a receiver heard something else than what is stored
  std::vector<std::string> details;  ///< a sentence for each of the first few

  std::uint64_t violations() const {
    return lost + duplicated + reordered + wrong_seq + gaps + phantoms + bad_streams;
  }
};

/// The body that a device sends under a client_seq: everybody can compute it, so it needs no log.
std::string body_of(std::uint64_t conversation, std::uint64_t device, std::uint64_t client_seq);

std::uint64_t fingerprint_of(const stored_event& event);

verdict judge(const std::vector<acknowledgement>& acknowledged,
              const std::vector<conversation_facts>& conversations);

/// "LOST=0 DUP=0 …".
std::string to_line(const verdict& v);

}  // namespace conclave::ackcheck
