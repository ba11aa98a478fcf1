/// `conclave logout`, `devices`, `device end`, `passwd`, `inbox`.
#include "client/cli/commands.h"
#include "client/cli/event_json.h"
#include "client/cli/event_lines.h"
#include "client/cli/name_book.h"
#include "client/cli/password_prompt.h"
#include "client/cli/text.h"
#include "client/cli/titles.h"
#include "client/cli/words.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <map>

namespace conclave::client::cli {

using nlohmann::ordered_json;

int logout(context& at) {
  auto s = at.open_quiet();
  if (!s) return at.exit();
  const status ended = s->logout();
  if (!ended) return at.fail(ended.error());
  s.reset();
  // Worth nothing any more, and in the way of the next login.
  std::error_code ignored;
  std::filesystem::remove(at.effective().token_file, ignored);
  std::filesystem::remove(at.state_file(), ignored);
  return at.tell(done{}, "logged out; removed " + at.effective().token_file);
}

int devices(context& at) {
  const auto s = at.open_quiet();
  if (!s) return at.exit();
  const auto all = s->list_devices();
  if (!all) return at.fail(all.error());
  for (const device_info& d : *all) {
    const bool mine = d.device == s->who().device;
    if (at.json()) {
      at.line(ordered_json{
          {"device", d.device.value},
          {"kind", word_of(d.kind)},
          {"device_name", d.device_name},
          {"created", d.created},
          {"online", d.online},
          {"this",
           mine}}.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
    } else {
      at.line(std::to_string(d.device.value) + "  " + printable(d.device_name, " ") + "  (" +
              std::string(word_of(d.kind)) + ", since " + clock_time(d.created, now_ms()) +
              (d.online ? ", online" : "") + (mine ? ", this one)" : ")"));
    }
  }
  return exit_ok;
}

int device_end(context& at, std::uint64_t device) {
  const auto s = at.open_quiet();
  if (!s) return at.exit();
  return at.tell(s->end_device(device_id{device}), "ended device " + std::to_string(device));
}

int passwd(context& at, const passwd_options& o) {
  const auto s = at.open_quiet();
  if (!s) return at.exit();
  const auto before = read_password(o.old_file, "Password so far");
  if (!before) return at.usage(before.error().detail);
  const auto after = read_new_password(o.new_file, "New password");
  if (!after) return at.usage(after.error().detail);
  return at.tell(s->change_password(*before, *after, o.end_others),
                 o.end_others ? "changed; all other devices are ended" : "changed");
}

int inbox(context& at, std::uint64_t after, std::uint64_t limit) {
  const auto s = at.open_quiet();
  if (!s) return at.exit();
  name_book names(*s);
  titles known(*s, names);
  while (limit != 0) {
    const auto page =
        s->inbox(after, static_cast<std::uint32_t>(std::min<std::uint64_t>(limit, 500)));
    if (!page) return at.fail(page.error());
    std::map<conversation_id, std::vector<user_id>> users;
    for (const inbox_item& e : page->entries) {
      if (e.user) users[e.conversation].push_back(e.user);
    }
    for (const auto& [c, some] : users) names.in(c).learn(some);
    for (const inbox_item& e : page->entries) {
      const name_scope& there = names.in(e.conversation);
      at.line(at.json() ? line_of_json(e, there)
                        : line_for_people(e, there, known.of(e.conversation), now_ms()));
    }
    if (page->entries.empty() || page->entries.back().seq >= page->head) break;
    after = page->entries.back().seq;
    limit -= std::min<std::uint64_t>(limit, page->entries.size());
  }
  return exit_ok;
}

}  // namespace conclave::client::cli
