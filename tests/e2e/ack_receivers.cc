/// See ack_receivers.h.
#include "tests/e2e/ack_receivers.h"

#include <stdexcept>

namespace conclave::ackcheck {

ack_receiver::ack_receiver(client::session_options options) {
  options.start = client::start_at::beginning;
  client::session_events events;
  events.on_event = [this](conversation_id c, const event_view& event) {
    const stored_event as_stored = stored_from(event);
    const heard_event heard{event.seq.value, fingerprint_of(as_stored), identity_of(as_stored)};
    const std::lock_guard lock(mutex_);
    streams_[c.value].push_back(heard);
  };
  auto connected = client::session::connect(options, std::move(events));
  if (!connected) throw std::runtime_error("a receiver cannot log in: " + connected.error().detail);
  session_ = std::move(*connected);
}

std::uint64_t ack_receiver::reached(std::uint64_t conversation) {
  const std::lock_guard lock(mutex_);
  const auto& stream = streams_[conversation];
  return stream.empty() ? 0 : stream.back().seq;
}

std::vector<heard_event> ack_receiver::stream(std::uint64_t conversation) {
  const std::lock_guard lock(mutex_);
  return streams_[conversation];
}

stored_event stored_from(const event_view& event) {
  stored_event stored{event.seq.value,
                      event.kind == event_kind::text,
                      device_of(event.sender.value, event.device.value),
                      event.client_seq,
                      event.time,
                      std::string(event.body),
                      static_cast<std::uint64_t>(event.kind),
                      event.flags,
                      event.target.value,
                      event.expires,
                      {}};
  if (event.kind != event_kind::gone) return stored;
  if (const auto body = decode_body<gone_body>(event.body))
    for (const event_seq seq : body->seqs) stored.told_gone.push_back(seq.value);
  return stored;
}

std::vector<stored_event> read_history(client::session& s, conversation_id conversation) {
  std::vector<stored_event> all;
  event_seq from{1};
  while (from) {
    const auto page = s.history(conversation, from, history_direction::forward, 1000);
    if (!page) throw std::runtime_error("a history page cannot be read: " + page.error().detail);
    for (const event_view& event : page->events) all.push_back(stored_from(event));
    from = page->next;
  }
  return all;
}

}  // namespace conclave::ackcheck
