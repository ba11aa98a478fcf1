/// A chat while it lasts: what a person typed is carried out, what happened is shown, and the node
/// is told what this person reads and that he is typing. The room (chat_room.h) knows what is
/// shown.
///
/// Texts are sent without waiting: the person's own come back in their place, and a failure is told
/// when it is known: also at the end, and without a terminal by the exit code. Everything else is
/// asked and answered at once. Main thread only, but for the answers of texts, which come on the
/// session's thread.
#pragma once

#include "client/cli/chat_room.h"
#include "client/cli/chat_words.h"
#include "client/cli/context.h"
#include "client/cli/event_feed.h"
#include "client/cli/line_editor.h"
#include "client/cli/name_book.h"
#include "client/cli/people_words.h"

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace conclave::client::cli {

class chat_session {
 public:
  chat_session(context& at, session& s, const conversation_info& here);

  /// False: this conversation cannot be read; the sentence has been printed.
  bool begin();

  void read();  ///< standard input is readable
  void take(const std::vector<event_feed::item>& items);
  /// Failures of texts, what expired, who types: called several times a second.
  void tick();

  /// Failures of texts alone; works also when the session is gone.
  void tell_failures();

  /// Nothing more is to come: asked to quit, ended, or the input ended and all is answered.
  bool over();
  bool wants_input() const { return !input_ended_; }
  /// Some text is not answered yet.
  bool under_way();

 private:
  void typed(const std::string& line);
  void carry_out(const chat_order& order);
  void say(const std::string& text, message_extras extras);
  void change(const outcome<receipt>& done, const char* what);
  void open(event_seq seq);
  void readers(event_seq seq);
  void versions(event_seq seq);
  void pins();
  void members();
  void add(const std::vector<std::string>& names);
  void forward(event_seq seq, const std::string& to);
  void learn_members();
  void watch();
  bool show_last(std::uint32_t count, bool first);
  void show(const event_view& event);
  void take_link(const event_feed::item& i);
  void take_inbox(const inbox_item& entry);
  void mark_read();
  void tell_typing();
  void tell(const failure& f, const std::string& what);
  /// `words` when it is certainly not done.
  void tell_undone(const failure& f, const std::string& words);
  void note(const std::string& text);
  void print(const chat_room::lines& lines);

  context& at_;
  session& session_;
  conversation_info info_;
  conversation_id here_;
  name_book book_;
  name_scope& names_;  // of this conversation
  chat_room room_;
  line_editor editor_;
  std::mutex mutex_;  // guards the two below, which the session's thread writes
  std::size_t under_way_ = 0;
  std::vector<failure> failures_;
  std::optional<failure> worst_;  // of texts that a script gave
  std::uint64_t shown_ = 0;
  std::uint64_t marked_ = 0;
  std::uint64_t typing_told_ms_ = 0;  // 0: not typing, as far as the node knows
  bool input_ended_ = false;
  bool quit_ = false;
  bool ended_ = false;
  bool lost_ = false;
};

}  // namespace conclave::client::cli
