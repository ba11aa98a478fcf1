/// See view_device.h.
#include "tests/e2e/view_device.h"

#include "tests/support/waiting.h"

#include <algorithm>

namespace conclave::viewcheck {

shown_view taken_apart(const std::string& dump) {
  shown_view view;
  std::string* part = &view.about;
  for (std::size_t at = 0; at < dump.size();) {
    const std::size_t end = std::min(dump.find('\n', at), dump.size() - 1) + 1;
    const std::string line = dump.substr(at, end - at);
    if (line.starts_with("message ")) part = &view.messages[std::stoull(line.substr(8))];
    *part += line;
    at = end;
  }
  return view;
}

node_event node_event_of(const event_view& event) {
  node_event told;
  told.seq = event.seq.value;
  told.time = event.time;
  if (const auto body = decode_body<gone_body>(event.body)) {
    told.burned = body->why == gone_reason::burned;
    for (const event_seq seq : body->seqs) told.targets.push_back(seq.value);
  }
  return told;
}

std::optional<operation> let_in_of(number conversation, const event_view& event) {
  if (event.kind != event_kind::members_added || event.client_seq != 0) return std::nullopt;
  operation op;
  op.what = act::let_in;
  op.conversation = conversation;
  op.user = event.sender.value;
  op.seq = event.seq.value;
  op.time = event.time;
  if (const auto body = decode_body<members_body>(event.body))
    for (const user_id user : body->users) op.users.push_back(user.value);
  return op;
}

view_device::view_device(client::session_options options, number user, std::string name,
                         ledger& book)
    : options_(std::move(options)), user_(user), name_(std::move(name)), book_(book) {
  options_.start = client::start_at::beginning;
  options_.request_timeout = std::chrono::minutes(2);
}

view_device::~view_device() {
  session_.reset();
}

bool view_device::connect(memory with, std::chrono::milliseconds deadline) {
  {
    const std::lock_guard lock(mutex_);
    if (with == memory::none) views_.clear();  // what is gone stays a fact
  }
  options_.state = with == memory::whole   ? state_
                   : with == memory::older ? older_
                                           : client::session_state{};
  return test::wait_until(
      [&] {
        client::session_events events;
        events.on_event = [this](conversation_id c, const event_view& e) { take(c.value, e); };
        events.on_gone = [this](conversation_id c, const std::vector<event_seq>& seqs) {
          const std::lock_guard lock(mutex_);
          views_[c.value].on_gone(seqs);
          for (const event_seq seq : seqs) gone_[c.value].insert(seq.value);
        };
        auto made = client::session::connect(options_, std::move(events));
        if (made) session_ = std::move(*made);
        return made.ok();
      },
      deadline);
}

void view_device::disconnect() {
  if (session_ == nullptr) return;
  state_ = session_->export_state();
  session_.reset();
}

void view_device::remember() {
  older_ = session_->export_state();
}

void view_device::take(number conversation, const event_view& event) {
  if (event.kind == event_kind::gone) book_.told_gone(conversation, node_event_of(event));
  if (const auto came = let_in_of(conversation, event)) book_.told_let_in(*came);
  look_at(conversation, event);
  const std::lock_guard lock(mutex_);
  views_[conversation].apply(event);
  std::set<number>& gone = gone_[conversation];
  if (event.kind == event_kind::recalled) gone.insert(event.target.value);
  if (event.kind == event_kind::gone)
    for (const number seq : node_event_of(event).targets) gone.insert(seq);
  number& time = time_[conversation];
  time = std::max(time, event.time);
}

void view_device::look_at(number conversation, const event_view& event) {
  const bool edit = event.kind == event_kind::edited;
  if (event.body.empty() || (!is_message(event.kind) && !edit)) return;
  const std::lock_guard lock(mutex_);
  const number about = edit ? event.target.value : event.seq.value;
  const char* why = nullptr;
  if (event.is_gone()) why = "is flagged as gone";
  if (gone_[conversation].contains(about)) why = "was told to be gone";
  if (event.expires != 0 && event.expires <= time_[conversation]) why = "is over by shard time";
  if ((event.flags & event_flags::burning) != 0) why = "is burning";
  if (why != nullptr)
    resurrected_.push_back(name_ + " was handed a body of conversation " +
                           std::to_string(conversation) + " seq " +
                           std::to_string(event.seq.value) + " about message " +
                           std::to_string(about) + ", which " + why);
}

void view_device::resurrect(number conversation, number seq, std::string_view why) {
  const std::lock_guard lock(mutex_);
  resurrected_.push_back(name_ + " read the body of conversation " + std::to_string(conversation) +
                         " seq " + std::to_string(seq) + ", which " + std::string(why));
}

number view_device::last(number conversation) const {
  const std::lock_guard lock(mutex_);
  const auto at = views_.find(conversation);
  return at == views_.end() ? 0 : at->second.last().value;
}

shown_view view_device::shown(number conversation, time_ms now) {
  const std::lock_guard lock(mutex_);
  const auto at = views_.find(conversation);
  if (at == views_.end()) return {};
  at->second.expire(now);
  return taken_apart(at->second.dump());
}

std::vector<std::string> view_device::resurrected() const {
  const std::lock_guard lock(mutex_);
  return resurrected_;
}

}  // namespace conclave::viewcheck
