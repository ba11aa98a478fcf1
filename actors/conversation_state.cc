/// The rules of one conversation; see conversation_state.h.
#include "actors/conversation_state.h"

#include "conf/limits.h"
#include "schemas/check.h"
#include "schemas/keys.h"
#include "schemas/utf8.h"

#include <algorithm>
#include <atomic>

namespace conclave::actors {

namespace {

std::uint64_t next_list_version() {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

ruling rejected(errc code, std::string_view detail = {}) {
  ruling r;
  r.code = code;
  r.detail = detail;
  return r;
}

ruling repeated(event_seq seq, time_ms time) {
  ruling r;
  r.what = ruling::kind::repeated;
  r.seq = seq;
  r.time = time;
  return r;
}

}  // namespace

conversation_state::conversation_state(tenant_id tenant, conversation_id id,
                                       const storage::conversation_image& image)
    : tenant_(tenant),
      id_(id),
      exists_(image.exists),
      record_(image.record),
      head_(image.head),
      ordinal_(image.ordinal),
      last_time_(image.last_time),
      members_(image.members.begin(), image.members.end()) {
  for (const auto& row : image.senders)
    senders_.emplace(sender_key{row.user, row.device}, sender_state{row.record, false});
  for (const auto& row : image.intents) unfinished_.push_back({row.seq, row.user, row.member});
  renew_member_list();
}

const member_record* conversation_state::member(user_id user) const {
  auto found_at = members_.find(user);
  return found_at != members_.end() && found_at->second.is_member() ? &found_at->second : nullptr;
}

conversation_state::sender_state& conversation_state::sender_of(
    const conversation_request& request) {
  return senders_[sender_key{request.user, request.device}];
}

ruling conversation_state::rule(const conversation_request& request,
                                const conversation_batch& batch, time_ms now) {
  if (request.verb == conversation_verb::create) return found(request, batch, now);
  // Whoever was never here learns nothing, not even that there is something (P6).
  auto asker = members_.find(request.user);
  if (!exists_ || asker == members_.end()) return rejected(errc::not_found);

  // A resend is answered like the first time even when the asker has left since (P3).
  const auto known = senders_.find(sender_key{request.user, request.device});
  if (known != senders_.end()) {
    const auto judged = known->second.record.judge(request.key);
    if (judged.kind == sender_record::verdict::repeated)
      return repeated(judged.earlier.seq, judged.earlier.time);
    if (judged.kind == sender_record::verdict::expired) return rejected(errc::resend_expired);
  }
  if (!asker->second.is_member()) return rejected(errc::not_found);

  switch (request.verb) {
    case conversation_verb::send:
      return say(request, batch, now);
    case conversation_verb::add_members:
      return add(request, batch, now);
    case conversation_verb::remove_member:
      return remove(request, batch, now);
    case conversation_verb::create:
      break;
  }
  return rejected(errc::unsupported);
}

ruling conversation_state::found(const conversation_request& request,
                                 const conversation_batch& batch, time_ms now) {
  if (exists_) {
    // The id is derived from (user, op_id): the same founder asks again, or two keys collided.
    if (record_.creator == request.user && record_.op_id == request.key)
      return repeated(event_seq{1}, record_.created);
    return rejected(errc::already_exists, "choose another op_id");
  }
  const auto title = batch.text_of(request);
  created_body body;
  body.visibility = request.visibility;
  body.name = title;
  body.members.push_back(request.user);
  for (user_id user : batch.users_of(request)) {
    if (std::find(body.members.begin(), body.members.end(), user) == body.members.end())
      body.members.push_back(user);
  }
  exists_ = true;
  const time_ms time = std::max(now, last_time_);
  record_.kind = body.kind;
  record_.visibility = body.visibility;
  record_.title = title;
  record_.creator = request.user;
  record_.op_id = request.key;
  record_.created = time;
  open_.redo.put(keys::conversation(tenant_, id_), encode(record_));
  const event_seq at{1};
  for (user_id user : body.members)
    join(user, user == request.user ? member_role::owner : member_role::member, at);
  renew_member_list();
  return sequence(request, event_kind::conversation_created, encode_body(body), time, members_now_);
}

ruling conversation_state::say(const conversation_request& request, const conversation_batch& batch,
                               time_ms now) {
  const auto body = batch.text_of(request);
  if (!valid_utf8(body)) return rejected(errc::invalid_argument, "a text is UTF-8");
  return sequence(request, event_kind::text, body, now, members_now_);
}

ruling conversation_state::add(const conversation_request& request, const conversation_batch& batch,
                               time_ms now) {
  if (member(request.user)->role != member_role::owner)
    return rejected(errc::forbidden, "only the owner adds members");
  members_body body;
  for (user_id user : batch.users_of(request)) {
    if (member(user) == nullptr &&
        std::find(body.users.begin(), body.users.end(), user) == body.users.end())
      body.users.push_back(user);
  }
  if (body.users.empty()) return rejected(errc::already_exists, "all of them are members");
  if (members_now_->users.size() + body.users.size() > limits::max_members)
    return rejected(errc::too_many_members);
  const event_seq at{head_.value + 1};
  for (user_id user : body.users) join(user, member_role::member, at);
  renew_member_list();
  return sequence(request, event_kind::members_added, encode_body(body), now, members_now_);
}

ruling conversation_state::remove(const conversation_request& request,
                                  const conversation_batch& batch, time_ms now) {
  const user_id gone = batch.users_of(request).front();
  const bool leaves = gone == request.user;
  if (!leaves && member(request.user)->role != member_role::owner)
    return rejected(errc::forbidden, "only the owner removes others");
  if (member(gone) == nullptr) return rejected(errc::not_found, "not a member");
  if (leaves && member(gone)->role == member_role::owner && members_now_->users.size() > 1)
    return rejected(errc::forbidden, "the owner leaves last");
  // The removal itself still goes to the removed one (P4): the list as it was is who receives it.
  const member_list_ref before = members_now_;
  leave(gone, event_seq{head_.value + 1});
  renew_member_list();
  return sequence(request, event_kind::member_removed, encode_body(members_body{{gone}}), now,
                  before);
}

void conversation_state::join(user_id user, member_role role, event_seq at) {
  member_record& row = members_[user];
  row.role = role;
  row.joined = at;
  row.left = {};
  const event_seq from = record_.visibility == history_visibility::all ? event_seq{1} : at;
  if (from.value == 1) row.spans.clear();
  row.spans.push_back({from, {}});
  if (row.spans.size() > max_member_spans) row.spans.erase(row.spans.begin());
  put_member(user);
  owe_index(at, user, true);
}

void conversation_state::leave(user_id user, event_seq at) {
  member_record& row = members_[user];
  row.left = at;
  row.spans.back().last = at;
  put_member(user);
  owe_index(at, user, false);
}

void conversation_state::put_member(user_id user) {
  open_.redo.put(keys::member(tenant_, id_, user), encode(members_[user]));
}

void conversation_state::owe_index(event_seq seq, user_id user, bool is_member) {
  open_.redo.put(keys::intent(tenant_, id_, seq, user), encode(intent_record{is_member}));
  open_.changes.push_back({seq, user, is_member});
}

void conversation_state::index_learnt(event_seq seq, user_id user) {
  open_.redo.erase(keys::intent(tenant_, id_, seq, user));
}

void conversation_state::renew_member_list() {
  auto list = std::make_shared<member_list>();
  list->version = next_list_version();
  for (const auto& [user, row] : members_)
    if (row.is_member()) list->users.push_back(user);
  std::sort(list->users.begin(), list->users.end());
  members_now_ = std::move(list);
}

ruling conversation_state::sequence(const conversation_request& request, event_kind kind,
                                    std::string_view body, time_ms now,
                                    const member_list_ref& recipients) {
  event_view event;
  event.seq = event_seq{head_.value + 1};
  event.kind = kind;
  event.sender = request.user;
  event.device = request.device;
  event.time = std::max(now, last_time_);
  if (counts_as_unread(kind)) ++ordinal_;
  event.ordinal = ordinal_;
  event.client_seq = kind == event_kind::conversation_created ? 0 : request.key;
  event.body = body;

  const auto place = append_event_frame(open_frames_, id_, event);
  open_.redo.put(keys::event(tenant_, id_, event.seq),
                 std::string_view(open_frames_).substr(place.event_offset, place.event_size));

  auto& part = open_.part;
  if (part.segments.empty() || part.segments.back().members != recipients)
    part.segments.push_back({recipients, static_cast<std::uint32_t>(part.events.size()), 0});
  ++part.segments.back().event_count;
  delivered_event told;
  told.frame_offset = static_cast<std::uint32_t>(place.frame_offset);
  told.frame_size = static_cast<std::uint32_t>(place.frame_size);
  told.seq = event.seq;
  told.time = event.time;
  told.founding = kind == event_kind::conversation_created;
  part.events.push_back(told);

  if (!told.founding) {
    sender_state& sender = sender_of(request);
    sender.record.accept({request.key, event.seq, event.time});
    if (!sender.dirty) {
      sender.dirty = true;
      dirty_senders_.push_back({request.user, request.device});
    }
  }
  head_ = event.seq;
  last_time_ = event.time;

  ruling r;
  r.what = ruling::kind::sequenced;
  r.seq = event.seq;
  r.time = event.time;
  return r;
}

draft conversation_state::take_draft() {
  for (const sender_key& key : dirty_senders_) {
    sender_state& sender = senders_.at(key);
    sender.dirty = false;
    open_.redo.put(keys::sender(tenant_, id_, key.user, key.device), sender.record.encode());
  }
  dirty_senders_.clear();
  open_.new_version = head_.value;
  open_.expected_version = head_.value - open_.part.events.size();
  open_.time = last_time_;
  open_.part.frames = std::make_shared<const std::string>(std::move(open_frames_));
  open_frames_.clear();
  return std::exchange(open_, draft{});
}

}  // namespace conclave::actors
