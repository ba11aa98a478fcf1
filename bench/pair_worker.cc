/// The flow of one pair: on_ready (both) -> found -> send_one … take_ok -> send_one …, while the
/// other side goes on_event -> verify.
#include "bench/pair_worker.h"

#include "client/event_list.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

namespace conclave::bench {

namespace {

/// Correlations of SENDs are slot numbers; these two are above any window.
constexpr std::uint64_t founding_correlation = std::uint64_t{1} << 40;
constexpr std::uint64_t fetch_correlation = founding_correlation + 1;
/// Logins under way at once: a handshake costs a node about a millisecond.
constexpr std::size_t opening_at_once = 16;

std::uint64_t now_ns() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(since).count());
}

std::uint64_t wall_us() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(since).count());
}

client::reactor_options named() {
  client::reactor_options o;
  o.client_name = "conclave-bench/" CONCLAVE_VERSION;
  return o;
}

}  // namespace

pair_worker::pair_worker(pair_settings settings, std::uint64_t first_pair,
                         std::vector<std::string> tokens)
    : settings_(std::move(settings)),
      payload_(settings_.body),
      pair_count_(tokens.size() / 2),
      tokens_(std::move(tokens)),
      pairs_(pair_count_),
      reactor_(*this, named()) {
  for (std::size_t i = 0; i < pairs_.size(); ++i) {
    pairs_[i].number = first_pair + i;
    pairs_[i].slots.resize(settings_.window);
  }
}

pair_worker::~pair_worker() {
  join();
}

void pair_worker::start() {
  reactor_.post([this] {
    for (std::size_t i = 0; i < opening_at_once; ++i) open_next();
  });
  thread_ = std::thread([this] { reactor_.run(); });
}

void pair_worker::join() {
  if (!thread_.joinable()) return;
  reactor_.post([this] { reactor_.stop(); });
  thread_.join();
}

void pair_worker::open_next() {
  if (next_to_open_ >= tokens_.size()) return;
  const std::size_t index = next_to_open_++;
  const auto ref = reactor_.open(settings_.server, settings_.tls, tokens_[index], index);
  pair_state& p = pairs_[index / 2];
  (index % 2 == 0 ? p.sender : p.receiver).link = ref;
}

void pair_worker::on_ready(client::session_ref s, const logged_in& who, const welcome&) {
  pair_state& p = pair_of(s);
  party& me = is_sender(s) ? p.sender : p.receiver;
  me.user = who.user;
  me.device = who.device;
  me.ready = true;
  if (p.sender.ready && p.receiver.ready) found(p);
  open_next();
}

void pair_worker::found(pair_state& p) {
  create_conversation message;
  message.op_id = std::random_device{}() + (std::uint64_t{std::random_device{}()} << 32);
  const std::string title = "pair " + std::to_string(p.number);
  message.title = title;
  message.members = {p.receiver.user};
  reactor_.request(p.sender.link, founding_correlation, message);
}

void pair_worker::begin_sending() {
  reactor_.post([this] {
    phase_ = phase::sending;
    for (pair_state& p : pairs_) {
      p.next_client_seq = wall_us();
      for (std::uint32_t i = 0; i < settings_.window; ++i) send_one(p, i);
    }
  });
}

void pair_worker::begin_measuring() {
  reactor_.post([this] {
    measuring_ = true;
    measuring_since_ns_ = now_ns();
  });
}

void pair_worker::stop_sending() {
  reactor_.post([this] {
    measuring_ = false;
    figures_.seconds = static_cast<double>(now_ns() - measuring_since_ns_) * 1e-9;
    phase_ = phase::stopping;
    if (!pairs_.empty()) check_drained(pairs_.front());
  });
}

void pair_worker::send_one(pair_state& p, std::uint32_t index) {
  slot& at = p.slots[index];
  at.sent_ns = now_ns();
  at.open = true;
  ++p.open;
  payload_.write(body_, {p.number, p.next_number++, at.sent_ns});
  send message;
  message.conversation = p.conversation;
  message.client_seq = p.next_client_seq++;
  message.body.data = body_;
  if (!reactor_.request(p.sender.link, index + 1, message)) {
    fault("not_sent", "pair " + std::to_string(p.number));
  }
}

void pair_worker::on_answer(client::session_ref s, std::uint64_t correlation,
                            const frame_view& answer) {
  pair_state& p = pair_of(s);
  if (answer.header.type == frame_type::error) {
    const auto error = decode<error_answer>(answer.payload);
    fault("error_answer",
          error ? std::string(error->error_name) + ": " + std::string(error->text) : "unreadable");
    broken_ = true;
    return;
  }
  if (correlation == founding_correlation) {
    const auto created = decode<conversation_created>(answer.payload);
    if (!created || answer.header.type != frame_type::conversation_created) {
      return fault("wrong_answer", "to CREATE_CONVERSATION");
    }
    p.conversation = created->conversation;
    ++ready_pairs_;
  } else if (correlation == fetch_correlation) {
    take_page(p, answer);
  } else {
    take_ok(p, correlation, answer);
  }
}

void pair_worker::take_ok(pair_state& p, std::uint64_t correlation, const frame_view& answer) {
  const auto ok = decode<ok_answer>(answer.payload);
  if (!ok || answer.header.type != frame_type::ok || correlation > p.slots.size() ||
      !p.slots[correlation - 1].open) {
    return fault("wrong_answer", "to SEND");
  }
  slot& at = p.slots[correlation - 1];
  at.open = false;
  --p.open;
  // The sender is the only one who speaks here, so his OKs carry every seq in order.
  if (ok->seq.value != p.last_ack + 1) {
    fault("ack_order",
          "OK " + std::to_string(ok->seq.value) + " after " + std::to_string(p.last_ack));
  }
  p.last_ack = std::max(p.last_ack, ok->seq.value);
  if (measuring_) {
    ++figures_.acked;
    figures_.ack.record(now_ns() - at.sent_ns);
  }
  progress_.store(progress_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  if (phase_ == phase::sending) {
    send_one(p, static_cast<std::uint32_t>(correlation - 1));
  } else {
    check_drained(p);
  }
}

void pair_worker::on_event(client::session_ref s, conversation_id c, const event_view& event,
                           std::string_view bytes) {
  pair_state& p = pair_of(s);
  if (is_sender(s)) {
    // Its own events come as OKs; only the founding may come both ways.
    if (event.seq.value > 1) fault("own_event_pushed", "seq " + std::to_string(event.seq.value));
    return;
  }
  // The founding reaches the receiver before or after its answer reaches the sender.
  if (event.seq.value > 1 && c != p.conversation) {
    return fault("wrong_conversation", std::to_string(c.value));
  }
  const bool hinted = p.lagged;
  const auto ruling = p.cursor.on_event(event.seq, bytes);
  switch (ruling.what) {
    case client::conversation_cursor::verdict::deliver:
      verify(p, event, false);
      drain_kept(p);
      break;
    case client::conversation_cursor::verdict::drop:
      // After a lag a page may have brought what was pushed meanwhile.
      if (hinted) return;
      fault("duplicate", "seq " + std::to_string(event.seq.value) + " at cursor " +
                             std::to_string(p.cursor.cursor().value));
      break;
    case client::conversation_cursor::verdict::gap:
      // Pushes may only leave something out after a HEAD has said so.
      if (hinted) return fetch(p, ruling.fetch_from);
      fault("gap", "seq " + std::to_string(event.seq.value) + " at cursor " +
                       std::to_string(p.cursor.cursor().value));
      fetch(p, ruling.fetch_from);
      break;
  }
}

void pair_worker::verify(pair_state& p, const event_view& event, bool fetched) {
  if (event.seq.value == 1) {
    if (event.kind != event_kind::conversation_created) fault("content", "the founding is none");
    return;
  }
  payload::fields f;
  if (event.kind != event_kind::text || !payload_.read(event.body, f)) {
    return fault("content", "seq " + std::to_string(event.seq.value) + " is not as it was sent");
  }
  if (event.sender != p.sender.user || event.device != p.sender.device || f.sender != p.number) {
    fault("wrong_sender", "seq " + std::to_string(event.seq.value));
  }
  if (f.number != p.expected_number) {
    fault(f.number < p.expected_number ? "repeated" : "missing",
          "message " + std::to_string(f.number) + " where " + std::to_string(p.expected_number) +
              " was due");
  }
  p.expected_number = f.number + 1;
  if (measuring_) {
    ++figures_.delivered;
    if (fetched) ++figures_.fetched;
    figures_.deliver.record(now_ns() - f.sent_ns);
  }
  check_drained(p);
}

void pair_worker::drain_kept(pair_state& p) {
  while (const auto kept = p.cursor.take_ready()) {
    const auto event = decode_event(kept->bytes);
    if (event) verify(p, *event, false);
  }
}

void pair_worker::on_head(client::session_ref s, conversation_id c, event_seq head) {
  pair_state& p = pair_of(s);
  if (is_sender(s) || c != p.conversation) return;
  p.lagged = true;
  fetch(p, p.cursor.on_head(head).fetch_from);
}

void pair_worker::fetch(pair_state& p, event_seq from) {
  if (!from) return;
  history message;
  message.conversation = p.conversation;
  message.from = from;
  message.limit = 1000;
  reactor_.request(p.receiver.link, fetch_correlation, message);
}

void pair_worker::take_page(pair_state& p, const frame_view& answer) {
  const auto page = decode<history_page>(answer.payload);
  if (!page || answer.header.type != frame_type::history_page) {
    p.cursor.on_fetch_failed();
    return fault("wrong_answer", "to HISTORY");
  }
  const bool whole =
      client::for_each_event(page->events, [&](const event_view& event, std::string_view) {
        const std::uint64_t before = p.cursor.cursor().value;
        if (p.cursor.on_page_event(event.seq) != client::conversation_cursor::verdict::deliver) {
          return;
        }
        if (event.seq.value != before + 1) fault("gap", "in a history page");
        verify(p, event, true);
      });
  if (!whole) fault("content", "a history page cannot be read");
  p.cursor.on_page_end(page->next, page->head);
  drain_kept(p);
  fetch(p, p.cursor.missing().fetch_from);
  check_drained(p);
}

void pair_worker::on_closed(client::session_ref s, const client::end_of_session& end) {
  if (drained_) return;
  fault("connection_lost",
        "pair " + std::to_string(pair_of(s).number) + ": " + end.detail +
            (end.code == errc::ok ? "" : " (" + std::string(name_of(end.code)) + ")"));
  broken_ = true;
}

void pair_worker::fault(const std::string& kind, const std::string& example) {
  pair_figures::fault& f = figures_.faults[kind];
  ++f.count;
  if (f.example.empty()) f.example = example;
}

void pair_worker::check_drained(const pair_state& changed) {
  const auto quiet = [](const pair_state& p) {
    return p.open == 0 && p.cursor.cursor().value >= p.last_ack;
  };
  if (phase_ != phase::stopping || drained_ || !quiet(changed)) return;
  drained_ = std::all_of(pairs_.begin(), pairs_.end(), quiet);
}

}  // namespace conclave::bench
