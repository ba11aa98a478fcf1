/// Plays chat logs through a node: each nick is a user on its own connection, each log a group that
/// a bot owns. The order of the group must be the order of the log, so a text of another sender, a
/// coming or a going waits until everything before it is answered; texts of one sender follow each
/// other without waiting. What arrives at each connection is kept and compared in the end.
///
/// One reactor on the thread that calls run(). Whatever goes wrong ends the run with a sentence.
#pragma once

#include "client/reactor.h"
#include "schemas/conversation_messages.h"
#include "tests/e2e/irc_log.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace conclave::irc {

class irc_replay final : private client::reactor_handler {
 public:
  struct options {
    client::endpoint server;
    std::shared_ptr<const net::tls_context> tls;
    std::vector<std::string> tokens;  ///< of the bot, then of everybody in `nicks`
    std::vector<user_id> users;       ///< in the same order
    std::vector<std::string> nicks;   ///< without the bot
    std::chrono::milliseconds deadline{120'000};
  };

  irc_replay(options o, const std::vector<chat_log>& logs);

  /// Empty: all steps were played and answered. Else what went wrong.
  std::string run();

  /// Empty: everybody received exactly the events of his stretches, in order, byte for byte.
  std::string compare() const;

  std::uint64_t deliveries() const { return deliveries_; }
  std::uint64_t events() const;

 private:
  struct played {  // one event of a group, as it must be
    event_kind kind{};
    std::size_t user = 0;     // who asked for it
    std::size_t subject = 0;  // who was added or removed
    std::string_view text;
  };
  struct arrival {
    std::uint64_t seq = 0;
    bool own = false;    // an OK
    bool right = false;  // kind, sender and body are those of the log
  };
  struct group {
    const chat_log* log = nullptr;
    conversation_id id{};
    std::vector<std::size_t> users;  // by the log's nick
    std::size_t next = 0;            // step
    std::size_t open = 0;            // unanswered
    std::uint64_t answered = 0;      // highest seq that was answered
    std::vector<played> events;      // by seq - 1
  };
  struct connection {
    client::session_ref link;
    bool ready = false;
    std::uint64_t correlation = 0;
    std::unordered_map<std::uint64_t, std::pair<std::size_t, std::uint64_t>> asked;  // group, seq
    std::vector<std::vector<arrival>> arrived;                                       // by group
  };

  void on_ready(client::session_ref s, const logged_in& who, const welcome& node) override;
  void on_event(client::session_ref s, conversation_id conversation, const event_view& event,
                std::string_view bytes) override;
  void on_head(client::session_ref s, conversation_id conversation, event_seq head) override;
  void on_answer(client::session_ref s, std::uint64_t correlation,
                 const frame_view& answer) override;
  void on_closed(client::session_ref s, const client::end_of_session& end) override;
  void on_iteration_end() override;

  void connect_more();
  void found_groups();
  void play(std::size_t index);
  void play_step(std::size_t index, const step& s);
  std::uint64_t expect(group& g, std::size_t group_index, std::size_t asker, played event);
  bool is_right(const group& g, const event_view& event) const;
  std::size_t group_of(conversation_id id) const;
  bool everything_arrived() const;
  std::vector<std::vector<std::vector<std::uint64_t>>> expected() const;
  void fail(std::string sentence);

  options options_;
  std::vector<group> groups_;
  std::vector<connection> connections_;
  std::size_t opened_ = 0;
  std::size_t ready_ = 0;
  std::uint64_t deliveries_ = 0;
  std::uint64_t wanted_deliveries_ = 0;
  bool founding_ = false;
  bool lingering_ = false;
  bool done_ = false;
  std::string failure_;
  client::reactor reactor_;
};

}  // namespace conclave::irc
