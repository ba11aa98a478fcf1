/// See ack_judge.h.
#include "tests/e2e/ack_judge.h"

#include <cstddef>
#include <functional>
#include <utility>

namespace conclave::ackcheck {

namespace {

constexpr std::size_t most_details = 30;

using device_key = std::pair<std::uint64_t, std::uint64_t>;  // device, client_seq

std::string place(std::uint64_t conversation, std::uint64_t device, std::uint64_t client_seq) {
  return "conversation " + std::to_string(conversation) + " device " + std::to_string(device) +
         " client_seq " + std::to_string(client_seq);
}

class judging {
 public:
  verdict result;

  /// By device and client_seq: where it is stored.
  std::map<device_key, const stored_event*> look_at_history(const conversation_facts& facts) {
    std::map<device_key, const stored_event*> found;
    std::map<std::uint64_t, std::uint64_t> highest;  // by device: last undisturbed client_seq
    std::uint64_t expected = 0;
    for (const stored_event& event : facts.history) {
      if (event.seq != ++expected) {
        count(result.gaps, "conversation " + std::to_string(facts.id) + " has seq " +
                               std::to_string(event.seq) + " in the place of " +
                               std::to_string(expected));
        expected = event.seq;
      }
      if (!event.text && !is_change(event)) continue;
      const std::string at = place(facts.id, event.device, event.client_seq);
      if (!found.emplace(device_key{event.device, event.client_seq}, &event).second)
        count(result.duplicated, at + " is stored twice");
      const auto sent = facts.sent.find(event.device);
      if (sent == facts.sent.end() || event.client_seq == 0 ||
          event.client_seq > sent->second.highest_client_seq) {
        count(result.phantoms, at + " was never sent");
        continue;
      }
      if (sent->second.rejected.contains(event.client_seq))
        count(result.phantoms, at + " was rejected and is stored");
      if (kind_sent(sent->second, event.client_seq) != kind_stored(event))
        count(result.phantoms, at + " is stored as something else than what was sent");
      const bool says = event.text || event.kind == kind_edited;
      if (says && !event.rewritten() &&
          event.body != body_of(facts.id, event.device, event.client_seq))
        count(result.phantoms, at + " has another body than the one that was sent");
      // The order is promised for what is said.
      if (!event.text || sent->second.disturbed.contains(event.client_seq)) continue;
      std::uint64_t& last = highest[event.device];
      if (event.client_seq < last)
        count(result.reordered, at + " comes after " + std::to_string(last));
      last = std::max(last, event.client_seq);
    }
    return found;
  }

  void look_at_stream(const conversation_facts& facts, const std::vector<heard_event>& stream) {
    if (stream.empty()) return count(result.bad_streams, "a receiver heard nothing");
    std::size_t index = stream.front().seq - 1;
    for (const heard_event& heard : stream) {
      const std::string what = "a receiver of conversation " + std::to_string(facts.id);
      if (index >= facts.history.size())
        return count(result.bad_streams, what + " heard more than is stored");
      const stored_event& stored = facts.history[index++];
      if (heard.seq != stored.seq)
        return count(result.bad_streams, what + " heard seq " + std::to_string(heard.seq) +
                                             " in the place of " + std::to_string(stored.seq));
      // What has been rewritten since was heard as it was then.
      const bool same = stored.rewritten() ? heard.identity == identity_of(stored)
                                           : heard.fingerprint == fingerprint_of(stored);
      if (!same)
        return count(result.bad_streams,
                     what + " heard another event at seq " + std::to_string(heard.seq));
    }
    if (index != facts.history.size())
      count(result.bad_streams, "a receiver stopped at seq " + std::to_string(index) + " of " +
                                    std::to_string(facts.history.size()));
  }

  void count(std::uint64_t& counter, std::string sentence) {
    ++counter;
    if (result.details.size() < most_details) result.details.push_back(std::move(sentence));
  }

 private:
  static bool is_change(const stored_event& event) {
    return event.kind == kind_edited || event.kind == kind_recalled || event.kind == kind_reaction;
  }
  /// Expiring texts are texts.
  static std::uint64_t kind_sent(const sent_range& sent, std::uint64_t client_seq) {
    const auto at = sent.changes.find(client_seq);
    if (at == sent.changes.end()) return kind_text;
    switch (at->second.what) {
      case change::kind::edit:
        return kind_edited;
      case change::kind::recall:
        return kind_recalled;
      case change::kind::react:
        return kind_reaction;
      case change::kind::expiring:
        break;
    }
    return kind_text;
  }
  static std::uint64_t kind_stored(const stored_event& event) {
    return event.text ? kind_text : event.kind;
  }
};

}  // namespace

std::string body_of(std::uint64_t conversation, std::uint64_t device, std::uint64_t client_seq) {
  std::string body = std::to_string(conversation) + '/' + std::to_string(device) + '/' +
                     std::to_string(client_seq) + ' ';
  // Mostly short, now and then long enough to fill pages and outboxes.
  const std::uint64_t size = client_seq % 97 == 0 ? 6000 : 20 + client_seq * 37 % 200;
  while (body.size() < size) body += static_cast<char>('a' + (body.size() + client_seq) % 26);
  return body;
}

namespace {

std::uint64_t mixed_with(std::uint64_t mixed, const stored_event& event) {
  for (const std::uint64_t part :
       {event.seq, event.device, event.client_seq, event.time, event.target, event.expires})
    mixed = (mixed ^ part) * 0x9E3779B97F4A7C15ull;
  return mixed;
}

}  // namespace

std::uint64_t fingerprint_of(const stored_event& event) {
  return mixed_with(std::hash<std::string>{}(event.body), event);
}

std::uint64_t identity_of(const stored_event& event) {
  return mixed_with(0, event);
}

void count(verdict& result, std::uint64_t verdict::*word, std::string sentence) {
  ++(result.*word);
  if (result.details.size() < most_details) result.details.push_back(std::move(sentence));
}

verdict judge(const std::vector<acknowledgement>& acknowledged,
              const std::vector<conversation_facts>& conversations) {
  judging j;
  std::map<std::uint64_t, std::map<device_key, const stored_event*>> stored;
  for (const conversation_facts& facts : conversations) {
    stored[facts.id] = j.look_at_history(facts);
    for (const auto& stream : facts.streams) j.look_at_stream(facts, stream);
    judge_changes(facts, j.result);
  }
  std::set<std::pair<std::uint64_t, device_key>> seen;
  for (const acknowledgement& ack : acknowledged) {
    const device_key key{ack.device, ack.client_seq};
    const bool first = seen.emplace(ack.conversation, key).second;
    if (first) ++j.result.acked;
    const std::string at = place(ack.conversation, ack.device, ack.client_seq);
    const auto& events = stored[ack.conversation];
    const auto event = events.find(key);
    if (event == events.end()) {
      if (first) j.count(j.result.lost, at + " was acknowledged and is gone");
    } else if (event->second->seq != ack.seq || event->second->time != ack.time) {
      j.count(j.result.wrong_seq, at + " was acknowledged as seq " + std::to_string(ack.seq) +
                                      " and is stored as " + std::to_string(event->second->seq));
    }
  }
  return std::move(j.result);
}

std::string to_line(const verdict& v) {
  return "LOST=" + std::to_string(v.lost) + " DUP=" + std::to_string(v.duplicated) +
         " REORDER=" + std::to_string(v.reordered) + " WRONG_SEQ=" + std::to_string(v.wrong_seq) +
         " GAP=" + std::to_string(v.gaps) + " PHANTOM=" + std::to_string(v.phantoms) +
         " STREAM=" + std::to_string(v.bad_streams) + " EDIT_LOST=" + std::to_string(v.edits_lost) +
         " RECALLED_BODY=" + std::to_string(v.recalled_bodies) +
         " EARLY=" + std::to_string(v.early) + " LATE=" + std::to_string(v.late) +
         " LEAK=" + std::to_string(v.leaked) + " INBOX=" + std::to_string(v.bad_inboxes) +
         " acked=" + std::to_string(v.acked);
}

}  // namespace conclave::ackcheck
