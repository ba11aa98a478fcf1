/// `conclave history`: pages through a conversation's past.
#include "client/cli/commands.h"
#include "client/cli/event_json.h"
#include "client/cli/event_lines.h"
#include "client/cli/name_book.h"
#include "client/cli/text.h"

#include <algorithm>

namespace conclave::client::cli {

namespace {

/// Where nothing comes, or the same again, there would be no end. Backward from 0 is from the
/// newest, which is above every `next`.
bool leads_on(const event_page& page, event_seq from, bool back) {
  if (page.events.empty()) return false;
  return back ? !from || page.next < from : page.next > from;
}

}  // namespace

int history(context& at, const history_options& o) {
  const auto s = at.open_quiet();
  if (!s) return at.exit();
  const conversation_id c = at.find_conversation(*s, o.conversation);
  if (!c) return at.exit();
  name_book book(*s);
  name_scope& names = book.in(c);
  const auto direction = o.back ? history_direction::backward : history_direction::forward;
  const line_style style{at.decorated(), {}, {}};
  event_seq from{o.back || o.from != 0 ? o.from : 1};
  std::uint64_t left = o.limit;
  while (left != 0 && !at.output_failed()) {
    const auto limit = static_cast<std::uint32_t>(std::min<std::uint64_t>(left, 1'000));
    const auto page = s->history(c, from, direction, limit);
    if (!page) return at.fail(page.error());
    names.learn(page->events);
    const auto show = [&](const event_view& event) {
      at.line(at.json() ? line_of_json(c, event, names)
                        : line_for_people(event, names, style, now_ms()));
    };
    // Backward means newest first, over page ends too.
    if (o.back) {
      std::for_each(page->events.rbegin(), page->events.rend(), show);
    } else {
      std::for_each(page->events.begin(), page->events.end(), show);
    }
    left -= std::min<std::uint64_t>(left, page->events.size());
    if (!page->next) break;
    if (!leads_on(*page, from, o.back)) {
      return at.fail({errc::malformed, "the node gave a page of the past that does not lead on"});
    }
    from = page->next;
  }
  return exit_ok;
}

}  // namespace conclave::client::cli
