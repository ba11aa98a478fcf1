/// Read marks that are set while a person scrolls: at most one MARK_READ per conversation is under
/// way, and only the highest seq is told after it. Marks never go back, so nothing is lost by that.
/// Owned by the session's core, on the loop's thread; one entry per conversation being read.
#pragma once

#include "client/caller.h"
#include "schemas/event_messages.h"

#include <algorithm>
#include <cstdint>
#include <unordered_map>

namespace conclave::client {

class read_marks {
 public:
  explicit read_marks(caller& node) : node_(node) {}

  void mark(conversation_id c, event_seq seq) {
    const auto [at, fresh] = open_.try_emplace(c);
    at->second.wanted = std::max(at->second.wanted, seq.value);
    if (fresh) tell(c);
  }

 private:
  struct mark_state {
    std::uint64_t wanted = 0;
    std::uint64_t told = 0;
  };

  void tell(conversation_id c) {
    mark_state& at = open_[c];
    at.told = at.wanted;
    mark_read request;
    request.conversation = c;
    request.seq = event_seq{at.told};
    node_.call(request, 0, no_deadline, [this, c](const outcome<frame_view>& answer) {
      const mark_state& now = open_[c];
      // Refused: what comes later will be judged by itself.
      if (answer.ok() && now.wanted > now.told) return tell(c);
      open_.erase(c);
    });
  }

  caller& node_;
  std::unordered_map<conversation_id, mark_state> open_;
};

}  // namespace conclave::client
