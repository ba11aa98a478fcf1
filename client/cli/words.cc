/// The tables of words.
#include "client/cli/words.h"

#include <array>
#include <charconv>

namespace conclave::client::cli {

namespace {

template <class Enum, std::size_t size>
std::string_view look_up(const std::array<std::pair<Enum, std::string_view>, size>& table,
                         Enum value) {
  for (const auto& [known, word] : table) {
    if (known == value) return word;
  }
  return "unknown";
}

using std::pair;
using std::string_view;

constexpr std::array<pair<event_kind, string_view>, 15> event_kinds{{
    {event_kind::conversation_created, "conversation_created"},
    {event_kind::members_added, "members_added"},
    {event_kind::member_removed, "member_removed"},
    {event_kind::role_changed, "role_changed"},
    {event_kind::member_muted, "member_muted"},
    {event_kind::settings_changed, "settings_changed"},
    {event_kind::dissolved, "dissolved"},
    {event_kind::text, "text"},
    {event_kind::structured, "structured"},
    {event_kind::opaque, "opaque"},
    {event_kind::edited, "edited"},
    {event_kind::recalled, "recalled"},
    {event_kind::reaction, "reaction"},
    {event_kind::pinned, "pinned"},
    {event_kind::gone, "gone"},
}};

constexpr std::array<pair<conversation_kind, string_view>, 4> conversation_kinds{{
    {conversation_kind::direct, "direct"},
    {conversation_kind::group, "group"},
    {conversation_kind::announcement, "announcement"},
    {conversation_kind::system, "system"},
}};

constexpr std::array<pair<member_role, string_view>, 3> roles{{
    {member_role::member, "member"},
    {member_role::admin, "admin"},
    {member_role::owner, "owner"},
}};

constexpr std::array<pair<join_policy, string_view>, 3> join_policies{{
    {join_policy::closed, "closed"},
    {join_policy::open, "open"},
    {join_policy::approval, "approval"},
}};

constexpr std::array<pair<invite_policy, string_view>, 3> invite_policies{{
    {invite_policy::admins, "admins"},
    {invite_policy::members, "members"},
    {invite_policy::approval, "approval"},
}};

constexpr std::array<pair<history_visibility, string_view>, 2> visibilities{{
    {history_visibility::since_joining, "joining"},
    {history_visibility::all, "all"},
}};

constexpr std::array<pair<device_kind, string_view>, 5> device_kinds{{
    {device_kind::desktop, "desktop"},
    {device_kind::mobile, "mobile"},
    {device_kind::tablet, "tablet"},
    {device_kind::web, "web"},
    {device_kind::other, "other"},
}};

constexpr std::array<pair<inbox_kind, string_view>, 10> inbox_kinds{{
    {inbox_kind::conversation_added, "conversation_added"},
    {inbox_kind::conversation_removed, "conversation_removed"},
    {inbox_kind::settings, "settings"},
    {inbox_kind::read, "read"},
    {inbox_kind::burned, "burned"},
    {inbox_kind::device_added, "device_added"},
    {inbox_kind::device_ended, "device_ended"},
    {inbox_kind::join_requested, "join_requested"},
    {inbox_kind::join_declined, "join_declined"},
    {inbox_kind::password_changed, "password_changed"},
}};

constexpr std::array<pair<join_state, string_view>, 3> join_states{{
    {join_state::joined, "joined"},
    {join_state::awaiting_approval, "awaiting_approval"},
    {join_state::declined, "declined"},
}};

struct unit {
  string_view name;
  string_view long_name;
  std::uint64_t ms;
};
constexpr std::array<unit, 5> units{{{"ms", "ms", 1},
                                     {"s", "s", 1'000},
                                     {"m", "min", 60'000},
                                     {"h", "h", 3'600'000},
                                     {"d", "d", 86'400'000}}};

}  // namespace

string_view word_of(event_kind kind) {
  return look_up(event_kinds, kind);
}
string_view word_of(conversation_kind kind) {
  return look_up(conversation_kinds, kind);
}
string_view word_of(member_role role) {
  return look_up(roles, role);
}
string_view word_of(join_policy policy) {
  return look_up(join_policies, policy);
}
string_view word_of(invite_policy policy) {
  return look_up(invite_policies, policy);
}
string_view word_of(history_visibility visibility) {
  return look_up(visibilities, visibility);
}
string_view word_of(device_kind kind) {
  return look_up(device_kinds, kind);
}
string_view word_of(inbox_kind kind) {
  return look_up(inbox_kinds, kind);
}
string_view word_of(join_state state) {
  return look_up(join_states, state);
}

outcome<std::uint64_t> duration_from(string_view text) {
  const failure bad{errc::invalid_argument,
                    "`" + std::string(text) + "` is no duration, such as 30s, 5m, 2h or 7d"};
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || count == 0) return bad;
  const string_view rest = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const unit& u : units) {
    if (rest != u.name) continue;
    if (count >= id_limit / u.ms) return bad;
    return count * u.ms;
  }
  return bad;
}

std::string duration_text(std::uint64_t ms) {
  const unit* best = &units.front();
  for (const unit& u : units) {
    // Nobody counts milliseconds above a second.
    const bool fits = ms >= 2 * u.ms || (ms >= u.ms && (ms % u.ms == 0 || u.ms == 1'000));
    if (fits) best = &u;
  }
  // Rounded up: what has 400 ms left has not ended.
  return std::to_string((ms + best->ms - 1) / best->ms) + " " + std::string(best->long_name);
}

std::optional<bool> truth_from(string_view word) {
  if (word == "yes" || word == "on" || word == "true" || word == "1") return true;
  if (word == "no" || word == "off" || word == "false" || word == "0") return false;
  return std::nullopt;
}

std::optional<pair<std::string, std::string>> key_and_value(string_view text) {
  const auto equals = text.find('=');
  if (equals == string_view::npos || equals == 0) return std::nullopt;
  return pair{std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
}

event_seq seq_from(string_view text) {
  if (!text.empty() && text.front() == '#') text.remove_prefix(1);
  std::uint64_t seq = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seq);
  const bool whole = error == std::errc{} && end == text.data() + text.size() && seq < id_limit;
  return event_seq{whole ? seq : 0};
}

}  // namespace conclave::client::cli
