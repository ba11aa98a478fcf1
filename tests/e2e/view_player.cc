/// See view_player.h.
#include "tests/e2e/view_player.h"

#include "tests/support/waiting.h"

#include <algorithm>
#include <thread>

namespace conclave::viewcheck {

namespace {

/// Messages that begin so are never edited: what is forwarded has one body only.
constexpr std::string_view fixed = "fixed ";

bool is_fixed(const operation& op) {
  return op.burn_ms == 0 && op.body.starts_with(fixed);
}

bool is_unknown(const auto& answer) {
  return !answer && answer.error().code == errc::outcome_unknown;
}

/// A request without a key that lost its first answer (a kill) and then is told that nothing is
/// there (any more) to open or to answer was perhaps done the first time: nobody can say. One that
/// is asked after it is answered for certain; who is never answered so is not answered.
auto until_known(const auto& ask) {
  auto answer = ask();
  for (int i = 0; i < 3 && is_unknown(answer); ++i) answer = ask();
  return answer;
}

}  // namespace

view_player::view_player(view_device& device, const playground& ground, ledger& book,
                         std::uint64_t seed)
    : device_(device), ground_(ground), book_(book), random_(seed) {}

void view_player::play(const std::atomic<bool>& stop) {
  while (!stop) {
    one();
    std::this_thread::sleep_for(std::chrono::milliseconds(random(2 * ground_.pause_ms + 1)));
  }
}

std::string view_player::words() {
  std::string body = device_.name() + ' ' + std::to_string(++said_);
  // Now and then long enough for pages to end early.
  if (chance(2)) body += ' ' + std::string(3000 + random(3000), 'x');
  return body;
}

std::optional<operation> view_player::pick(number conversation,
                                           const std::function<bool(const operation&)>& fits) {
  return book_.message(
      conversation, [this] { return random(); }, fits);
}

/// Mostly one that he has a part in.
number view_player::any_conversation() {
  while (true) {
    const number c = ground_.conversations[random(ground_.conversations.size())];
    if (book_.dissolved(c) && !chance(5)) continue;
    const auto pair = ground_.pairs.find(c);
    if (pair == ground_.pairs.end() || chance(5)) return c;
    const auto& its = pair->second;
    if (std::find(its.begin(), its.end(), device_.user()) != its.end()) return c;
  }
}

void view_player::one() {
  operation op;
  op.user = device_.user();
  op.conversation = any_conversation();
  const number dice = random(100);
  if (dice < 36) return say(std::move(op));
  if (dice < 42) return burn(std::move(op));
  if (dice < 50) return edit(std::move(op));
  if (dice < 55) return recall(std::move(op));
  if (dice < 66) return react(std::move(op));
  if (dice < 71) return pin(std::move(op));
  if (dice < 75) return forward(std::move(op));
  if (dice < 80) return change_members(std::move(op));
  if (dice < 83) return come_in(op.conversation);
  if (dice < 84) return chance(50) ? change_role(std::move(op)) : dissolve(std::move(op));
  if (dice < 86) return mute(std::move(op));
  if (dice < 88) return change_settings(std::move(op));
  if (dice < 92) return mark_read(op.conversation);
  if (dice < 98) return open(op.conversation);
  come_back();
}

// -- messages
// --------------------------------------------------------------------------------------

void view_player::say(operation op) {
  op.body = words();
  if (chance(20)) op.body = std::string(fixed) + op.body;
  client::message_extras extras;
  if (chance(10)) op.kind = chance(50) ? 17 : 18;
  if (chance(15)) {
    const auto earlier = pick(op.conversation, [](const operation&) { return true; });
    if (earlier) op.reply_to = earlier->seq;
    if (earlier && chance(30)) op.thread = earlier->seq;
  }
  if (chance(15)) op.mentions = {any_user(), any_user()};
  if (chance(5)) op.mentions_all = true;
  if (chance(30)) {
    const number after = 300 + random(2700);
    if (chance(70))
      op.expires_after = after;
    else
      op.expires_at = session().node_time() + after;
  }
  extras.kind = static_cast<event_kind>(op.kind);
  extras.reply_to = event_seq{op.reply_to};
  extras.thread = event_seq{op.thread};
  for (const number user : op.mentions) extras.mentions.push_back(user_id{user});
  extras.mentions_all = op.mentions_all;
  extras.expires_after_ms = op.expires_after;
  extras.expires_at = op.expires_at;
  const auto answer = session().send(conversation_id{op.conversation}, op.body, extras);
  if (settle(op, answer)) look_for_expired(op.conversation, op.time);
}

void view_player::burn(operation op) {
  // What burns after the end of a conversation is told to nobody.
  if (ground_.ending.contains(op.conversation)) return;
  op.body = words();
  op.burn_ms = 100 + static_cast<std::uint32_t>(random(1500));
  if (chance(30)) op.expires_after = 1000 + random(2000);
  client::message_extras extras;
  extras.burn_ms = static_cast<std::uint32_t>(op.burn_ms);
  extras.expires_after_ms = op.expires_after;
  const auto answer = session().send(conversation_id{op.conversation}, op.body, extras);
  settle(op, answer);
}

void view_player::edit(operation op) {
  const auto target = pick(op.conversation, [&](const operation& m) {
    return !is_fixed(m) && (m.user == op.user || chance(5));
  });
  if (!target) return;
  op.what = act::edit;
  op.target = target->seq;
  op.body = words();
  const auto answer =
      session().edit(conversation_id{op.conversation}, event_seq{op.target}, op.body);
  if (settle(op, answer)) look_for_expired(op.conversation, op.time);
}

void view_player::recall(operation op) {
  const auto target =
      pick(op.conversation, [&](const operation& m) { return m.user == op.user || chance(20); });
  if (!target) return;
  op.what = act::recall;
  op.target = target->seq;
  const auto answer = session().recall(conversation_id{op.conversation}, event_seq{op.target});
  if (settle(op, answer)) expect_gone(op.conversation, op.target, "was recalled");
}

void view_player::react(operation op) {
  const auto target = pick(op.conversation, [](const operation&) { return true; });
  if (!target) return;
  op.what = act::react;
  op.target = target->seq;
  op.reaction = chance(50) ? "yes" : chance(50) ? "no" : "perhaps";
  op.removed = chance(30);
  const auto answer = session().react(conversation_id{op.conversation}, event_seq{op.target},
                                      op.reaction, op.removed);
  settle(op, answer);
}

void view_player::pin(operation op) {
  const auto target = pick(op.conversation, [](const operation&) { return true; });
  if (!target) return;
  op.what = act::pin;
  op.target = target->seq;
  op.removed = chance(40);
  const auto answer =
      session().pin(conversation_id{op.conversation}, event_seq{op.target}, op.removed);
  settle(op, answer);
}

void view_player::forward(operation op) {
  op.origin_conversation = any_conversation();
  const auto from = pick(op.origin_conversation, [](const operation& m) { return is_fixed(m); });
  if (!from) return;
  op.what = act::forward;
  op.origin_seq = from->seq;
  op.kind = from->kind;
  op.body = from->body;
  const auto answer =
      session().forward(conversation_id{op.conversation}, conversation_id{op.origin_conversation},
                        event_seq{op.origin_seq});
  settle(op, answer);
}

// -- members and settings
// --------------------------------------------------------------------------

void view_player::change_members(operation op) {
  const number user = chance(8) ? op.user : any_user();
  const conversation_id where{op.conversation};
  op.users = {user};
  // An owner may leave only when nobody is left who could tell what happened then.
  if (user == op.user && book_.owns(op.conversation, user)) return;
  if (user == op.user || chance(15)) {
    op.what = act::remove;
    return void(settle(op, session().remove_member(where, user_id{user})));
  }
  op.what = act::add;
  op.users.push_back(any_user());
  std::vector<user_id> ids;
  for (const number one : op.users) {
    if (book_.comings(op.conversation, one) > 12) return;
    ids.push_back(user_id{one});
  }
  settle(op, session().add_members(where, ids));
}

void view_player::change_role(operation op) {
  op.what = act::role;
  op.users = {any_user()};
  op.role = chance(15) ? role_owner : chance(50) ? role_admin : role_member;
  settle(op, session().set_role(conversation_id{op.conversation}, user_id{op.users.front()},
                                static_cast<member_role>(op.role)));
}

void view_player::mute(operation op) {
  op.what = act::mute;
  op.users = {any_user()};
  op.until = chance(40) ? 0 : session().node_time() + 100 + random(1500);
  settle(op, session().mute_member(conversation_id{op.conversation}, user_id{op.users.front()},
                                   op.until));
}

void view_player::change_settings(operation op) {
  op.what = act::settings;
  client::settings_change change;
  if (chance(40)) {
    op.sets_title = true;
    op.title = "title " + std::to_string(random(1000));
    change.title = op.title;
  }
  if (chance(40)) {
    op.sets_topic = true;
    op.topic = "topic " + std::to_string(random(1000));
    change.topic = op.topic;
  }
  if (chance(20)) {
    op.sets_invite = true;
    op.invite = 1 + random(2);
    change.invite = static_cast<invite_policy>(op.invite);
  }
  if (chance(50)) {
    op.sets_join = true;
    op.join = 1 + random(3);
    change.join = static_cast<join_policy>(op.join);
  }
  if (chance(25)) {
    op.sets_visibility = true;
    op.visibility = 1 + random(2);
    change.visibility = static_cast<history_visibility>(op.visibility);
  }
  if (chance(30) ||
      !(op.sets_title || op.sets_topic || op.sets_invite || op.sets_join || op.sets_visibility)) {
    op.sets_all_muted = true;
    op.all_muted = chance(15);
    change.all_muted = op.all_muted;
  }
  settle(op, session().change_settings(conversation_id{op.conversation}, change));
}

/// Shows the join code, or answers one who waits.
void view_player::come_in(number conversation) {
  const auto code = ground_.codes.find(conversation);
  if (code == ground_.codes.end()) return;
  if (chance(50)) {
    if (book_.comings(conversation, device_.user()) > 12) return;
    book_.asked_in(conversation, device_.user());
    const auto answer = session().join(code->second);
    if (!answer) reject(answer.error());
    return;
  }
  const auto waiting = session().list_join_requests(conversation_id{conversation});
  if (!waiting) return reject(waiting.error());
  if (waiting->empty()) return;
  const user_id who = (*waiting)[random(waiting->size())].user;
  const bool lets_in = chance(70);
  const auto answer = until_known(
      [&] { return session().answer_join(conversation_id{conversation}, who, lets_in); });
  if (!answer) reject(answer.error());
}

void view_player::dissolve(operation op) {
  if (!ground_.ending.contains(op.conversation) || !book_.owns(op.conversation, op.user)) return;
  op.what = act::dissolve;
  settle(op, session().dissolve(conversation_id{op.conversation}));
}

// -- reading
// ---------------------------------------------------------------------------------------

void view_player::mark_read(number conversation) {
  const number seq = device_.last(conversation);
  if (seq == 0) return;
  const number up_to = seq - random(std::min<number>(seq, 5));
  book_.asked_to_mark(conversation, device_.user(), up_to);
  const status answer = session().mark_read(conversation_id{conversation}, event_seq{up_to});
  if (!answer) return reject(answer.error());
  book_.marked(conversation, device_.user(), up_to);
}

void view_player::open(number conversation) {
  const auto target = pick(conversation, [](const operation& m) { return m.burn_ms != 0; });
  if (!target) return;
  // Before the request: a removal may come between a first answer that is lost and the second one.
  book_.opened(conversation, target->seq, device_.user(), 0);
  const auto answer = until_known(
      [&] { return session().open(conversation_id{conversation}, event_seq{target->seq}); });
  if (!answer) return reject(answer.error());
  book_.opened(conversation, target->seq, device_.user(), answer->burns_at);
  if (answer->body != target->body)
    unanswered_.push_back(device_.name() + " opened another body than was said");
}

void view_player::come_back() {
  using memory = view_device::memory;
  const number dice = random(10);
  if (dice < 3) return device_.remember();
  const memory with = dice < 8 ? memory::whole : dice < 9 ? memory::older : memory::none;
  device_.disconnect();
  std::this_thread::sleep_for(std::chrono::milliseconds(random(600)));
  ++returns_;
  if (!device_.connect(with, test::patience))
    throw std::runtime_error(device_.name() + " cannot come back");
}

// -- answers
// ---------------------------------------------------------------------------------------

bool view_player::settle(operation& op, const result& answer) {
  if (!answer) {
    reject(answer.error());
    return false;
  }
  op.seq = answer->seq.value;
  op.time = answer->time;
  book_.did(op);
  return true;
}

void view_player::reject(const failure& why) {
  const std::string code(name_of(why.code));
  ++rejections_[code];
  switch (why.code) {
    case errc::forbidden:
    case errc::not_found:
    case errc::already_exists:
    case errc::gone:
    case errc::muted:
    case errc::invalid_argument:
    case errc::window_over:
    case errc::limit_reached:
    case errc::dissolved:
      return;
    default:
      unanswered_.push_back(device_.name() + " was answered " + code + ": " + why.detail);
  }
}

void view_player::expect_gone(number conversation, number seq, std::string_view why) {
  const auto page = session().history(conversation_id{conversation}, event_seq{seq},
                                      history_direction::forward, 1);
  if (!page) return reject(page.error());
  for (const event_view& event : page->events)
    if (event.seq.value == seq && !event.body.empty()) device_.resurrect(conversation, seq, why);
}

void view_player::look_for_expired(number conversation, number now) {
  if (!chance(20)) return;
  const auto over = pick(conversation, [&](const operation& m) {
    const number expires = m.expires_at != 0      ? m.expires_at
                           : m.expires_after != 0 ? m.time + m.expires_after
                                                  : now + 1;
    return expires <= now;
  });
  if (over) expect_gone(conversation, over->seq, "was over by an answer's time");
}

}  // namespace conclave::viewcheck
