/// Who the user is in each conversation. A conversation of another tenant, the host, is full of the
/// host's user ids: what is one's own there is told by `self`, never by the id of the login.
///
/// Learnt from every conversation list that passes, and asked for one by one when a conversation
/// appears that no list has told. What was learnt stays: the node makes the id of a conversation
/// and `self` once, and gives them again to whoever comes back.
///
/// Owned by the session's core, on the loop's thread; one entry per conversation of the user.
#pragma once

#include "client/caller.h"
#include "client/results.h"
#include "schemas/history_messages.h"

#include <functional>
#include <string>
#include <unordered_map>
#include <utility>

namespace conclave::client {

class places {
 public:
  using told = std::function<void(outcome<conversation_place>)>;

  explicit places(caller& node) : node_(node) {}

  void on_ready(user_id me) { me_ = me; }

  void learn(const conversation_summary& s) {
    known_[s.conversation] = {s.self ? s.self : me_, std::string(s.host)};
  }
  void learn(conversation_id c, conversation_place place) { known_[c] = std::move(place); }
  /// Founded by this user: in his own tenant.
  void learn_own(conversation_id c) { known_.try_emplace(c, conversation_place{me_, {}}); }

  /// Null: not known yet.
  const conversation_place* find(conversation_id c) const {
    const auto at = known_.find(c);
    return at == known_.end() ? nullptr : &at->second;
  }

  /// Tells at once what is known, else after one question to the node; not_found: no conversation
  /// of this user.
  void ask(conversation_id c, std::uint64_t timeout_ms, told then) {
    if (const conversation_place* place = find(c)) return then(*place);
    list_conversations request;
    request.after = conversation_id{c.value - 1};
    request.limit = 1;
    node_.call(request, 0, timeout_ms,
               [this, c, then = std::move(then)](const outcome<frame_view>& answer) {
                 const auto page = answer_as<conversations_page>(answer);
                 if (!page) return then(page.error());
                 for (const conversation_summary& s : page->conversations) learn(s);
                 const conversation_place* place = find(c);
                 if (place != nullptr) return then(*place);
                 then(failure{errc::not_found, "you have no such conversation"});
               });
  }

 private:
  caller& node_;
  user_id me_{};
  std::unordered_map<conversation_id, conversation_place> known_;
};

}  // namespace conclave::client
