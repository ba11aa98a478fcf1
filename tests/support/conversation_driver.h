/// Drives conversation_state by hand: requests as short calls, a clock that stands still, and rows
/// that take the drafts which a test lets commit.
#pragma once

#include "actors/conversation_state.h"
#include "tests/support/memory_rows.h"

#include <initializer_list>
#include <memory>
#include <string_view>
#include <vector>

namespace conclave::test {

inline constexpr tenant_id acme{3};
inline constexpr conversation_id room{77};

inline std::vector<user_id> users(std::initializer_list<std::uint64_t> ids) {
  std::vector<user_id> list;
  for (const std::uint64_t id : ids) list.push_back(user_id{id});
  return list;
}

/// Appends a request to a batch; the caller may arm its ticket.
inline actors::conversation_request& append_request(actors::conversation_batch& batch,
                                                    actors::conversation_verb verb,
                                                    std::uint64_t user, std::uint64_t device,
                                                    std::uint64_t key, std::string_view text,
                                                    const std::vector<user_id>& named) {
  actors::conversation_request request;
  request.verb = verb;
  request.user = user_id{user};
  request.device = device_id{device};
  request.key = key;
  request.text_offset = static_cast<std::uint32_t>(batch.bytes.size());
  request.text_size = static_cast<std::uint32_t>(text.size());
  batch.bytes.append(text);
  request.users_offset = static_cast<std::uint32_t>(batch.users.size());
  request.users_count = static_cast<std::uint32_t>(named.size());
  batch.users.insert(batch.users.end(), named.begin(), named.end());
  batch.requests.push_back(std::move(request));
  return batch.requests.back();
}

class conversation_driver {
 public:
  using verb = actors::conversation_verb;

  conversation_driver() { reload(); }

  time_ms now = 1'000;
  history_visibility visibility = history_visibility::since_joining;
  memory_rows rows;
  tenant_policy policy;
  storage::disk_level disk = storage::disk_level::fine;
  conversation_kind founded = conversation_kind::group;

  actors::ruling ask(verb what, std::uint64_t user, std::uint64_t key, std::string_view text,
                     const std::vector<user_id>& named, std::uint64_t device = 1) {
    actors::conversation_batch batch;
    auto& request = append_request(batch, what, user, device, key, text, named);
    request.founded = founded;
    request.visibility = visibility;
    return judge(request, batch);
  }
  actors::ruling judge(const actors::conversation_request& request,
                       const actors::conversation_batch& batch) {
    return state_->rule(request, batch, {now, &policy, disk});
  }
  /// A request with details, like those that the gateway makes of the rarer frames.
  actors::ruling ask_with(verb what, std::uint64_t user, std::uint64_t key,
                          const actors::request_details& details, std::string_view text = {},
                          const std::vector<user_id>& named = {}, std::uint64_t device = 1) {
    actors::conversation_batch batch;
    auto& request = append_request(batch, what, user, device, key, text, named);
    request.more = std::make_shared<const actors::request_details>(details);
    request.founded = founded;
    return judge(request, batch);
  }
  /// A request about a message, which is looked at first as the reader pool does.
  actors::ruling about(verb what, std::uint64_t user, std::uint64_t key, std::uint64_t target,
                       std::string_view text = {}, bool removed = false) {
    return ask_with(what, user, key, details_about(user, target, removed), text);
  }
  actors::request_details details_about(std::uint64_t user, std::uint64_t target,
                                        bool removed = false) const {
    actors::request_details details;
    details.target = event_seq{target};
    details.removed = removed;
    details.image = rows.target(acme, room, user_id{user}, event_seq{target});
    return details;
  }
  /// Timers that are due now, as the timer service gives them out.
  actors::request_details due() const {
    actors::request_details details;
    for (auto at = rows.all().lower_bound(keys::timers_between(0, now).first);
         at != rows.all().end() && at->first < keys::timers_between(0, now).last; ++at) {
      const auto key = *keys::parse_timer(at->first);
      details.due.push_back({key, rows.target(acme, room, key.reader, key.seq)});
    }
    return details;
  }
  actors::ruling fire() { return ask_with(verb::due, 0, 0, due()); }
  /// The committed event.
  event_view event(std::uint64_t seq) {
    kept_ = rows.get(keys::event(acme, room, event_seq{seq}));
    return *decode_event(kept_);
  }

  actors::ruling create(std::uint64_t user, std::uint64_t op_id,
                        std::initializer_list<std::uint64_t> others) {
    const bool direct = founded == conversation_kind::direct;
    return ask(verb::create, user, op_id, direct ? "" : "the room", users(others));
  }
  actors::ruling say(std::uint64_t user, std::uint64_t key, std::string_view text = "hello",
                     std::uint64_t device = 1) {
    return ask(verb::send, user, key, text, {}, device);
  }
  actors::ruling add(std::uint64_t user, std::uint64_t key,
                     std::initializer_list<std::uint64_t> who) {
    return ask(verb::add_members, user, key, {}, users(who));
  }
  actors::ruling remove(std::uint64_t user, std::uint64_t key, std::uint64_t who) {
    return ask(verb::remove_member, user, key, {}, users({who}));
  }

  /// Takes the draft and lets it commit.
  actors::draft commit() {
    actors::draft taken = state_->take_draft();
    rows.apply(taken.redo);
    return taken;
  }
  /// Builds the state again from what is committed.
  void reload() {
    state_ = std::make_unique<actors::conversation_state>(acme, room, rows.image(acme, room));
  }

  actors::conversation_state& state() { return *state_; }
  member_record member(std::uint64_t user) const {
    return *decode_record<member_record>(rows.get(keys::member(acme, room, user_id{user})));
  }

 private:
  std::string kept_;
  std::unique_ptr<actors::conversation_state> state_;
};

}  // namespace conclave::test
