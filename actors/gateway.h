/// The gateway: what stands between one loop's connections and the engine. Code on the loop's
/// thread, not an actor. In: frames become batches, one per (wake-up, conversation), each request
/// with its ticket. Out: answers, deliveries and hints posted by actors become frames in outboxes.
///
/// Deny by default: before LOGIN only HELLO, LOGIN and PING are understood; operators' requests
/// only on the admin listener; the tenant always comes from the session (promise P6).
///
/// Bounds: open requests and reads per connection, admitted bytes per loop (limits.h); beyond them
/// the answer is a retry, and a connection whose outbox is high is not read from.
#pragma once

#include "actors/directory.h"
#include "actors/engine_ports.h"
#include "actors/fanout.h"
#include "actors/gone_watch.h"
#include "actors/listeners.h"
#include "actors/login_check.h"
#include "actors/login_limiter.h"
#include "actors/online.h"
#include "actors/presence_watch.h"
#include "actors/session.h"
#include "actors/session_board.h"
#include "actors/usage.h"
#include "conf/clock.h"
#include "crypto/password.h"
#include "net/event_loop.h"
#include "schemas/codec.h"
#include "schemas/history_messages.h"
#include "schemas/operator_messages.h"
#include "schemas/session_messages.h"
#include "storage/store.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace conclave::actors {

/// What all gateways of a node share. Outlives them.
struct gateway_shared {
  const engine_ports* ports = nullptr;
  const storage::store* store = nullptr;
  const clock* time = nullptr;
  std::string node_name;
  std::uint32_t idle_timeout_ms = 90'000;
  std::size_t max_admitted_bytes = limits::max_admitted_bytes;
  std::size_t max_connections = 1'000'000;  ///< of one loop
  bool io_uring = false;                    ///< see net::loop_options
  gone_watch gone;
  /// Runs a job on the password pool; false: the pool is full or stopped.
  std::function<bool(std::function<void()>)> on_password;
  crypto::password_cost password_cost;
  login_limiter limiter;
  session_board board;
  usage_book usages;
  std::atomic<std::uint64_t> logins{0};
  std::atomic<std::uint64_t> password_logins{0};  ///< passwords that were right
  std::atomic<std::uint64_t> limited_logins{0};   ///< refused by the limiter
  std::atomic<bool> stopping{false};
  std::vector<class gateway*> gateways;
};

struct gateway_counters {
  std::uint64_t sessions = 0;  ///< logged in now
  std::uint64_t requests = 0;
  std::uint64_t rejected_logins = 0;
  std::uint64_t overdue = 0;
  std::uint64_t open_requests = 0;
  std::uint64_t answers = 0;
  std::uint64_t pushes = 0;
  std::uint64_t heads_owed = 0;
};

class gateway final : public net::loop_handler, public reply_port {
 public:
  gateway(std::uint8_t number, gateway_shared& shared);

  net::event_loop& loop() { return loop_; }

  /// Once before run(): the deadline clock.
  void start();

  /// Loop thread: tells everybody to go, and where to; answers nothing new.
  void drain(const farewell& word);

  /// Any thread: ends the loop. News that come later are let go at once: what is posted to a loop
  /// that has ended lies there until it is destroyed, which is too late for the answer in them.
  void stop();

  // -- net::loop_handler
  // ---------------------------------------------------------------------------
  void on_open(net::connection& c) override;
  void on_frames(net::connection& c, std::span<const frame_view> frames) override;
  void on_drained(net::connection& c) override;
  void on_close(net::connection& c, net::close_reason reason, const std::string& detail) override;
  void on_iteration_end() override;

  // -- reply_port
  // ----------------------------------------------------------------------------------
  void post(std::vector<answer> answers) override;
  void post(std::shared_ptr<const delivery> news) override;
  void post(std::shared_ptr<const head_hint> hint) override;
  void post(std::shared_ptr<const signal> news) override;
  void post(std::shared_ptr<const user_news> news) override;

  gateway_counters counters() const;  ///< thread-safe, approximate

 private:
  // gateway.cc
  void on_frame(session& s, const frame_view& frame);
  using request_handler = void (gateway::*)(session&, const frame_view&);
  /// What a logged in user, or operator, may ask; null for anything else.
  static request_handler user_request(frame_type type);
  static request_handler operator_request(frame_type type);
  void fail_connection(session& s, errc code, std::string_view detail = {});
  void answer_error(session& s, std::uint64_t correlation, errc code, std::string_view detail = {},
                    std::uint32_t retry_after_ms = 0);
  template <class Message>
  void answer_now(session& s, std::uint64_t correlation, const Message& message);
  /// The request in a frame; one that cannot be read is answered.
  template <class Message>
  outcome<Message> decoded(session& s, const frame_view& frame);
  /// Opens a request: a ticket, or an error answer and a ticket that is not armed.
  ticket admit(session& s, std::uint64_t correlation, std::size_t bytes,
               request_cost cost = request_cost::little);
  static bool has_room(const session& s, request_cost cost);
  void give(const answer& a);
  void pass_on(const delivery& news);
  void tick();
  /// Where a leaving node sends this one; empty: nowhere in particular.
  std::string_view way_for(const session& s) const;
  /// GOAWAY for one who never logs in, whatever else he says.
  void end_overdue_login(session& s, time_ms now);
  void publish_counters();
  bool runs_here() const;

  // gateway_login.cc
  void on_hello(session& s, const frame_view& frame);
  void on_login(session& s, const frame_view& frame);
  void finish_login(net::connection_id id, std::uint64_t correlation, const failure& why,
                    std::uint32_t retry_after_ms = 0);
  void finish_login(net::connection_id id, std::uint64_t correlation, const login_result& who);
  /// What a login means for older ones of its user, on every loop.
  struct login_note {
    tenant_id tenant{};
    user_id user{};
    device_id device{};
    device_kind kind{};
    std::uint64_t number = 0;
    bool exclusive = false;
    std::string device_name;
  };
  void end_older(const login_note& login);
  void end_session(session& s, errc why, std::string_view text);
  void on_user_news(const user_news& news);

  // gateway_work.cc
  void on_send(session& s, const frame_view& frame);
  void on_create(session& s, const frame_view& frame);
  void on_add_members(session& s, const frame_view& frame);
  void on_remove_member(session& s, const frame_view& frame);
  void on_create_tenant(session& s, const frame_view& frame);
  void on_provision(session& s, const frame_view& frame);
  /// An operator's order, to the registrar of the tenant of that name.
  template <class Order>
  void ask_tenant(session& s, const frame_view& frame, std::string_view tenant_name, Order order);
  void deliver_to_tenant(std::string_view tenant_name, std::shared_ptr<registrar_request> request);
  conversation_batch& batch_for(const session& s, conversation_id conversation);
  void deliver_plain(session& s, const frame_view& frame, conversation_id conversation,
                     conversation_request request, std::shared_ptr<const request_details> details,
                     std::span<const user_id> users = {}, std::string_view text = {});
  void deliver_with_target(const session& s, conversation_id conversation,
                           conversation_request request, std::shared_ptr<request_details> details,
                           std::string_view text);
  /// One more conversation is above the tenant's bound. Whoever is in it already, by a request of
  /// before, is answered again (P3).
  static bool has_too_many(const gateway_shared& shared, const storage::state_view& home,
                           const entity_ref& conversation, user_id user);
  void deliver_checked(const session& s, conversation_id conversation,
                       std::shared_ptr<conversation_batch> batch);

  // gateway_external.cc: people of other tenants
  void on_add_external(session& s, const frame_view& frame);

  // gateway_password.cc: what a password proves, and how it changes
  void on_login_password(session& s, const frame_view& frame);
  void on_change_password(session& s, const frame_view& frame);
  void on_set_password(session& s, const frame_view& frame);
  class login_waiter;

  // gateway_account.cc: devices, and what a tenant allows
  void on_renew_token(session& s, const frame_view& frame);
  void on_logout(session& s, const frame_view& frame);
  void on_list_devices(session& s, const frame_view& frame);
  void on_end_device(session& s, const frame_view& frame);
  /// Gives an order to the caller's own registrar.
  template <class Order>
  void ask_user(session& s, const frame_view& frame, Order order);
  /// The device has got its new token.
  static void note_renewed(session& s, const answer& a);
  void on_set_policy(session& s, const frame_view& frame);
  void on_get_policy(session& s, const frame_view& frame);

  // gateway_inbox.cc: the user's own log and settings
  void on_inbox(session& s, const frame_view& frame);
  void on_set_conversation(session& s, const frame_view& frame);

  // gateway_messages.cc: what is done to messages
  void act_on_message(session& s, const frame_view& frame, conversation_id conversation,
                      conversation_verb verb, std::uint64_t key, event_seq target,
                      std::string_view text = {}, bool removed = false);
  void on_edit(session& s, const frame_view& frame);
  void on_recall(session& s, const frame_view& frame);
  void on_react(session& s, const frame_view& frame);
  void on_pin(session& s, const frame_view& frame);
  void on_forward(session& s, const frame_view& frame);
  void on_mark_read(session& s, const frame_view& frame);
  void on_open(session& s, const frame_view& frame);

  // gateway_moderation.cc: roles, settings, joining, notices
  void on_set_role(session& s, const frame_view& frame);
  void on_mute_member(session& s, const frame_view& frame);
  void on_change_settings(session& s, const frame_view& frame);
  void on_dissolve(session& s, const frame_view& frame);
  void on_new_join_code(session& s, const frame_view& frame);
  void on_join(session& s, const frame_view& frame);
  void on_answer_join(session& s, const frame_view& frame);
  void on_send_notice(session& s, const frame_view& frame);

  // gateway_policy.cc: what the tenant allows
  /// False: the request is answered; it came too fast, or too many wait.
  bool within_policy(session& s, std::uint64_t correlation);

  // gateway_presence.cc: soft state
  void announce_presence(const session& s);
  void tell_presence(tenant_id tenant, user_id user);
  void on_typing(session& s, const frame_view& frame);
  void on_watch(session& s, const frame_view& frame);
  void on_watch_presence(session& s, const frame_view& frame);

  // gateway_sync.cc: catching up and looking closer
  void on_list_gone(session& s, const frame_view& frame);
  void on_list_readers(session& s, const frame_view& frame);
  void on_list_versions(session& s, const frame_view& frame);
  void on_list_pins(session& s, const frame_view& frame);
  void on_list_join_requests(session& s, const frame_view& frame);

  // gateway_reads.cc
  void on_history(session& s, const frame_view& frame);
  void on_list_conversations(session& s, const frame_view& frame);
  void on_list_members(session& s, const frame_view& frame);
  void on_resolve_users(session& s, const frame_view& frame);
  void on_list_tenants(session& s, const frame_view& frame);
  void on_list_users(session& s, const frame_view& frame);
  /// Runs `job` on the reader pool; its frame answers the request.
  void read(session& s, std::uint64_t correlation,
            std::function<outcome<std::string>(std::uint64_t correlation)> job);

  gateway_shared& shared_;
  net::event_loop loop_;
  online online_;
  presence_watch watched_presence_;
  online logging_in_;  ///< by token, while the reader pool looks at it
  fanout_counters fanout_counters_;
  fanout fanout_;

  /// This wake-up's batches, by conversation; handed on in on_iteration_end, where a lone one may
  /// run at once.
  struct pending_batch {
    entity_ref entity;
    std::shared_ptr<conversation_batch> batch;
  };
  std::vector<pending_batch> pending_;
  std::unordered_map<entity_ref, std::size_t, entity_hash> pending_at_;
  inline_runner inline_runner_;
  std::size_t admitted_bytes_ = 0;
  std::optional<farewell> leaving_;  ///< since drain()
  std::mutex stop_mutex_;
  bool stopped_ = false;  ///< under stop_mutex_

  struct atomic_counters {
    std::atomic<std::uint64_t> sessions{0}, requests{0}, rejected_logins{0}, overdue{0}, open{0},
        answers{0}, pushes{0}, heads_owed{0}, fanout_answers{0};
  } counters_;
};

template <class Message>
outcome<Message> gateway::decoded(session& s, const frame_view& frame) {
  auto message = decode<Message>(frame.payload);
  if (!message.ok())
    answer_error(s, frame.header.correlation, message.error().code, message.error().detail);
  return message;
}

template <class Order>
void gateway::ask_user(session& s, const frame_view& frame, Order order) {
  ticket asked = admit(s, frame.header.correlation, frame.payload.size());
  if (!asked.armed()) return;
  auto request = std::make_shared<registrar_request>();
  request->asked = std::move(asked);
  request->order = std::move(order);
  shared_.ports->actors->deliver_to_registrar(entity_ref{entity_kind::user, s.tenant, s.user.value},
                                              registrar_work{std::move(request)});
}

template <class Order>
void gateway::ask_tenant(session& s, const frame_view& frame, std::string_view tenant_name,
                         Order order) {
  auto request = std::make_shared<registrar_request>();
  request->asked = admit(s, frame.header.correlation, frame.payload.size());
  if (!request->asked.armed()) return;
  request->order = std::move(order);
  deliver_to_tenant(tenant_name, std::move(request));
}

template <class Message>
void gateway::answer_now(session& s, std::uint64_t correlation, const Message& message) {
  append_frame(s.connection->tail(), correlation, message);
  s.connection->queued();
}

}  // namespace conclave::actors
