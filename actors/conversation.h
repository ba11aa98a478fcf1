/// The shell of a conversation's actor: takes batches, lets conversation_state judge them, proposes
/// drafts, and after each commit tells the loops. One run at a time, on CAF's workers or on a
/// resting loop's thread; owned by the actor. Life: claim (drain token) -> load on the reader pool
/// -> serve -> sleep, or die and be born again from the store.
///
/// Queues: parked requests while loading (limits::max_parked_requests), uncommitted work
/// (limits::max_uncommitted_*); beyond either the answer is `overloaded`.
#pragma once

#include "actors/conversation_state.h"
#include "actors/engine_ports.h"
#include "actors/interfaces.h"
#include "conf/limits.h"

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace conclave::actors {

class conversation_shell {
 public:
  /// Changes of membership that the users' registrars work on at a time; the next wait their turn
  /// in here. Each is a read job and a commit of its own: what others ask for finds few of them
  /// before it, and those of a full group cannot fill the reader pool.
  static constexpr std::size_t max_open_index_orders = 128;
  static_assert(max_open_index_orders * 16 <= limits::max_queued_reads);

  /// What the shell needs of its actor; called on the actor's own run.
  struct self_port {
    std::shared_ptr<storage::proposal_owner> owner;
    std::function<void(conversation_loaded)> send_loaded;  ///< from any thread
    std::function<void()> quit;
  };

  conversation_shell(const engine_ports& ports, const entity_ref& entity, std::uint64_t incarnation,
                     bool recovered, self_port self);

  void on_work(const conversation_work& work);
  void on_resolved(const storage::resolution& news);
  void on_claimed(std::uint64_t version);
  void on_loaded(const conversation_loaded& loaded);
  void on_index_learnt(const index_learnt& learnt);
  void on_inbox_learnt(const inbox_learnt& learnt);
  void on_doze();
  void on_stop();
  /// An exception came out of one of the above.
  void on_crash(const char* what);

 private:
  /// An answer that waits for a commit and does not stand in the place of an event.
  struct waiting_answer {
    ticket asked;
    std::string frame;
    std::shared_ptr<reply_gather> gather;
    time_ms due = 0;  ///< not 0: it carries a body, which from then on is gone
  };
  struct in_flight {
    draft work;
    std::vector<ticket> asked;  ///< one per event, in order; not armed for what the node says
    std::vector<waiting_answer> answers;
    std::uint64_t review = 0;  ///< once it is committed, this look at what burns begins; 0: none
  };
  struct late_ticket {
    event_seq seq{};
    waiting_answer what;
  };

  /// They may have missed what was told up to there.
  void hint_at(event_seq head, const member_list_ref& users);
  void give_up_loading(bool overloaded);
  void judge(conversation_batch& batch);
  void judge_one(conversation_request& request, const conversation_batch& batch,
                 rule_context context);
  void propose();
  void answer_when_committed(waiting_answer answer);
  void answer_late(event_seq committed);
  void give(waiting_answer& answer) const;
  /// Who keeps a user's index and inbox, and what the conversation is called there.
  struct user_home {
    entity_ref registrar;
    conversation_id conversation{};
    std::optional<seat> link;
  };
  user_home home_of(user_id user) const;
  struct index_order_given {
    bool member = false;
    push_moment pushed;  ///< sessions that are online by then have the event
    time_ms when = 0;
  };
  struct inbox_order_given {
    owed_entry entry;
    bool again = false;  ///< it changed since: order it once more when this one is learnt
    time_ms when = 0;
  };
  // -- conversation_orders.cc
  // ------------------------------------------------------------------------
  /// At once, or when its turn comes.
  void order_index(const membership_change& change, push_moment pushed);
  void give_index_order(event_seq seq, user_id user, index_order_given& given);
  void order_inbox(const owed_entry& entry);
  void give_inbox_order(inbox_order_given& given);
  void give_lost_orders_again();
  void give_orders_again(time_ms index_older_than, time_ms inbox_older_than);

  void post_typing(const conversation_request& request);
  /// Reads what is burning once somebody left, and has it judged.
  void review_burning(std::uint64_t number);
  void review_when_committed();
  /// The timer service looked before this actor loaded: reads the messages once more.
  void look_again(std::vector<keys::timer_key> timers);
  std::string answer_frame(const conversation_request& request, const ruling& r) const;
  /// Sleeps, if nothing is left to be done.
  void rest();
  void try_retire();
  void end(bool respawn);

  const engine_ports& ports_;
  entity_ref entity_;
  std::uint64_t incarnation_;
  bool recovered_;
  self_port self_;
  bool ended_ = false;

  std::uint64_t seen_ = 0;  ///< messages delivered by the directory and handled
  std::uint64_t claimed_version_ = 0;
  std::unique_ptr<conversation_state> state_;
  std::vector<std::shared_ptr<conversation_batch>> parked_;
  std::size_t parked_requests_ = 0;
  std::size_t parked_bytes_ = 0;  ///< of the messages that they are about

  std::vector<ticket> draft_tickets_;
  std::vector<waiting_answer> draft_answers_;
  std::uint64_t draft_review_ = 0;
  std::deque<in_flight> in_flight_;
  std::size_t uncommitted_events_ = 0;
  std::size_t uncommitted_bytes_ = 0;
  std::size_t waiting_body_bytes_ = 0;  ///< of answers that carry one and wait for a commit
  event_seq committed_head_{};
  std::deque<late_ticket> late_;

  /// Changes of membership ordered from their users' registrars and not yet learnt there; at most
  /// max_open_index_orders.
  std::map<std::pair<event_seq, user_id>, index_order_given> ordered_;
  struct index_order_waiting {
    membership_change change;
    push_moment pushed;
  };
  /// Those to be ordered next, as many as members: their intent rows are durable already.
  std::deque<index_order_waiting> to_order_;

  using inbox_slot = std::tuple<user_id, inbox_kind, std::uint64_t>;
  /// Inbox entries ordered and not yet learnt; one order at a time per owed row.
  std::map<inbox_slot, inbox_order_given> ordered_inbox_;
  time_ms orders_looked_at_ = 0;  ///< for those that were lost
};

/// Brings a conversation to life; see directory::spawner.
conversation_actor spawn_conversation(caf::actor_system& system, const engine_ports& ports,
                                      const entity_ref& entity, std::uint64_t incarnation,
                                      bool recovered);

}  // namespace conclave::actors
