/// `conclave chat`: one conversation in a terminal. What others write appears above the line being
/// typed; orders begin with a slash.
///
/// It keeps no state file: it shows the newest events and then what comes.
#include "client/cli/chat_session.h"
#include "client/cli/commands.h"
#include "client/cli/interrupt.h"
#include "client/session_clock.h"

#include <poll.h>
#include <unistd.h>

namespace conclave::client::cli {

namespace {

constexpr std::uint64_t see_off_ms = 2'000;

/// What was said last gets a while to be answered. False: he is in a hurry and interrupted again.
bool see_off(chat_session& here, const interrupt& stop) {
  const std::uint64_t until = steady_ms() + see_off_ms;
  while (here.under_way() && steady_ms() < until) {
    pollfd again{stop.readable(), POLLIN, 0};
    if (poll(&again, 1, 20) > 0) return false;
  }
  return true;
}

}  // namespace

int chat(context& at, const std::string& conversation) {
  const interrupt stop;
  event_feed feed;
  session_options options;
  auto s = at.open(std::move(options), feed.callbacks(true, true));
  if (!s) return at.exit();
  const auto info = at.find_info(*s, conversation, context::absent::found);
  if (!info) return at.exit();
  chat_session here(at, *s, *info);
  if (!here.begin()) return at.exit();
  while (!here.over()) {
    pollfd ready[3] = {{feed.readable(), POLLIN, 0},
                       {stop.readable(), POLLIN, 0},
                       {here.wants_input() ? STDIN_FILENO : -1, POLLIN, 0}};
    poll(ready, 3, 200);
    if (ready[1].revents != 0) {
      stop.take();
      break;
    }
    here.take(feed.take());
    here.tick();
    if (ready[2].revents != 0) here.read();
  }
  if (see_off(here, stop)) {
    here.take(feed.take());
    here.tick();
  }
  s.reset();             // before `here`, to which its callbacks point
  here.tell_failures();  // what was still under way has an answer now
  return at.exit();
}

}  // namespace conclave::client::cli
