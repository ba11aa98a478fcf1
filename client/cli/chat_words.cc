/// One table of orders with what each needs behind it.
#include "client/cli/chat_words.h"

#include "client/cli/words.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace conclave::client::cli {

namespace {

/// What follows an order, in this order.
enum needs : unsigned {
  nothing = 0,
  a_seq = 1,
  maybe_seq = 2,
  a_duration = 4,
  a_text = 8,
  some_names = 16,
  a_count = 32,
};

struct entry {
  std::string_view name;
  chat_verb verb;
  unsigned wants;
  std::string_view usage;
};

constexpr std::array table{
    entry{"/reply", chat_verb::reply, a_seq | a_text, "/reply N TEXT"},
    entry{"/thread", chat_verb::thread, a_seq | a_text, "/thread N TEXT"},
    entry{"/expire", chat_verb::expire, a_duration | a_text, "/expire 30s TEXT"},
    entry{"/burn", chat_verb::burn, a_duration | a_text, "/burn 10s TEXT"},
    entry{"/edit", chat_verb::edit, a_seq | a_text, "/edit N TEXT"},
    entry{"/recall", chat_verb::recall, a_seq, "/recall N"},
    entry{"/react", chat_verb::react, a_seq | a_text, "/react N EMOJI"},
    entry{"/unreact", chat_verb::unreact, a_seq | a_text, "/unreact N EMOJI"},
    entry{"/pin", chat_verb::pin, a_seq, "/pin N"},
    entry{"/unpin", chat_verb::unpin, a_seq, "/unpin N"},
    entry{"/forward", chat_verb::forward, a_seq | a_text, "/forward N CONVERSATION"},
    entry{"/open", chat_verb::open, a_seq, "/open N"},
    entry{"/read", chat_verb::read, nothing, "/read"},
    entry{"/readers", chat_verb::readers, maybe_seq, "/readers [N]"},
    entry{"/versions", chat_verb::versions, a_seq, "/versions N"},
    entry{"/pins", chat_verb::pins, nothing, "/pins"},
    entry{"/members", chat_verb::members, nothing, "/members"},
    entry{"/add", chat_verb::add, some_names, "/add NAME…"},
    entry{"/leave", chat_verb::leave, nothing, "/leave"},
    entry{"/history", chat_verb::history, a_count, "/history [COUNT]"},
    entry{"/help", chat_verb::help, nothing, "/help"},
    entry{"/?", chat_verb::help, nothing, "/help"},
    entry{"/quit", chat_verb::quit, nothing, "/quit"},
    entry{"/q", chat_verb::quit, nothing, "/quit"},
};

chat_order wrong(std::string sentence) {
  chat_order order;
  order.verb = chat_verb::wrong;
  order.text = std::move(sentence);
  return order;
}

/// Takes the first word off a text.
std::string take_word(std::string_view& rest) {
  const auto first = std::min(rest.find_first_not_of(' '), rest.size());
  const auto end = std::min(rest.find(' ', first), rest.size());
  std::string word(rest.substr(first, end - first));
  rest.remove_prefix(end);
  const auto next = std::min(rest.find_first_not_of(' '), rest.size());
  rest.remove_prefix(next);
  return word;
}

chat_order read_order(const entry& e, std::string_view rest) {
  chat_order order;
  order.verb = e.verb;
  if ((e.wants & (a_seq | maybe_seq)) != 0) {
    const std::string word = take_word(rest);
    order.seq = seq_from(word);
    const bool missing = word.empty() && (e.wants & maybe_seq) != 0;
    if (!order.seq && !missing) {
      return wrong(std::string(e.usage) + ": N is the number behind the # of a message");
    }
  }
  if ((e.wants & a_duration) != 0) {
    const auto ms = duration_from(take_word(rest));
    if (!ms) return wrong(std::string(e.usage) + ": " + ms.error().detail);
    order.ms = *ms;
  }
  if ((e.wants & a_text) != 0) {
    order.text = rest;
    if (order.text.empty()) return wrong(std::string(e.usage) + ": something is missing");
  }
  if ((e.wants & some_names) != 0) {
    while (!rest.empty()) {
      std::string name = take_word(rest);
      if (!name.empty() && name.front() == '@') name.erase(0, 1);
      if (!name.empty()) order.names.push_back(std::move(name));
    }
    if (order.names.empty()) return wrong(std::string(e.usage) + ": whom?");
  }
  if ((e.wants & a_count) != 0) order.count = seq_from(take_word(rest)).value;
  return order;
}

bool part_of_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

}  // namespace

const char* const chat_help =
    "Behind the # of each message is its number, N below.\n"
    "  say       TEXT   /reply N TEXT   /thread N TEXT   @name and @all mention\n"
    "            /expire 30s TEXT goes by itself   /burn 10s TEXT goes after reading\n"
    "  change    /edit N TEXT   /recall N   /react N EMOJI   /unreact N EMOJI   /pin N   /unpin N\n"
    "            /forward N CONVERSATION\n"
    "  look      /open N a burning message   /readers [N]   /versions N   /pins   /history "
    "[COUNT]\n"
    "            /read everything is read\n"
    "  people    /members   /add NAME…   /leave   NAME@TENANT: somebody of another tenant\n"
    "  /quit     A line that begins with // is sent with one slash.";

chat_order chat_order_from(const std::string& line) {
  chat_order order;
  if (line.empty() || line.front() != '/') {
    order.text = line;
    return order;
  }
  if (line.rfind("//", 0) == 0) {
    order.text = line.substr(1);
    return order;
  }
  std::string_view rest = line;
  const std::string name = take_word(rest);
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const entry& e) { return e.name == name; });
  if (found == table.end()) return wrong("there is no " + name + "; /help for help");
  return read_order(*found, rest);
}

std::vector<std::string> mentioned_names(const std::string& text) {
  std::vector<std::string> names;
  for (std::size_t at = text.find('@'); at != std::string::npos; at = text.find('@', at + 1)) {
    // An address such as a@b is no mention.
    if (at != 0 && text[at - 1] != ' ' && text[at - 1] != '(') continue;
    std::size_t end = at + 1;
    while (end < text.size() && part_of_name(text[end])) ++end;
    // NAME@TENANT is one name.
    if (end + 1 < text.size() && text[end] == '@' && part_of_name(text[end + 1])) {
      ++end;
      while (end < text.size() && part_of_name(text[end])) ++end;
    }
    std::string name = text.substr(at + 1, end - at - 1);
    // A sentence may end behind a name.
    while (!name.empty() && (name.back() == '.' || name.back() == '-')) name.pop_back();
    if (!name.empty()) names.push_back(std::move(name));
  }
  return names;
}

}  // namespace conclave::client::cli
