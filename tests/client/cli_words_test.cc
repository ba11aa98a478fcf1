/// What `conclave` reads and how it says things: durations, settings, orders of a chat, lines for
/// people and JSON for scripts.
#include "client/cli/advice.h"
#include "client/cli/chat_words.h"
#include "client/cli/event_json.h"
#include "client/cli/event_lines.h"
#include "client/cli/password_prompt.h"
#include "client/cli/setting_words.h"
#include "client/cli/words.h"
#include "client/failures.h"
#include "tests/support/temp_folder.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <sys/stat.h>

namespace conclave::client::cli {
namespace {

using nlohmann::json;

/// "u1", "u2" …
class numbered_names : public names {
 public:
  std::string of(user_id user) const override { return "u" + std::to_string(user.value); }
};
const numbered_names who;

TEST(words, durations_have_a_unit_and_are_at_least_one) {
  EXPECT_EQ(*duration_from("500ms"), 500u);
  EXPECT_EQ(*duration_from("30s"), 30'000u);
  EXPECT_EQ(*duration_from("5m"), 300'000u);
  EXPECT_EQ(*duration_from("2h"), 7'200'000u);
  EXPECT_EQ(*duration_from("7d"), 604'800'000u);
  for (const char* bad : {"", "30", "s", "0s", "-5s", "5 s", "5x", "99999999999999999d"}) {
    EXPECT_FALSE(duration_from(bad)) << bad;
  }
}

TEST(words, durations_are_told_in_the_unit_that_fits_and_never_as_less) {
  EXPECT_EQ(duration_text(400), "400 ms");
  EXPECT_EQ(duration_text(1'000), "1 s");
  EXPECT_EQ(duration_text(1'998), "2 s");
  EXPECT_EQ(duration_text(29'200), "30 s");
  EXPECT_EQ(duration_text(90'000), "90 s");
  EXPECT_EQ(duration_text(120'000), "2 min");
  EXPECT_EQ(duration_text(7'200'000), "2 h");
}

TEST(words, every_word_leads_back_to_its_value) {
  for (const auto kind : {conversation_kind::direct, conversation_kind::system}) {
    EXPECT_EQ(from_word<conversation_kind>(word_of(kind)), kind);
  }
  EXPECT_EQ(from_word<member_role>("admin"), member_role::admin);
  EXPECT_EQ(from_word<join_policy>("approval"), join_policy::approval);
  EXPECT_EQ(from_word<event_kind>("opaque"), event_kind::opaque);
  EXPECT_FALSE(from_word<member_role>("king"));
  EXPECT_EQ(word_of(member_role{9}), "unknown");
}

TEST(words, a_seq_may_carry_its_mark) {
  EXPECT_EQ(seq_from("12"), event_seq{12});
  EXPECT_EQ(seq_from("#12"), event_seq{12});
  for (const char* bad : {"", "#", "12a", "-1", "99999999999999999999"}) {
    EXPECT_FALSE(seq_from(bad)) << bad;
  }
}

TEST(setting_words, name_what_is_changed_and_leave_the_rest) {
  const auto change = settings_change_from({"title=New = old", "join=open", "all_muted=yes"});
  ASSERT_TRUE(change);
  EXPECT_EQ(*change->title, "New = old");
  EXPECT_EQ(*change->join, join_policy::open);
  EXPECT_TRUE(*change->all_muted);
  EXPECT_FALSE(change->topic || change->invite || change->visibility);
  for (const char* bad : {"title", "join=perhaps", "colour=red", "=x", "all_muted=maybe"}) {
    EXPECT_FALSE(settings_change_from({bad})) << bad;
  }
}

TEST(setting_words, rules_are_numbers_times_and_kinds) {
  tenant_policy policy;
  ASSERT_TRUE(change_policy(policy, {"recall_window_ms=10m", "max_devices=3",
                                     "exclusive_kinds=mobile,web", "user_rate=50"}));
  EXPECT_EQ(policy.recall_window_ms, 600'000u);
  EXPECT_EQ(policy.max_devices, 3u);
  EXPECT_EQ(policy.exclusive_kinds, 4u + 16u);
  EXPECT_EQ(policy.user_rate, 50u);
  EXPECT_EQ(policy.max_body_bytes, tenant_policy{}.max_body_bytes);
  const tenant_policy before = policy;
  for (const char* bad : {"max_devices=0", "max_devices=x", "nothing=1", "user_rate=4294967296",
                          "exclusive_kinds=fridge", "max_members"}) {
    EXPECT_FALSE(change_policy(policy, {bad})) << bad;
  }
  EXPECT_EQ(policy, before);
}

TEST(setting_words, every_rule_is_shown_in_the_form_in_which_it_can_be_set) {
  tenant_policy policy;
  policy.exclusive_kinds = 2 + 8;
  for (const policy_row& row : rows_of(policy)) {
    tenant_policy other;
    EXPECT_TRUE(change_policy(other, {row.name + "=" + std::to_string(row.value)})) << row.name;
    EXPECT_FALSE(row.meaning.empty());
    if (row.name == "exclusive_kinds") {
      EXPECT_EQ(row.text, "desktop,tablet");
    }
  }
  EXPECT_EQ(rows_of(policy).size(), 14u);
}

TEST(setting_words, what_is_yes_or_no_is_set_and_shown_in_these_words) {
  tenant_policy policy;
  ASSERT_TRUE(change_policy(policy, {"host_external=yes", "visit_external=true"}));
  EXPECT_TRUE(policy.host_external && policy.visit_external);
  ASSERT_TRUE(change_policy(policy, {"visit_external=no"}));
  EXPECT_FALSE(policy.visit_external);
  EXPECT_FALSE(change_policy(policy, {"host_external=2"}));
  for (const policy_row& row : rows_of(policy)) {
    EXPECT_EQ(row.yes_or_no, row.name.ends_with("_external")) << row.name;
    if (row.name == "host_external") {
      EXPECT_EQ(row.text, "yes");
    }
    if (row.name == "visit_external") {
      EXPECT_EQ(row.text, "no");
    }
  }
}

TEST(chat_words, texts_and_orders_are_told_apart_by_the_slash) {
  EXPECT_EQ(chat_order_from("hello /me").verb, chat_verb::say);
  EXPECT_EQ(chat_order_from("//etc/passwd").text, "/etc/passwd");
  EXPECT_EQ(chat_order_from("").text, "");
  EXPECT_EQ(chat_order_from("/quit").verb, chat_verb::quit);
  EXPECT_EQ(chat_order_from("/dance").verb, chat_verb::wrong);
}

TEST(chat_words, orders_take_number_duration_and_text_in_their_places) {
  chat_order o = chat_order_from("/reply 12  me too, of course");
  EXPECT_EQ(o.verb, chat_verb::reply);
  EXPECT_EQ(o.seq, event_seq{12});
  EXPECT_EQ(o.text, "me too, of course");
  o = chat_order_from("/expire 30s gone soon");
  EXPECT_EQ(o.verb, chat_verb::expire);
  EXPECT_EQ(o.ms, 30'000u);
  EXPECT_EQ(o.text, "gone soon");
  o = chat_order_from("/react #7 👍");
  EXPECT_EQ(o.seq, event_seq{7});
  EXPECT_EQ(o.text, "👍");
  o = chat_order_from("/add @bob carol");
  EXPECT_EQ(o.names, (std::vector<std::string>{"bob", "carol"}));
  EXPECT_FALSE(chat_order_from("/readers").seq);
  EXPECT_EQ(chat_order_from("/readers 5").seq, event_seq{5});
  EXPECT_EQ(chat_order_from("/history 80").count, 80u);
}

TEST(chat_words, what_is_missing_is_told_with_the_way_to_say_it) {
  for (const char* line : {"/reply", "/reply x hello", "/edit 12", "/burn soon hello", "/burn 10s",
                           "/recall", "/add", "/react 3", "/readers x"}) {
    const chat_order o = chat_order_from(line);
    EXPECT_EQ(o.verb, chat_verb::wrong) << line;
    EXPECT_EQ(o.text.rfind("/", 0), 0u) << o.text;
  }
}

TEST(chat_words, mentions_are_names_behind_an_at_that_begins_a_word) {
  EXPECT_EQ(mentioned_names("@bob and (@carol), ask @dave."),
            (std::vector<std::string>{"bob", "carol", "dave"}));
  EXPECT_EQ(mentioned_names("@all"), std::vector<std::string>{"all"});
  EXPECT_TRUE(mentioned_names("mail bob@example.org @").empty());
  EXPECT_EQ(mentioned_names("@carol@globex, @dan@initech."),
            (std::vector<std::string>{"carol@globex", "dan@initech"}));
}

/// Borrows the body.
event_view text_event(std::string_view body) {
  event_view e;
  e.seq = event_seq{12};
  e.kind = event_kind::text;
  e.sender = user_id{2};
  e.device = device_id{4};
  e.time = 1'700'000'000'000;
  e.client_seq = 99;
  e.ordinal = 5;
  e.body = body;
  return e;
}

std::string line_of(const event_view& e, time_ms now = 1'700'000'000'000) {
  line_style style;
  style.quote = [](event_seq s) { return s.value == 3 ? std::string("#3 u1: hi") : ""; };
  const std::string line = line_for_people(e, who, style, now);
  return line.substr(line.find("  ") + 2);
}

TEST(event_lines, a_message_shows_its_number_its_sender_and_what_is_special_about_it) {
  event_view e = text_event("hello");
  EXPECT_EQ(line_of(e), "#12 u2: hello");
  e.reply_to = event_seq{3};
  EXPECT_EQ(line_of(e), "#12 u2: [#3 u1: hi] hello");
  e.reply_to = event_seq{4};
  EXPECT_EQ(line_of(e), "#12 u2: [#4] hello");
  e.reply_to = {};
  e.thread = event_seq{1};
  e.flags = event_flags::mentions_all | event_flags::edited;
  EXPECT_EQ(line_of(e), "#12 u2: [thread #1] @all hello (edited)");
  e = text_event("soon gone");
  e.expires = e.time + 30'000;
  EXPECT_EQ(line_of(e), "#12 u2: soon gone (goes in 30 s)");
  e = text_event("");
  e.flags = event_flags::burning;
  e.burn_ms = 10'000;
  EXPECT_EQ(line_of(e), "#12 u2: (burning: 10 s from the first look; open #12)");
  e.flags |= event_flags::burned;
  EXPECT_EQ(line_of(e), "#12 u2: (burned)");
  e.flags = event_flags::recalled;
  EXPECT_EQ(line_of(e), "#12 u2: (taken back)");
  e = text_event("\x1b[31mred");
  EXPECT_EQ(line_of(e).find('\x1b'), std::string::npos);
}

event_view happening(event_kind kind, std::string_view body, std::uint64_t target = 0) {
  event_view e = text_event(body);
  e.kind = kind;
  e.target = event_seq{target};
  return e;
}

TEST(event_lines, what_happened_is_a_sentence_for_every_kind) {
  const time_ms now = 1'700'000'000'000;
  const auto sentence = [&](event_kind kind, const std::string& body, std::uint64_t target = 0) {
    return sentence_of(happening(kind, body, target), who, now);
  };
  created_body founding;
  founding.name = "Lunch";
  founding.members = {user_id{2}, user_id{3}};
  EXPECT_EQ(sentence(event_kind::conversation_created, encode_body(founding)),
            "u2 founded `Lunch` with u3");
  EXPECT_EQ(sentence(event_kind::members_added, encode_body(members_body{{user_id{5}}})),
            "u2 added u5");
  EXPECT_EQ(sentence(event_kind::members_added, encode_body(members_body{{user_id{2}}})),
            "u2 joined");
  EXPECT_EQ(sentence(event_kind::member_removed, encode_body(members_body{{user_id{2}}})),
            "u2 left");
  EXPECT_EQ(
      sentence(event_kind::role_changed, encode_body(role_body{user_id{5}, member_role::admin})),
      "u2 made u5 an admin");
  EXPECT_EQ(
      sentence(event_kind::role_changed, encode_body(role_body{user_id{5}, member_role::owner})),
      "u2 handed the conversation over to u5");
  EXPECT_EQ(sentence(event_kind::member_muted, encode_body(mute_body{user_id{5}, id_limit - 1})),
            "u2 muted u5 for ever");
  EXPECT_EQ(sentence(event_kind::member_muted, encode_body(mute_body{user_id{5}, 0})),
            "u2 lets u5 speak again");
  settings_body settings;
  settings.title = "Dinner";
  EXPECT_EQ(sentence(event_kind::settings_changed, encode_body(settings)),
            "u2 changed the settings: title `Dinner`, join closed, invite admins, visibility "
            "joining");
  EXPECT_EQ(sentence(event_kind::dissolved, ""), "u2 dissolved the conversation");
  EXPECT_EQ(sentence(event_kind::edited, "better", 7), "u2 edited #7: better");
  EXPECT_EQ(sentence(event_kind::recalled, "", 7), "u2 took #7 back");
  EXPECT_EQ(sentence(event_kind::reaction, encode_body(reaction_body{"+1", false}), 7),
            "u2 reacts with +1 to #7");
  EXPECT_EQ(sentence(event_kind::reaction, encode_body(reaction_body{"+1", true}), 7),
            "u2 took back +1 from #7");
  EXPECT_EQ(sentence(event_kind::pinned, encode_body(pin_body{}), 7), "u2 pinned #7");
  EXPECT_EQ(sentence(event_kind::gone,
                     encode_body(gone_body{gone_reason::expired, {event_seq{7}, event_seq{9}}})),
            "#7, #9 expired");
  EXPECT_NE(sentence(event_kind{99}, "").find("does not know"), std::string::npos);
}

TEST(event_lines, a_text_is_shortened_between_characters) {
  EXPECT_EQ(shortened("short", 10), "short");
  EXPECT_EQ(shortened("äöüß", 2), "äö…");
  EXPECT_EQ(shortened("two\nlines", 20), "two lines");
  EXPECT_EQ(shortened("\x9b\x9b\x9b", 2), "\xef\xbf\xbd\xef\xbf\xbd…") << "no text: a column each";
}

TEST(event_lines, every_inbox_entry_has_its_sentence) {
  for (unsigned kind = 1; kind <= 10; ++kind) {
    inbox_item e;
    e.kind = static_cast<inbox_kind>(kind);
    e.user = user_id{3};
    EXPECT_EQ(line_for_people(e, who, "Lunch", 0).find("does not know"), std::string::npos) << kind;
  }
}

TEST(event_json, names_every_field_that_is_there_and_none_that_is_not) {
  event_view e = text_event("hello");
  const json plain = json::parse(line_of_json(conversation_id{7}, e, who));
  EXPECT_EQ(plain, json::parse(R"({"conversation":7,"seq":12,"kind":"text","time":1700000000000,
      "sender":2,"sender_name":"u2","device":4,"client_seq":99,"ordinal":5,"text":"hello"})"));
  e.flags = event_flags::mentions_all | event_flags::edited | event_flags::burning;
  e.burn_ms = 10;
  e.expires = 11;
  e.reply_to = event_seq{1};
  e.thread = event_seq{2};
  e.mentions = {user_id{3}};
  e.origin_conversation = conversation_id{8};
  e.origin_seq = event_seq{9};
  e.origin_sender = user_id{10};
  e.origin_time = 12;
  e.changed = event_seq{13};
  const json full = json::parse(line_of_json(conversation_id{7}, e, who));
  EXPECT_EQ(full.at("mentions"), json::parse(R"([{"user":3,"name":"u3"}])"));
  for (const char* name : {"edited", "mentions_all", "burning"}) EXPECT_EQ(full.at(name), true);
  EXPECT_EQ(full.at("burn_ms"), 10);
  EXPECT_EQ(full.at("expires"), 11);
  EXPECT_EQ(full.at("reply_to"), 1);
  EXPECT_EQ(full.at("thread"), 2);
  EXPECT_EQ(full.at("origin_conversation"), 8);
  EXPECT_EQ(full.at("origin_seq"), 9);
  EXPECT_EQ(full.at("origin_sender"), 10);
  EXPECT_EQ(full.at("origin_time"), 12);
  EXPECT_EQ(full.at("changed"), 13);
}

TEST(event_json, bodies_are_read_and_bytes_are_base64) {
  const auto line = [](const event_view& e) {
    return json::parse(line_of_json(conversation_id{7}, e, who));
  };
  EXPECT_EQ(line(happening(event_kind::opaque, std::string("\xff\x00z", 3))).at("body_base64"),
            "/wB6");
  EXPECT_EQ(line(happening(event_kind::edited, "new", 3)).at("target"), 3);
  const json reaction =
      line(happening(event_kind::reaction, encode_body(reaction_body{"+1", true}), 3));
  EXPECT_EQ(reaction.at("reaction"), "+1");
  EXPECT_EQ(reaction.at("removed"), true);
  EXPECT_EQ(
      line(happening(event_kind::gone, encode_body(gone_body{gone_reason::burned, {event_seq{5}}})))
          .at("seqs"),
      json::parse("[5]"));
  event_view gone = text_event("");
  gone.flags = event_flags::recalled;
  gone.gone_by = user_id{3};
  gone.gone_at = 17;
  EXPECT_EQ(line(gone).at("gone"), "recalled");
  EXPECT_EQ(line(gone).at("gone_by"), 3);
  EXPECT_EQ(line(happening(event_kind{99}, "?")).at("kind_number"), 99);
  EXPECT_EQ(base64("a"), "YQ==");
  EXPECT_EQ(base64("ab"), "YWI=");
}

TEST(event_json, an_inbox_entry_says_what_its_numbers_mean) {
  inbox_item e;
  e.seq = 3;
  e.kind = inbox_kind::settings;
  e.conversation = conversation_id{7};
  e.number = 55;
  e.flags = 2;
  const json line = json::parse(line_of_json(e, who));
  EXPECT_EQ(line.at("inbox"), 3);
  EXPECT_EQ(line.at("kind"), "settings");
  EXPECT_EQ(line.at("muted_until"), 55);
  EXPECT_EQ(line.at("pinned"), false);
  EXPECT_EQ(line.at("hidden"), true);
}

TEST(advice, every_code_that_ends_a_command_says_what_to_do) {
  for (const errc code : {errc::invalid_token, errc::wrong_credentials, errc::kicked, errc::muted,
                          errc::window_over, errc::rate_limited, errc::outcome_unknown,
                          errc::storage_full, errc::unsupported, unreachable}) {
    EXPECT_FALSE(advice_for_people(code).empty()) << name_of(code);
  }
}

TEST(password_prompt, a_file_that_others_may_read_is_refused_without_telling_what_is_in_it) {
  const test::temp_folder here("conclave-password");
  const std::string file = here.file("p");
  std::ofstream(file) << "correct horse\nnot this\n";
  ASSERT_EQ(chmod(file.c_str(), 0600), 0);
  EXPECT_EQ(*read_password(file, "?"), "correct horse");
  ASSERT_EQ(chmod(file.c_str(), 0644), 0);
  const auto refused = read_password(file, "?");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().detail.find("horse"), std::string::npos);
  EXPECT_FALSE(read_password(here.file("none"), "?"));
  std::ofstream(here.file("empty")) << "\nx\n";
  ASSERT_EQ(chmod(here.file("empty").c_str(), 0600), 0);
  EXPECT_FALSE(read_password(here.file("empty"), "?"));
}

}  // namespace
}  // namespace conclave::client::cli
