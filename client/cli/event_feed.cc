/// The queue and its eventfd.
#include "client/cli/event_feed.h"

#include "schemas/check.h"

#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

namespace conclave::client::cli {

event_feed::event_feed(std::chrono::milliseconds patience)
    : patience_(patience), wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  CONCLAVE_CHECK(wake_ >= 0, "an eventfd can be had");
}

event_feed::~event_feed() {
  close(wake_);
}

session_events event_feed::callbacks(bool keeps, bool inbox) {
  const auto made = [](what kind, conversation_id c = {}, user_id user = {}) {
    item i;
    i.kind = kind;
    i.conversation = c;
    i.user = user;
    return i;
  };
  session_events events;
  events.on_event = [this, made](conversation_id c, const event_view& event) {
    item i = made(what::event, c);
    append_event(i.bytes, event);
    push(std::move(i));
  };
  events.on_link = [this, made](link_state link, const failure& why) {
    item i = made(what::link);
    i.link = link;
    i.why = why;
    push(std::move(i));
  };
  if (keeps) {
    events.on_gone = [this, made](conversation_id c, const std::vector<event_seq>& seqs) {
      item i = made(what::gone, c);
      i.seqs = seqs;
      push(std::move(i));
    };
  }
  if (inbox) {
    events.on_inbox = [this, made](const inbox_entry& entry) {
      item i = made(what::inbox, entry.conversation);
      i.entry = item_of(entry);
      push(std::move(i));
    };
    events.on_inbox_lost = [this, made] { push(made(what::inbox_lost)); };
  }
  events.on_typing = [this, made](conversation_id c, user_id user, bool stopped) {
    item i = made(what::typing, c, user);
    i.on = !stopped;
    push(std::move(i));
  };
  events.on_read_by = [this, made](conversation_id c, user_id user, event_seq seq) {
    item i = made(what::read_by, c, user);
    i.seqs = {seq};
    push(std::move(i));
  };
  events.on_presence = [this, made](user_id user, bool online) {
    item i = made(what::presence, {}, user);
    i.on = online;
    push(std::move(i));
  };
  return events;
}

void event_feed::push(item i) {
  std::unique_lock lock(mutex_);
  const auto room = [this] { return items_.size() < max_waiting; };
  if (!waited_in_vain_) waited_in_vain_ = !room_.wait_for(lock, patience_, room);
  const bool first = items_.empty();
  items_.push_back(std::move(i));
  if (first) eventfd_write(wake_, 1);
}

std::vector<event_feed::item> event_feed::take() {
  std::vector<item> all;
  const std::lock_guard lock(mutex_);
  eventfd_t count = 0;
  eventfd_read(wake_, &count);
  all.swap(items_);
  waited_in_vain_ = false;
  room_.notify_all();
  return all;
}

}  // namespace conclave::client::cli
