/// The reference for viewcheck: what a conversation is, written from the protocol page with maps
/// and loops, sharing no code with the node or the client library. It is given what was
/// acknowledged, in the order of the seqs, and says what each user must be shown.
///
/// While it applies, it also judges: an operation that was answered OK though the rules forbid it,
/// a seq that nobody is known to have caused, a body that the node says to have gone too early or
/// without a reason. Pure; one thread.
#pragma once

#include "tests/e2e/view_operation.h"

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace conclave::viewcheck {

/// A model that is wrong on purpose, to see that the comparison finds it.
enum class broken : std::uint8_t {
  nothing,
  recall,
  edit,
  reaction,
  member,
  versions,
  readers,
  early,
  late,
  resurrect
};

struct complaint {
  enum class kind : std::uint8_t { illegal, unexplained, early, late } what;
  std::string sentence;
};

/// Blocks of text that a view may show for one message; exactly one is right unless the user has
/// missed a stretch of the conversation.
struct expected_message {
  number seq = 0;
  std::vector<std::string> kept;   ///< by a device that has followed
  std::vector<std::string> fresh;  ///< by one that has read HISTORY just now
};

struct expected_view {
  bool ever_member = false;
  bool member = false;
  number last = 0;    ///< the newest seq that he sees
  std::string about;  ///< the first line and those of the members
  std::vector<expected_message> messages;
  /// First and last seqs that he sees now but did not when his devices passed over them. The page
  /// leaves it to a device to ask for them; the client library does not.
  std::vector<std::pair<number, number>> passed;
};

struct expected_summary {
  number head = 0;
  bool member = false;
  number role = 0;
  std::string title;
  std::string topic;
  number read = 0;
  number unread = 0;
  number mentions = 0;
  std::map<number, std::pair<number, number>> members;  ///< user -> role, muted until
  std::set<number> pins;
};

class view_model {
 public:
  /// `node_was_down`: stretches of time in which it could tell nothing, each with its end.
  view_model(number conversation, const all_logs& logs, broken how,
             std::vector<std::pair<number, number>> node_was_down, number late_ms);

  const std::vector<complaint>& complaints() const { return complaints_; }
  number head() const { return head_; }
  /// Messages whose body must have gone at `now` and of whose going no event told.
  std::vector<number> overdue(number now) const;
  /// When the last timer that is known is due.
  number last_due() const { return last_due_; }
  number latest_ms() const { return latest_ms_; }

  expected_view view_of(number user) const;
  expected_summary summary_of(number user) const;
  struct expected_readers {
    std::set<number> read;
    number members = 0;
  };
  /// By message, of the newest `most` that he sees as a member: what it was before, oldest first.
  std::map<number, std::vector<std::string>> versions_for(number user, std::size_t most) const;
  /// By message, the same ones: who of the others that are here and see it has read it.
  std::map<number, expected_readers> readers_for(number user, std::size_t most) const;
  /// Is the body of the message, or of an edit of it, gone for everybody?
  bool gone(number seq) const;

 private:
  struct going {
    number by_event = 0;  ///< seq
    std::string words;    ///< as a view shows it
  };
  struct version {
    number seq = 0;  ///< of the event that wrote it; the first one: the message's own
    std::string body;
  };
  struct mark {
    number seq = 0;
    number user = 0;
    number time = 0;
    std::string reaction;  ///< empty: a pin
    bool removed = false;
  };
  struct message {
    operation said;
    number expires = 0;
    number origin_sender = 0;
    number origin_time = 0;
    std::set<number> readers;  ///< of a burning one: who was a member, but the sender
    std::vector<version> versions;
    std::vector<mark> marks;
    std::optional<going> went;
  };
  struct member {
    bool present = false;
    number role = role_member;
    number muted_until = 0;
    number joined = 0;
    std::vector<std::pair<number, number>> stretches;  ///< first, last; last 0: still open
    std::vector<std::pair<number, number>> passed;     ///< as in expected_view
  };
  struct settings {
    std::string title;
    std::string topic;
    number join = 1;
    number invite = 1;
    number visibility = 1;
    bool all_muted = false;
  };

  void apply(const operation& op);
  void apply_message(const operation& op);
  void apply_change(const operation& op);
  void apply_membership(const operation& op);
  void apply_settings(const operation& op);
  void apply_gone(const node_event& event);
  void check_burned(const message& m, const node_event& event);
  number read_mark(number user) const;
  void end_at(number seq);
  void go(message& m, going how);
  void join(number user, number role, number seq);

  message* target_of(const operation& op, std::string_view what);
  bool admin(number user) const;
  bool managed() const { return kind_ != kind_direct; }
  bool sees(number user, number seq) const;
  bool speaks(const operation& op, std::string_view what);
  std::set<std::string> reactions_of(const message& m, number user) const;
  bool pinned(const message& m) const;
  void complain(complaint::kind what, number seq, std::string_view why);

  std::string about(number user) const;
  std::string block(const message& m, const std::string& body, bool edited, number user) const;
  std::string gone_block(const message& m, const std::string& words) const;
  static std::string facts(const message& m, bool gone);

  number id_;
  const all_logs& logs_;
  const conversation_log& log_;
  broken how_;
  std::vector<std::pair<number, number>> down_;
  number late_ms_;
  number head_ = 0;
  bool dissolved_ = false;
  number kind_ = kind_group;
  settings settings_;
  std::map<number, member> members_;
  std::map<number, message> messages_;
  std::map<number, settings> settings_at_;    ///< by the seq that set them
  std::set<std::pair<number, number>> came_;  ///< user, seq of the event that added him
  number last_due_ = 0;
  number latest_ms_ = 0;
  std::vector<complaint> complaints_;
};

}  // namespace conclave::viewcheck
