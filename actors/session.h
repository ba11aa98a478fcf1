/// What the gateway knows about one connection. Lives on its loop's thread, owned by the
/// connection. Idle size well under 1 KiB: tables grow only while requests are open.
#pragma once

#include "actors/reply.h"
#include "actors/session_links.h"
#include "actors/usage.h"
#include "conf/limits.h"
#include "net/connection.h"
#include "schemas/account_messages.h"
#include "schemas/ids.h"
#include "schemas/policy_messages.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace conclave::actors {

enum class session_phase : std::uint8_t {
  greeting,    ///< TLS is up, HELLO has not come
  anonymous,   ///< WELCOME sent, LOGIN has not come
  logging_in,  ///< the reader pool looks at the token, or the password pool at the password
  ready,
};

/// What a request costs before its conversation judges it, or when it is answered.
enum class request_cost : std::uint8_t {
  little,
  target,   ///< the message that it is about is read
  opening,  ///< the same, and a whole body is the answer
};

/// The open requests of one connection: at most one answer per request, exactly one unless the
/// connection ends first, `outcome_unknown` after the deadline (promise P9).
class open_requests {
 public:
  struct slot {
    std::uint64_t correlation = 0;
    time_ms deadline = 0;  ///< boot clock
    std::uint16_t generation = 0;
    bool open = false;      ///< taken
    bool answered = false;  ///< by the deadline; the real answer only frees the slot
    request_cost cost = request_cost::little;
  };

  std::size_t size() const { return open_; }
  std::size_t count(request_cost cost) const { return by_cost_[static_cast<std::size_t>(cost)]; }

  /// False when max_open_requests are open.
  bool take(std::uint64_t correlation, time_ms deadline, request_cost cost,
            reply_address& address) {
    if (open_ >= limits::max_open_requests) return false;
    std::size_t at = free_from_;
    while (at < slots_.size() && slots_[at].open) ++at;
    if (at == slots_.size()) slots_.emplace_back();
    free_from_ = at + 1;
    slot& s = slots_[at];
    s.correlation = correlation;
    s.deadline = deadline;
    s.open = true;
    s.answered = false;
    s.cost = cost;
    ++open_;
    ++by_cost_[static_cast<std::size_t>(cost)];
    address.correlation = correlation;
    address.slot = static_cast<std::uint16_t>(at);
    address.generation = ++s.generation;
    return true;
  }

  /// Frees the slot of an answer. True: the answer is to be sent.
  bool settle(const reply_address& address) {
    if (address.slot >= slots_.size()) return false;
    slot& s = slots_[address.slot];
    if (!s.open || s.generation != address.generation) return false;
    s.open = false;
    --open_;
    --by_cost_[static_cast<std::size_t>(s.cost)];
    if (address.slot < free_from_) free_from_ = address.slot;
    if (open_ == 0 && slots_.size() > 16) {
      // A burst is over: an idle connection keeps no table. Generations start again, which is safe
      // because nothing of the old table is open any more.
      const bool answered = s.answered;
      std::vector<slot>().swap(slots_);
      free_from_ = 0;
      return !answered;
    }
    return !s.answered;
  }

  /// Calls `late(correlation)` for everything past its deadline, once.
  template <class Late>
  void expire(time_ms now, Late late) {
    if (open_ == 0) return;
    for (slot& s : slots_) {
      if (!s.open || s.answered || s.deadline > now) continue;
      s.answered = true;
      // It is asked again, and no body will be sent for this one.
      --by_cost_[static_cast<std::size_t>(s.cost)];
      s.cost = request_cost::little;
      ++by_cost_[static_cast<std::size_t>(s.cost)];
      late(s.correlation);
    }
  }

 private:
  std::vector<slot> slots_;
  std::size_t open_ = 0;
  std::size_t free_from_ = 0;  ///< no free slot below
  std::array<std::uint16_t, 3> by_cost_{};
};

struct session final : net::connection_user {
  explicit session(net::connection& c) : connection(&c) {}
  ~session() override { count_settled(requests.size()); }
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  net::connection* connection;
  session_phase phase = session_phase::greeting;
  bool admin = false;    ///< came in through the admin listener
  bool lagging = false;  ///< the outbox is high: pushes become owed heads

  tenant_id tenant{};
  user_id user{};
  device_id device{};
  device_kind kind{};
  std::string account;     ///< "tenant/user", as the limiter of passwords knows him
  std::string token_hash;  ///< of the token that the device holds for certain
  time_ms login_by = 0;    ///< boot clock: not logged in by then, it is sent away
  std::chrono::steady_clock::time_point logged_in_at;  ///< pushes come from here on
  std::uint64_t login_number = 0;  ///< later logins of a device replace earlier ones
  bool ended = false;  ///< the device ended while its token was looked at: it does not come in

  session_links_ref links;  ///< null: in no conversation of another tenant

  /// Where a conversation that the client names is, and who he is there.
  seat seat_in(conversation_id conversation) const {
    const seat* const other = links == nullptr ? nullptr : links->find(conversation);
    return other != nullptr ? *other : seat{tenant, conversation, user};
  }
  /// What the client calls a conversation; 0: he does not know of it.
  conversation_id local_id(tenant_id host, conversation_id conversation) const {
    if (host == tenant) return conversation;
    return links == nullptr ? conversation_id{} : links->local_of(host, conversation);
  }

  open_requests requests;
  std::uint32_t open_reads = 0;

  /// What the tenant allows, and what user and tenant use: set at login, shared by their sessions.
  std::shared_ptr<const tenant_policy> policy;
  std::uint64_t policy_generation = 0;
  std::shared_ptr<usage> device_usage;  ///< null until the policy bounds its rate
  std::shared_ptr<usage> user_usage;
  std::shared_ptr<usage> tenant_usage;

  /// Frees the slot of an answer. True: it is to be sent.
  bool settle(const reply_address& address) {
    const std::size_t before = requests.size();
    const bool send = requests.settle(address);
    count_settled(before - requests.size());
    return send;
  }
  void count_settled(std::size_t count) {
    if (user_usage == nullptr) return;
    user_usage->open.fetch_sub(static_cast<std::uint32_t>(count), std::memory_order_relaxed);
    tenant_usage->open.fetch_sub(static_cast<std::uint32_t>(count), std::memory_order_relaxed);
  }
  std::uint64_t fanout_mark = 0;  ///< scratch of fanout.cc

  /// A conversation that this connection shows, and until when (boot clock).
  struct watched {
    conversation_id conversation{};
    time_ms until = 0;
  };
  std::vector<watched> watching;  ///< at most limits::max_watched, oldest first

  bool watches(conversation_id conversation, time_ms now) const {
    for (const watched& w : watching)
      if (w.conversation == conversation) return w.until > now;
    return false;
  }
  /// `until` 0 ends the watching.
  void watch(conversation_id conversation, time_ms until) {
    std::erase_if(watching, [&](const watched& w) { return w.conversation == conversation; });
    if (until == 0) return;
    if (watching.size() >= limits::max_watched) watching.erase(watching.begin());
    watching.push_back({conversation, until});
  }

  std::vector<user_id> presence_of;  ///< whose coming and going it wants to know
  time_ms presence_until = 0;        ///< boot clock

  /// Newest entry of the inbox: not pushed while lagging, or written while logging in. 0: none.
  std::uint64_t owed_inbox_head = 0;
  /// Conversation -> newest seq not pushed. Null unless lagging.
  std::unique_ptr<std::unordered_map<conversation_id, event_seq>> owed_heads;
};

}  // namespace conclave::actors
