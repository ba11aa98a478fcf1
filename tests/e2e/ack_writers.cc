/// See ack_writers.h.
#include "tests/e2e/ack_writers.h"

#include "client/protocol.h"
#include "schemas/event_messages.h"
#include "tests/support/text_request.h"
#include "tests/support/waiting.h"

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace conclave::ackcheck {

namespace {

constexpr std::chrono::milliseconds tick_every{100};
constexpr std::size_t most_refused = 20;
constexpr std::uint64_t most_ahead = 200;
/// Own texts of a group that are kept in mind to be changed: the newest ones, and some for long.
constexpr std::size_t most_texts = 200;

}  // namespace

ack_writers::ack_writers(options o)
    : options_(std::move(o)),
      file_(std::fopen(options_.ack_file.c_str(), "ae")),
      allowed_at_(std::chrono::steady_clock::now()),
      random_(options_.seed),
      reactor_(*this) {
  if (file_ == nullptr) throw std::runtime_error("cannot write " + options_.ack_file);
  for (const std::string& token : options_.tokens) {
    writer& w = writers_.emplace_back();
    w.token = token;
    for (const conversation_id group : options_.groups) w.lanes.push_back({group, 1, {}, {}, {}});
  }
  reactor_.post([this] {
    for (std::size_t i = 0; i < writers_.size(); ++i) connect(i);
    tick();
  });
  thread_ = std::thread([this] { reactor_.run(); });
}

ack_writers::~ack_writers() {
  stop();
  std::fclose(file_);
}

void ack_writers::stop() {
  if (!thread_.joinable()) return;
  reactor_.post([this] { stopping_ = true; });
  reactor_.stop();
  thread_.join();
  std::fflush(file_);
}

bool ack_writers::settle(std::chrono::milliseconds deadline) {
  set_rate(0);
  return test::wait_until([this] { return open_ == 0; }, deadline);
}

std::vector<std::string> ack_writers::refused() {
  const std::lock_guard lock(refused_mutex_);
  return refused_;
}

std::map<std::uint64_t, std::map<std::uint64_t, sent_range>> ack_writers::sent() const {
  std::map<std::uint64_t, std::map<std::uint64_t, sent_range>> all;
  for (const writer& w : writers_)
    for (const lane& l : w.lanes) all[l.group.value][w.device] = l.sent;
  return all;
}

// -- connections
// -----------------------------------------------------------------------------------

void ack_writers::connect(std::size_t index) {
  if (stopping_) return;
  writer& w = writers_[index];
  w.link = reactor_.open(options_.servers[w.server], options_.tls, w.token, index);
}

void ack_writers::on_ready(client::session_ref s, const logged_in& who, const welcome&) {
  writer& w = writers_[s.context];
  w.ready = true;
  w.device = device_of(who.user.value, who.device.value);
  ++logins_;
  // The first order again, on the new connection.
  for (std::size_t i = 0; i < w.lanes.size(); ++i) {
    for (auto& [client_seq, again] : w.lanes[i].open) {
      if (options_.crashes) w.lanes[i].sent.disturbed.insert(client_seq);
      again = false;
      ++resent_;
      transmit(w, i, client_seq);
    }
  }
}

void ack_writers::on_closed(client::session_ref s, const client::end_of_session&) {
  writer& w = writers_[s.context];
  w.ready = false;
  w.asked.clear();
  w.server = (w.server + 1) % options_.servers.size();
  reactor_.after(tick_every, [this, index = s.context] { connect(index); });
}

// -- sending
// ---------------------------------------------------------------------------------------

void ack_writers::tick() {
  for (writer& w : writers_) {
    if (!w.ready) continue;
    for (std::size_t i = 0; i < w.lanes.size(); ++i) {
      for (auto& [client_seq, again] : w.lanes[i].open) {
        if (!std::exchange(again, false)) continue;
        ++resent_;
        transmit(w, i, client_seq);
      }
    }
  }
  reactor_.after(tick_every, [this] { tick(); });
}

bool ack_writers::resting(std::size_t lane_index) const {
  if (!options_.idle_gaps) return false;
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
  return (static_cast<std::uint64_t>(now.count()) / 700 + lane_index) % 3 != 0;
}

void ack_writers::pump(writer& w) {
  for (std::size_t i = 0; i < w.lanes.size(); ++i) {
    lane& l = w.lanes[i];
    if (resting(i)) continue;
    // The node remembers the last 256 accepted numbers: the oldest unanswered must stay among them.
    const auto in_reach = [&] {
      return l.open.empty() || l.next - l.open.begin()->first < most_ahead;
    };
    while (l.open.size() < options_.window && in_reach() && allowance_ >= 1) {
      allowance_ -= 1;
      const std::uint64_t client_seq = l.next++;
      l.sent.highest_client_seq = client_seq;
      l.open.emplace(client_seq, false);
      ++open_;
      plan(l, client_seq);
      transmit(w, i, client_seq);
    }
  }
}

/// Decided once: a resend is the same frame.
void ack_writers::plan(lane& l, std::uint64_t client_seq) {
  if (!options_.changes) return;
  if (client_seq % 23 == 19) {
    l.sent.changes[client_seq] = {change::kind::expiring, 0, 200 + client_seq * 37 % 1500};
    return;
  }
  const bool recalls = client_seq % 23 == 13;
  const bool edits = client_seq % 23 == 7;
  const bool reacts = client_seq % 23 == 17;
  if (l.texts.empty() || !(recalls || edits || reacts)) return;
  const std::size_t at = random_() % l.texts.size();
  l.sent.changes[client_seq] = {recalls ? change::kind::recall
                                : edits ? change::kind::edit
                                        : change::kind::react,
                                l.texts[at], 0};
  if (!recalls) return;
  l.texts[at] = l.texts.back();
  l.texts.pop_back();
}

void ack_writers::transmit(writer& w, std::size_t lane_index, std::uint64_t client_seq) {
  const lane& l = w.lanes[lane_index];
  const std::string body = body_of(l.group.value, w.device, client_seq);
  const std::uint64_t correlation = ++w.correlation;
  w.asked[correlation] = {lane_index, client_seq};
  const auto change_at = l.sent.changes.find(client_seq);
  if (change_at == l.sent.changes.end()) {
    reactor_.request(w.link, correlation, test::text_request(l.group, client_seq, body));
    return;
  }
  const change& c = change_at->second;
  switch (c.what) {
    case change::kind::expiring: {
      send message = test::text_request(l.group, client_seq, body);
      message.expires_after_ms = c.after;
      reactor_.request(w.link, correlation, message);
      return;
    }
    case change::kind::edit: {
      conclave::edit message;
      message.conversation = l.group;
      message.client_seq = client_seq;
      message.target = event_seq{c.target};
      message.body.data = body;
      reactor_.request(w.link, correlation, message);
      return;
    }
    case change::kind::recall: {
      conclave::recall message;
      message.conversation = l.group;
      message.client_seq = client_seq;
      message.target = event_seq{c.target};
      reactor_.request(w.link, correlation, message);
      return;
    }
    case change::kind::react: {
      const std::string reaction = "r" + std::to_string(client_seq);
      conclave::react message;
      message.conversation = l.group;
      message.client_seq = client_seq;
      message.target = event_seq{c.target};
      message.reaction = reaction;
      reactor_.request(w.link, correlation, message);
      return;
    }
  }
}

void ack_writers::on_iteration_end() {
  if (unflushed_ != 0) {
    std::fflush(file_);
    acked_ += std::exchange(unflushed_, 0);
  }
  if (stopping_) return;
  const std::uint64_t rate = rate_;
  const auto now = std::chrono::steady_clock::now();
  const double elapsed =
      std::chrono::duration<double>(now - std::exchange(allowed_at_, now)).count();
  if (rate == unlimited) {
    allowance_ = 1e9;
  } else {
    // A fifth of a second may be made up for, so that a slow moment does not become a burst.
    const auto per_second = static_cast<double>(rate);
    allowance_ = std::min(allowance_ + per_second * elapsed, per_second / 5);
  }
  // In another order each time, so that no writer eats the allowance of the others.
  const std::size_t first = random_() % writers_.size();
  for (std::size_t i = 0; i < writers_.size(); ++i) {
    writer& w = writers_[(first + i) % writers_.size()];
    if (w.ready) pump(w);
  }
}

// -- answers
// ---------------------------------------------------------------------------------------

void ack_writers::on_event(client::session_ref s, conversation_id conversation,
                           const event_view& event, std::string_view) {
  writer& w = writers_[s.context];
  if (device_of(event.sender.value, event.device.value) != w.device || event.client_seq == 0)
    return;
  // The event of a request that an earlier connection has sent: that is its answer.
  for (lane& l : w.lanes)
    if (l.group == conversation) log_ack(w, l, event.client_seq, event.seq, event.time);
}

void ack_writers::on_answer(client::session_ref s, std::uint64_t correlation,
                            const frame_view& answer) {
  writer& w = writers_[s.context];
  const auto asked = w.asked.find(correlation);
  if (asked == w.asked.end()) return;
  const auto [lane_index, client_seq] = asked->second;
  w.asked.erase(asked);
  lane& l = w.lanes[lane_index];
  if (answer.header.type == frame_type::ok) {
    const auto ok = decode<ok_answer>(answer.payload);
    if (ok) return log_ack(w, l, client_seq, ok->seq, ok->time);
  }
  const auto error = decode<error_answer>(answer.payload);
  const auto open = l.open.find(client_seq);
  if (open == l.open.end()) return;  // answered by its event before
  if (error && error->kind != error_class::rejected && error->code != errc::resend_expired) {
    open->second = true;
    l.sent.disturbed.insert(client_seq);
    return;
  }
  l.open.erase(open);
  --open_;
  // Its target may have gone by a request that was sent after it and came before it.
  const bool changes = l.sent.changes.contains(client_seq);
  const bool for_good = error && (error->code == errc::gone || error->code == errc::limit_reached);
  if (changes && for_good) {
    l.sent.rejected.insert(client_seq);
    return;
  }
  const std::lock_guard lock(refused_mutex_);
  if (refused_.size() < most_refused)
    refused_.push_back("client_seq " + std::to_string(client_seq) + " was refused: " +
                       (error ? std::string(error->error_name) : "an answer of another type"));
}

void ack_writers::log_ack(writer& w, lane& l, std::uint64_t client_seq, event_seq seq,
                          time_ms time) {
  std::fprintf(file_, "%llu %llu %llu %llu %llu\n", static_cast<unsigned long long>(l.group.value),
               static_cast<unsigned long long>(w.device),
               static_cast<unsigned long long>(client_seq),
               static_cast<unsigned long long>(seq.value), static_cast<unsigned long long>(time));
  if (l.open.erase(client_seq) == 0) return;  // told a second time
  --open_;
  ++unflushed_;
  if (l.sent.changes.contains(client_seq)) return;
  l.texts.push_back(seq.value);
  if (l.texts.size() > most_texts) l.texts.erase(l.texts.begin());
}

std::vector<acknowledgement> read_ack_file(const std::string& file) {
  std::ifstream in(file);
  std::vector<acknowledgement> all;
  acknowledgement ack;
  while (in >> ack.conversation >> ack.device >> ack.client_seq >> ack.seq >> ack.time)
    all.push_back(ack);
  return all;
}

}  // namespace conclave::ackcheck
