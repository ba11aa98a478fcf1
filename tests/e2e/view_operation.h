/// What viewcheck knows to have been done: one record per acknowledged request, with the place that
/// its answer named, and one per event of kind 36 (gone) that the node made by itself. Plain
/// numbers, nothing of the node or the client library: the reference model is made of these alone.
///
/// Pure data; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace conclave::viewcheck {

using number = std::uint64_t;  ///< ids, seqs and times, as on the wire

enum class act : std::uint8_t {
  create,
  say,
  edit,
  recall,
  react,
  pin,
  forward,
  add,
  remove,
  role,
  mute,
  settings,
  let_in,  ///< told by its event: JOIN and ANSWER_JOIN are not answered with a seq
  dissolve,
};

// Values of the protocol page.
inline constexpr number kind_direct = 1;
inline constexpr number kind_group = 2;
inline constexpr number kind_announcement = 3;
inline constexpr number role_member = 1;
inline constexpr number role_admin = 2;
inline constexpr number role_owner = 3;
inline constexpr number text_kind = 16;
inline constexpr number see_all = 2;
inline constexpr number invite_members = 2;
inline constexpr number join_open = 2;

struct operation {
  act what = act::say;
  number conversation = 0;
  number user = 0;
  number seq = 0;   ///< of the answer
  number time = 0;  ///< of the answer

  // say, edit, forward
  number kind = text_kind;
  std::string body;
  number reply_to = 0;
  number thread = 0;
  std::vector<number> mentions;
  bool mentions_all = false;
  number expires_after = 0;
  number expires_at = 0;
  number burn_ms = 0;
  number origin_conversation = 0;
  number origin_seq = 0;

  // edit, recall, react, pin
  number target = 0;
  std::string reaction;
  bool removed = false;

  // create, add, remove, role, mute, let_in
  std::vector<number> users;
  number role = 0;
  number until = 0;

  // create, settings: a settings operation changes one of these
  number conversation_kind = kind_group;
  number visibility = 1;
  bool sets_title = false;
  bool sets_topic = false;
  bool sets_invite = false;
  bool sets_all_muted = false;
  bool sets_join = false;
  bool sets_visibility = false;
  std::string title;
  std::string topic;
  number invite = 0;
  number join = 0;
  bool all_muted = false;
};

/// An event of kind 36: what the node says to have gone.
struct node_event {
  number seq = 0;
  number time = 0;
  bool burned = false;
  std::vector<number> targets;
};

/// What is known about the reading of a burning message by one user.
struct opening {
  number burns_at = 0;  ///< 0: no answer told it
};

struct conversation_log {
  std::map<number, operation> done;                    ///< by seq
  std::map<number, node_event> gone;                   ///< by seq
  std::map<number, std::map<number, opening>> opened;  ///< by message, by user; also asked in vain
  std::set<number> asked;         ///< users who showed the join code, also in vain
  std::map<number, number> read;  ///< by user: the highest mark that is known to be set
};

using all_logs = std::map<number, conversation_log>;

}  // namespace conclave::viewcheck
