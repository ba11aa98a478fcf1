/// `conclave chat`: one conversation in a terminal. What others write appears above the line being
/// typed; orders begin with a slash.
///
/// It keeps no state file: it shows the newest events and then what comes.
#include "client/cli/chat_session.h"
#include "client/cli/commands.h"
#include "client/cli/interrupt.h"

#include <poll.h>
#include <unistd.h>

namespace conclave::client::cli {

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
    if (ready[1].revents != 0) break;
    here.take(feed.take());
    here.tick();
    if (ready[2].revents != 0) here.read();
  }
  here.take(feed.take());
  here.tick();
  s.reset();  // before `here`, to which its callbacks point
  return at.exit();
}

}  // namespace conclave::client::cli
