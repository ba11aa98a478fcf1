/// What a chat shows: keeps the conversation's view and turns what happens into lines. What refers
/// to a message quotes it, what expires is announced when it goes, who types and who has read is
/// remembered for as long as it holds. Pure: clocks and names are given. Main thread only; keeps
/// the newest max_kept messages.
#pragma once

#include "client/cli/names.h"
#include "client/conversation_view.h"
#include "schemas/event.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace conclave::client::cli {

class chat_room {
 public:
  static constexpr std::size_t max_kept = 2'000;
  /// In larger groups "everybody has read it" is neither likely nor of interest.
  static constexpr std::size_t small_group = 20;
  static constexpr std::uint64_t typing_ms = 6'000;
  static constexpr std::size_t quoted_columns = 30;

  using lines = std::vector<std::string>;

  chat_room(user_id me, const names& who, bool colour) : me_(me), who_(who), colour_(colour) {}

  void seed(const std::vector<member_info>& members, event_seq as_of);

  /// Applies an event, and says it in lines. `now` is the wall clock.
  lines take(const event_view& event, time_ms now);
  /// Messages that went while the connection was lost.
  lines take_gone(const std::vector<event_seq>& seqs);
  /// A body that I may look at until then (node time).
  void opened(event_seq seq, time_ms burns_at) { burning_[seq] = burns_at; }
  /// It burned, on whichever device I opened it.
  lines burned(event_seq seq);
  /// What has gone by itself until `node_time`.
  lines tick(time_ms node_time);

  void typing(user_id user, bool on, std::uint64_t steady_ms);
  /// "alice is typing…", or nothing.
  std::string typing_line(std::uint64_t steady_ms) const;

  /// A member has read up to there: a line when now everybody has read what I said last.
  lines read_by(user_id user, event_seq seq);
  lines presence(user_id user, bool online) const;

  /// "#12 alice: the pizza place at…"; empty: it is not known here.
  std::string quote(event_seq seq, std::size_t columns = quoted_columns) const;

  /// My newest message; zero: none is known.
  event_seq mine() const { return mine_; }
  event_seq last() const { return view_.last(); }
  const conversation_view& view() const { return view_; }

 private:
  std::string line_of(const event_view& event, time_ms now) const;
  std::string note(const std::string& text) const;
  void bound();

  user_id me_;
  const names& who_;
  bool colour_;
  conversation_view view_;
  std::size_t taken_ = 0;
  event_seq mine_{};
  event_seq told_read_{};
  std::map<user_id, event_seq> read_;
  std::map<user_id, std::uint64_t> typing_;
  std::map<event_seq, time_ms> burning_;
  std::set<event_seq> burned_;
};

}  // namespace conclave::client::cli
