/// The queue and its eventfd.
#include "client/cli/event_feed.h"

#include "schemas/check.h"

#include <chrono>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

namespace conclave::client::cli {

event_feed::event_feed() : wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  CONCLAVE_CHECK(wake_ >= 0, "an eventfd can be had");
}

event_feed::~event_feed() {
  close(wake_);
}

session_events event_feed::callbacks() {
  session_events events;
  events.on_event = [this](conversation_id c, const event_view& event) {
    item i;
    i.conversation = c;
    append_event(i.bytes, event);
    push(std::move(i));
  };
  events.on_link = [this](link_state link, const failure& why) {
    item i;
    i.link = link;
    i.why = why;
    push(std::move(i));
  };
  return events;
}

void event_feed::push(item i) {
  std::unique_lock lock(mutex_);
  room_.wait_for(lock, std::chrono::seconds{1}, [this] { return items_.size() < max_waiting; });
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
  room_.notify_all();
  return all;
}

}  // namespace conclave::client::cli
