/// The core of a conversation's rules: who is judged how, and what sequencing means; see
/// conversation_state.h.
#include "actors/conversation_state.h"

#include "actors/disk_full.h"
#include "actors/request_print.h"
#include "conf/limits.h"
#include "schemas/check.h"
#include "schemas/keys.h"

#include <algorithm>
#include <atomic>
#include <iterator>

namespace conclave::actors {

namespace {

std::uint64_t next_list_version() {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

member_list_ref list_of(std::vector<user_id> users) {
  auto list = std::make_shared<member_list>();
  list->version = next_list_version();
  list->users = std::move(users);
  std::sort(list->users.begin(), list->users.end());
  return list;
}

ruling repeated(event_seq seq, time_ms time) {
  ruling r;
  r.what = ruling::kind::repeated;
  r.seq = seq;
  r.time = time;
  return r;
}

/// Requests with a client_seq, which is what makes resending them safe.
bool has_key(conversation_verb verb) {
  switch (verb) {
    case conversation_verb::send:
    case conversation_verb::add_members:
    case conversation_verb::remove_member:
    case conversation_verb::edit:
    case conversation_verb::recall:
    case conversation_verb::react:
    case conversation_verb::pin:
    case conversation_verb::forward:
    case conversation_verb::set_role:
    case conversation_verb::mute_member:
    case conversation_verb::change_settings:
    case conversation_verb::dissolve:
    case conversation_verb::notice:
      return true;
    default:
      return false;
  }
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
      members_(image.members.begin(), image.members.end()),
      pins_(image.pins.begin(), image.pins.end()),
      waiting_(image.join_requests.begin(), image.join_requests.end()),
      loaded_at_(image.applied),
      may_burn_(image.may_burn) {
  for (const auto& row : image.senders)
    senders_.emplace(sender_key{row.user, row.device}, sender_state{row.record, false});
  for (const auto& row : image.intents) unfinished_.push_back({row.seq, row.user, row.member});
  for (const auto& row : image.owed) {
    // What the slot of an entry about joining names is a person, who is none of his business.
    event_seq at{};
    if (row.kind == inbox_kind::read) at = read_mark(row.user);
    if (row.kind == inbox_kind::burned) at = event_seq{row.slot};
    unfinished_owed_.push_back({row.user, row.kind, row.slot, at, row.about});
  }
  if (image.dissolving) {
    job_.emplace();
    job_->seq = image.dissolving->seq;
    for (const auto& [user, row] : members_)
      if (row.is_member()) job_->left.push_back(user);
    std::sort(job_->left.rbegin(), job_->left.rend());
  }
  renew_member_list();
}

const member_record* conversation_state::member(user_id user) const {
  if (record_.dissolved) return nullptr;
  auto found_at = members_.find(user);
  return found_at != members_.end() && found_at->second.is_member() ? &found_at->second : nullptr;
}

std::optional<external_person> conversation_state::external(user_id user) const {
  const auto at = members_.find(user);
  if (at == members_.end() || !at->second.home_user) return {};
  return external_person{user, at->second.home_tenant, at->second.home_user};
}

event_seq conversation_state::read_mark(user_id user) const {
  const auto at = members_.find(user);
  return at == members_.end() ? event_seq{} : at->second.read;
}

conversation_state::sender_state& conversation_state::sender_of(user_id user, device_id device) {
  return senders_[sender_key{user, device}];
}

ruling conversation_state::rule(const conversation_request& request,
                                const conversation_batch& batch, const rule_context& context) {
  switch (request.verb) {
    case conversation_verb::create:
      if (!exists_ && refused_by_disk(request.verb, context.disk))
        return rejected(errc::storage_full);
      return found(request, batch, context);
    case conversation_verb::join:
      return join_by_code(request, batch, context);
    case conversation_verb::due:
      return fire(request, context);
    case conversation_verb::review_burning:
      return review(request, context);
    default:
      break;
  }
  const bool by_node = request.verb == conversation_verb::notice;
  // Whoever was never here learns nothing, not even that there is something (P6).
  const auto asker = members_.find(request.user);
  if (!by_node && (!exists_ || asker == members_.end())) return rejected(errc::not_found);

  // A resend is answered like the first time even when the asker has left since (P3).
  if (has_key(request.verb)) {
    print_ = print_of(request, batch);
    const auto known = senders_.find(sender_key{request.user, request.device});
    if (known != senders_.end()) {
      const auto judged = known->second.record.judge(request.key, print_);
      if (judged.kind == sender_record::verdict::repeated)
        return repeated(judged.earlier.seq, judged.earlier.time);
      if (judged.kind == sender_record::verdict::reused) return rejected(errc::client_seq_reused);
      if (judged.kind == sender_record::verdict::expired) return rejected(errc::resend_expired);
    }
  }
  // OPEN is only a read when it is not the first one.
  const bool full =
      request.verb != conversation_verb::open && refused_by_disk(request.verb, context.disk);
  if (by_node) return full ? rejected(errc::storage_full) : notify(request, batch, context);
  if (record_.dissolved)
    return rejected(asker->second.is_member() || asker->second.left == record_.dissolved
                        ? errc::dissolved
                        : errc::not_found);
  if (!asker->second.is_member()) return rejected(errc::not_found);
  if (full) return rejected(errc::storage_full);

  switch (request.verb) {
    case conversation_verb::send:
    case conversation_verb::forward:
      return say(request, batch, context);
    case conversation_verb::add_members:
      return add(request, batch, context);
    case conversation_verb::remove_member:
      return remove(request, batch, context);
    case conversation_verb::edit:
      return edit(request, batch, context);
    case conversation_verb::recall:
      return recall(request, context);
    case conversation_verb::react:
      return react(request, batch, context);
    case conversation_verb::pin:
      return pin(request, context);
    case conversation_verb::set_role:
      return set_role(request, batch, context);
    case conversation_verb::mute_member:
      return mute(request, batch, context);
    case conversation_verb::change_settings:
      return change_settings(request, context);
    case conversation_verb::dissolve:
      return dissolve(request, context);
    case conversation_verb::new_join_code:
      return new_join_code(request);
    case conversation_verb::answer_join:
      return answer_join(request, batch, context);
    case conversation_verb::mark_read:
      return mark_read(request, context);
    case conversation_verb::open:
      return open(request, context);
    case conversation_verb::typing:
      return type(request, context);
    default:
      return rejected(errc::unsupported);
  }
}

void conversation_state::join(user_id user, member_role role, event_seq at) {
  member_record& row = members_[user];
  row.role = role;
  row.joined = at;
  row.left = {};
  row.left_title.clear();
  row.left_topic.clear();
  row.read = at;  // what was said before does not count as unread
  row.muted_until = 0;
  const event_seq from = record_.visibility == history_visibility::all ? event_seq{1} : at;
  if (from.value == 1) row.spans.clear();
  row.spans.push_back({from, {}});
  if (row.spans.size() > max_member_spans) row.spans.erase(row.spans.begin());
  put_member(user);
  count_external(row, 1);
  owe_index(at, user, true);
}

void conversation_state::leave(user_id user, event_seq at) {
  member_record& row = members_[user];
  row.left = at;
  // What it is called later is none of his business; with its end nothing comes later.
  if (at != record_.dissolved) {
    row.left_title = record_.title;
    row.left_topic = record_.topic;
  }
  row.spans.back().last = at;
  put_member(user);
  count_external(row, -1);
  owe_index(at, user, false);
}

void conversation_state::count_external(const member_record& row, int change) {
  if (!row.home_user) return;
  record_.external += static_cast<std::uint32_t>(change);
  put_record();
}

void conversation_state::put_member(user_id user) {
  open_.redo.put(keys::member(tenant_, id_, user), encode(members_[user]));
}

void conversation_state::owe_index(event_seq seq, user_id user, bool is_member) {
  open_.redo.put(keys::intent(tenant_, id_, seq, user), encode(intent_record{is_member}));
  open_.changes.push_back({seq, user, is_member});
}

void conversation_state::index_learnt(event_seq seq, user_id user) {
  if (reviewing_ && !job_) return learnt_meanwhile_.push_back({seq, user});
  open_.redo.erase(keys::intent(tenant_, id_, seq, user));
}

std::map<event_seq, member_list_ref> conversation_state::departures() const {
  // The row that tells an index of a change goes only after everybody was told of its event.
  std::map<event_seq, std::vector<user_id>> gone;
  for (const membership_change& change : unfinished_)
    if (!change.member) gone[change.seq].push_back(change.user);
  // Of a dissolution these rows are written little by little.
  if (job_ && !job_->left.empty()) {
    std::vector<user_id>& rest = gone[job_->seq];
    rest.insert(rest.end(), job_->left.begin(), job_->left.end());
  }
  std::map<event_seq, member_list_ref> lists;
  for (auto& [seq, users] : gone) lists.emplace(seq, list_of(std::move(users)));
  return lists;
}

void conversation_state::renew_member_list() {
  std::vector<user_id> users;
  for (const auto& [user, row] : members_)
    if (row.is_member() && !record_.dissolved) users.push_back(user);
  members_now_ = list_of(std::move(users));
}

void conversation_state::change_member_list(std::vector<user_id> came, user_id gone) {
  auto list = std::make_shared<member_list>();
  list->version = next_list_version();
  const std::vector<user_id>& before = members_now_->users;
  list->users.reserve(before.size() + came.size());
  std::sort(came.begin(), came.end());
  std::merge(before.begin(), before.end(), came.begin(), came.end(),
             std::back_inserter(list->users));
  const auto at = std::lower_bound(list->users.begin(), list->users.end(), gone);
  if (at != list->users.end() && *at == gone) list->users.erase(at);
  members_now_ = std::move(list);
}

void conversation_state::put_record() {
  open_.redo.put(keys::conversation(tenant_, id_), encode(record_));
}

void conversation_state::put_timer(const keys::timer_key& key) {
  open_.redo.put(keys::timer(key), {});
  if (open_.earliest_due == 0 || key.due < open_.earliest_due) open_.earliest_due = key.due;
}

void conversation_state::owe_inbox(const owed_entry& entry) {
  open_.redo.put(
      keys::owed(tenant_, id_, entry.user, static_cast<std::uint64_t>(entry.kind), entry.slot),
      encode(owed_record{entry.about}));
  open_.owed.push_back(entry);
}

std::vector<user_id> conversation_state::who_decide() const {
  std::vector<user_id> found;
  for (const user_id user : members_now_->users) {
    const member_record& row = members_.at(user);
    if (row.role == member_role::owner)
      found.insert(found.begin(), user);
    else if (is_admin(row) && found.size() < limits::max_admins_told)
      found.push_back(user);
  }
  if (found.size() > limits::max_admins_told) found.pop_back();
  return found;
}

bool draft::owes_inbox(user_id user, inbox_kind kind, std::uint64_t slot) const {
  return std::any_of(owed.begin(), owed.end(), [&](const owed_entry& e) {
    return e.user == user && e.kind == kind && e.slot == slot;
  });
}

void conversation_state::inbox_learnt(user_id user, inbox_kind kind, std::uint64_t slot) {
  open_.redo.erase(keys::owed(tenant_, id_, user, static_cast<std::uint64_t>(kind), slot));
}

ruling conversation_state::sequence(const conversation_request* request, event_view event,
                                    time_ms now, const member_list_ref& recipients) {
  const bool keyed = request != nullptr && has_key(request->verb);
  event.seq = event_seq{head_.value + 1};
  if (request != nullptr) {
    event.sender = request->user;
    event.device = request->verb == conversation_verb::notice ? device_id{} : request->device;
  }
  event.time = time_for(now);
  if (counts_as_unread(event.kind)) ++ordinal_;
  event.ordinal = ordinal_;
  event.client_seq = keyed && event.sender ? request->key : 0;

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
  told.founding = request != nullptr && request->verb == conversation_verb::create;
  part.events.push_back(told);
  if (event.expires != 0 && (part.first_expiry == 0 || event.expires < part.first_expiry))
    part.first_expiry = event.expires;

  if (keyed) {
    sender_state& sender = sender_of(request->user, request->device);
    sender.record.accept({request->key, event.seq, event.time, print_});
    if (!sender.dirty) {
      sender.dirty = true;
      dirty_senders_.push_back({request->user, request->device});
    }
  }
  head_ = event.seq;
  last_time_ = event.time;

  ruling r;
  r.what = ruling::kind::sequenced;
  r.reply = told.founding ? reply_kind::created : reply_kind::ok;
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
