/// conversation_view: what each kind of event does to what is shown, and that the way in which
/// events came (live, in pages whose rows are rewritten, twice, backward) makes no difference.
#include "client/conversation_view.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>

namespace conclave::client {
namespace {

using why_gone = conversation_view::why_gone;

/// Makes events and keeps the rows as a node does.
class past {
 public:
  /// Owns what the views of an event point to.
  struct row {
    event_view event;
    std::string body;
    event_view view() const {
      event_view e = event;
      e.body = body;
      return e;
    }
  };

  event_view happen(std::uint64_t sender, event_kind kind, const std::string& body,
                    std::uint64_t target = 0) {
    row r;
    r.event.seq = event_seq{rows.size() + 1};
    r.event.kind = kind;
    r.event.sender = user_id{sender};
    r.event.time = 1'000 + r.event.seq.value;
    r.event.target = event_seq{target};
    r.body = body;
    rows.push_back(r);
    live.push_back(r);
    const std::uint64_t seq = r.event.seq.value;
    if (kind == event_kind::edited) rewrite(target, seq, body);
    if (kind == event_kind::recalled) go(target, seq, event_flags::recalled, sender, r.event.time);
    if (kind == event_kind::gone) {
      const auto what = *decode_body<gone_body>(body);
      for (const event_seq s : what.seqs) {
        go(s.value, seq,
           what.why == gone_reason::burned ? event_flags::burned : event_flags::expired, 0,
           r.event.time);
      }
    }
    return live.back().view();
  }
  event_view say(std::uint64_t sender, const std::string& text) {
    return happen(sender, event_kind::text, text);
  }
  event_view react(std::uint64_t sender, std::uint64_t target, const std::string& reaction,
                   bool removed = false) {
    return happen(sender, event_kind::reaction, encode_body(reaction_body{reaction, removed}),
                  target);
  }
  event_view found() {
    created_body body;
    body.name = "Lunch";
    body.members = {user_id{1}, user_id{2}, user_id{3}};
    return happen(1, event_kind::conversation_created, encode_body(body));
  }

  // Views of rows are kept while more are added.
  std::deque<row> rows;  // as history shows them now
  std::deque<row> live;  // as they were pushed

 private:
  void rewrite(std::uint64_t target, std::uint64_t by, const std::string& body) {
    row& r = rows.at(target - 1);
    if (r.event.is_gone()) return;
    r.body = body;
    r.event.flags |= event_flags::edited;
    r.event.changed = event_seq{by};
  }
  void go(std::uint64_t target, std::uint64_t by, std::uint32_t flag, std::uint64_t who,
          time_ms at) {
    row& r = rows.at(target - 1);
    r.body.clear();
    r.event.flags |= flag;
    r.event.changed = event_seq{by};
    r.event.gone_by = user_id{who};
    r.event.gone_at = at;
    for (row& e : rows) {
      if (e.event.kind == event_kind::edited && e.event.target.value == target) e.body.clear();
    }
  }
};

conversation_view shown_live(const past& p) {
  conversation_view v;
  for (const auto& r : p.live) v.apply(r.view());
  return v;
}

TEST(conversation_view, founding_tells_title_members_and_owner) {
  past p;
  conversation_view v;
  v.apply(p.found());
  EXPECT_EQ(v.about().title, "Lunch");
  const auto members = v.members();
  ASSERT_EQ(members.size(), 3u);
  EXPECT_EQ(members.at(user_id{1}).role, member_role::owner);
  EXPECT_EQ(members.at(user_id{2}).role, member_role::member);
  EXPECT_EQ(members.at(user_id{2}).joined, event_seq{1});
}

TEST(conversation_view, an_edit_replaces_the_body_and_an_older_edit_does_not_come_back) {
  past p;
  p.found();
  p.say(2, "pizz");
  const event_view first = p.happen(2, event_kind::edited, "piza", 2);
  p.happen(2, event_kind::edited, "pizza", 2);
  conversation_view v = shown_live(p);
  EXPECT_EQ(v.find(event_seq{2})->body, "pizza");
  EXPECT_TRUE(v.find(event_seq{2})->edited);
  v.apply(first);
  EXPECT_EQ(v.find(event_seq{2})->body, "pizza");
}

TEST(conversation_view, what_is_taken_back_loses_body_reactions_and_pin_for_ever) {
  past p;
  p.found();
  const event_view said = p.say(2, "secret");
  p.react(3, 2, "+1");
  p.happen(1, event_kind::pinned, encode_body(pin_body{}), 2);
  conversation_view v = shown_live(p);
  EXPECT_EQ(v.find(event_seq{2})->reactions.at("+1"), std::set<user_id>{user_id{3}});
  EXPECT_EQ(v.find(event_seq{2})->pinned->by, user_id{1});
  v.apply(p.happen(2, event_kind::recalled, "", 2));
  v.apply(said);
  const auto m = *v.find(event_seq{2});
  EXPECT_TRUE(m.body.empty());
  EXPECT_EQ(m.gone->why, why_gone::recalled);
  EXPECT_EQ(m.gone->by, user_id{2});
  EXPECT_EQ(m.gone->at, 1'005u);
  EXPECT_TRUE(m.reactions.empty());
  EXPECT_FALSE(m.pinned);
  EXPECT_EQ(v.dump().find("secret"), std::string::npos);
}

TEST(conversation_view, nobody_is_named_in_what_is_gone_whichever_way_it_was_heard) {
  past p;
  event_view named = p.say(1, "2 and all");
  named.mentions = {user_id{2}};
  named.flags |= event_flags::mentions_all;
  const event_view taken = p.happen(1, event_kind::recalled, {}, 1);
  // In pages the row says so itself: the names are gone with the body.
  event_view page_row = p.rows.at(0).view();
  const auto shown_after = [](const std::vector<event_view>& events) {
    conversation_view v;
    for (const event_view& e : events) v.apply(e);
    return v.dump();
  };
  const std::string live = shown_after({named, taken});
  EXPECT_EQ(live.find("mentions"), std::string::npos) << live;
  EXPECT_EQ(live, shown_after({page_row, taken}));
  EXPECT_EQ(live, shown_after({taken, named}));
}

TEST(conversation_view, the_word_of_list_gone_drops_the_body_until_the_event_says_why) {
  past p;
  p.found();
  p.say(2, "old");
  conversation_view v = shown_live(p);
  v.on_gone({event_seq{2}, event_seq{99}});
  EXPECT_EQ(v.find(event_seq{2})->gone->why, why_gone::unknown);
  EXPECT_TRUE(v.find(event_seq{2})->body.empty());
  EXPECT_FALSE(v.find(event_seq{99})) << "never seen, never shown";
  v.apply(p.happen(1, event_kind::recalled, "", 2));
  EXPECT_EQ(v.find(event_seq{2})->gone->why, why_gone::recalled);
  EXPECT_EQ(v.find(event_seq{2})->gone->by, user_id{1});
}

TEST(conversation_view, a_message_expires_by_the_clock_and_the_event_changes_nothing_more) {
  past p;
  p.found();
  event_view said = p.say(2, "soon gone");
  said.expires = 5'000;
  conversation_view v;
  v.apply(said);
  EXPECT_TRUE(v.expire(4'999).empty());
  EXPECT_EQ(v.expire(5'000), std::vector<event_seq>{event_seq{2}});
  EXPECT_TRUE(v.expire(6'000).empty());
  const std::string before = v.dump();
  event_view told =
      p.happen(0, event_kind::gone, encode_body(gone_body{gone_reason::expired, {event_seq{2}}}));
  told.time = 5'700;
  told.seq = event_seq{2};  // so that only the message can differ
  v.apply(told);
  EXPECT_EQ(v.dump(), before);
  EXPECT_EQ(v.find(event_seq{2})->gone->why, why_gone::expired);
  EXPECT_EQ(v.find(event_seq{2})->gone->at, 5'000u);
}

TEST(conversation_view, reactions_come_and_go_per_user) {
  past p;
  p.found();
  p.say(1, "lunch?");
  p.react(2, 2, "+1");
  p.react(3, 2, "+1");
  p.react(2, 2, "+1", true);
  const auto m = *shown_live(p).find(event_seq{2});
  EXPECT_EQ(m.reactions.at("+1"), std::set<user_id>{user_id{3}});
}

TEST(conversation_view, roles_mutes_and_settings_are_those_of_the_last_event) {
  past p;
  p.found();
  p.happen(1, event_kind::role_changed, encode_body(role_body{user_id{2}, member_role::owner}));
  p.happen(2, event_kind::member_muted, encode_body(mute_body{user_id{3}, 7'000}));
  settings_body settings;
  settings.title = "Dinner";
  settings.all_muted = true;
  p.happen(2, event_kind::settings_changed, encode_body(settings));
  conversation_view v = shown_live(p);
  EXPECT_EQ(v.members().at(user_id{1}).role, member_role::admin);
  EXPECT_EQ(v.members().at(user_id{2}).role, member_role::owner);
  EXPECT_EQ(v.members().at(user_id{3}).muted_until, 7'000u);
  EXPECT_EQ(v.about().title, "Dinner");
  EXPECT_TRUE(v.about().all_muted);
  v.apply(p.live.front().view());
  EXPECT_EQ(v.about().title, "Dinner") << "the founding is older";
  EXPECT_EQ(v.members().at(user_id{1}).role, member_role::admin);
}

TEST(conversation_view, whoever_comes_back_begins_as_a_plain_member) {
  past p;
  p.found();
  p.happen(1, event_kind::role_changed, encode_body(role_body{user_id{3}, member_role::admin}));
  p.happen(1, event_kind::member_removed, encode_body(members_body{{user_id{3}}}));
  conversation_view v = shown_live(p);
  EXPECT_FALSE(v.members().contains(user_id{3}));
  v.apply(p.happen(1, event_kind::members_added, encode_body(members_body{{user_id{3}}})));
  EXPECT_EQ(v.members().at(user_id{3}).role, member_role::member);
  EXPECT_EQ(v.members().at(user_id{3}).joined, event_seq{4});
  v.apply(p.happen(1, event_kind::dissolved, ""));
  EXPECT_TRUE(v.dissolved());
  EXPECT_TRUE(v.members().empty());
}

TEST(conversation_view, a_late_comer_is_told_how_things_stood) {
  conversation_view v;
  conversation_info info;
  info.title = "Lunch";
  info.head = event_seq{40};
  v.seed(info);
  v.seed({{user_id{1}, member_role::owner, event_seq{1}, "a"},
          {user_id{2}, member_role::member, event_seq{1}, "b", 9'000}},
         event_seq{40});
  EXPECT_EQ(v.about().title, "Lunch");
  EXPECT_EQ(v.members().at(user_id{1}).role, member_role::owner);
  EXPECT_EQ(v.members().at(user_id{2}).muted_until, 9'000u);
  event_view left;
  left.seq = event_seq{41};
  left.kind = event_kind::member_removed;
  const std::string body = encode_body(members_body{{user_id{2}}});
  left.body = body;
  v.apply(left);
  EXPECT_FALSE(v.members().contains(user_id{2}));
}

TEST(conversation_view, unknown_kinds_and_broken_bodies_take_their_place_and_nothing_else) {
  past p;
  conversation_view v;
  v.apply(p.found());
  event_view odd;
  odd.seq = event_seq{2};
  odd.kind = event_kind{200};
  v.apply(odd);
  odd.seq = event_seq{3};
  odd.kind = event_kind::members_added;
  odd.body = "no msgpack";
  v.apply(odd);
  EXPECT_EQ(v.last(), event_seq{3});
  EXPECT_EQ(v.members().size(), 3u);
}

TEST(conversation_view, what_is_forgotten_is_shown_no_more) {
  past p;
  p.found();
  p.say(1, "a");
  p.say(1, "b");
  conversation_view v = shown_live(p);
  v.forget_below(event_seq{3});
  ASSERT_EQ(v.messages().size(), 1u);
  EXPECT_EQ(v.messages().front().body, "b");
}

/// A past of many kinds, all of it by chance.
past random_past(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  past p;
  p.found();
  std::vector<std::uint64_t> said;
  for (int i = 0; i < 120; ++i) {
    const std::uint64_t who = 1 + random() % 3;
    const std::uint64_t target = said.empty() ? 0 : said[random() % said.size()];
    const bool open = target != 0 && !p.rows[target - 1].event.is_gone();
    switch (random() % 9) {
      case 0:
        if (open) p.happen(who, event_kind::edited, "edit " + std::to_string(i), target);
        break;
      case 1:
        if (open && random() % 3 == 0) p.happen(who, event_kind::recalled, "", target);
        break;
      case 2:
        if (open) p.react(who, target, random() % 2 == 0 ? "+1" : "-1", random() % 3 == 0);
        break;
      case 3:
        if (open) {
          p.happen(who, event_kind::pinned, encode_body(pin_body{random() % 3 == 0}), target);
        }
        break;
      case 4:
        if (open && random() % 3 == 0) {
          p.happen(0, event_kind::gone,
                   encode_body(gone_body{gone_reason::burned, {event_seq{target}}}));
        }
        break;
      case 5:
        p.happen(1, event_kind::member_muted, encode_body(mute_body{user_id{who}, random() % 9}));
        break;
      default:
        said.push_back(p.say(who, "text " + std::to_string(i)).seq.value);
    }
  }
  return p;
}

TEST(conversation_view, live_paged_mixed_doubled_and_backward_all_show_the_same) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const past p = random_past(seed);
    const conversation_view live = shown_live(p);
    conversation_view paged;
    for (const auto& r : p.rows) paged.apply(r.view());
    EXPECT_EQ(live.dump(), paged.dump());
    // Some live, then away: what went is told first, the rest comes in rewritten rows.
    conversation_view away;
    const std::size_t at = seed * 7 % p.live.size();
    for (std::size_t i = 0; i < at; ++i) away.apply(p.live[i].view());
    std::vector<event_seq> gone;
    for (std::size_t i = 0; i < at; ++i) {
      if (p.rows[i].event.is_gone()) gone.push_back(p.rows[i].event.seq);
    }
    away.on_gone(gone);
    for (std::size_t i = at; i < p.rows.size(); ++i) away.apply(p.rows[i].view());
    EXPECT_EQ(live.dump(), away.dump());
    conversation_view twice = live;
    for (const auto& r : p.rows) twice.apply(r.view());
    for (const auto& r : p.live) twice.apply(r.view());
    EXPECT_TRUE(twice == live);
    conversation_view backward;
    for (auto r = p.rows.rbegin(); r != p.rows.rend(); ++r) backward.apply(r->view());
    EXPECT_EQ(live.dump(), backward.dump());
  }
}

}  // namespace
}  // namespace conclave::client
