/// See reads_summary.h.
#include "storage/reads_summary.h"

#include "storage/reads_rows.h"

#include <set>

namespace conclave::storage {

namespace {

/// An event that must be there: seqs up to the head are dense.
outcome<std::string> event_row(const state_view& view, tenant_id tenant,
                               conversation_id conversation, event_seq seq) {
  auto row = view.get(keys::event(tenant, conversation, seq));
  if (!row && row.error().code == errc::not_found) return damaged("the order of events");
  return row;
}

/// One reader and one conversation, and the rows that its summary is made of.
class summary {
 public:
  summary(const state_view& view, tenant_id tenant, user_id user, conversation_id conversation,
          const reading& who)
      : view_(view), tenant_(tenant), user_(user), conversation_(conversation), who_(who) {}

  outcome<std::uint64_t> unread(const event_header& newest) const {
    std::uint64_t count = 0;
    for (const visible_span& part : after_mark()) {
      const auto until =
          part.last == newest.seq ? outcome<std::uint64_t>(newest.ordinal) : ordinal(part.last);
      if (!until) return until.error();
      const auto before = ordinal(event_seq{part.first.value - 1});
      if (!before) return before.error();
      count += *until - std::min(*until, *before);
    }
    return count;
  }

  /// Messages after the mark that name the user or everybody; one that does both counts once.
  outcome<std::uint64_t> mentions() const {
    std::set<std::uint64_t> named;
    for (const user_id whom : {user_, user_id{0}}) {
      std::size_t found = 0;
      for (const visible_span& part : after_mark()) {
        const keys::range range{
            keys::mention(tenant_, conversation_, whom, part.first),
            keys::mention(tenant_, conversation_, whom, event_seq{part.last.value + 1})};
        bool broken = false;
        const status read = view_.scan(range, [&](std::string_view key, std::string_view) {
          const auto parts = keys::parse(table::mention, key);
          broken = !parts;
          if (parts) named.insert(parts->third);
          return parts && ++found < max_counted_mentions;
        });
        if (!read) return read.error();
        if (broken) return damaged("a mention's key");
        if (found >= max_counted_mentions) break;
      }
    }
    return std::min<std::uint64_t>(named.size(), max_counted_mentions);
  }

  /// Has somebody said something since `then` that he sees? Of many events without a message, or
  /// too many that he does not see, this says yes.
  outcome<bool> spoken_since(time_ms then) const {
    constexpr int most_looked_at = 1000;
    keys::range range = keys::all_of(table::event, tenant_, conversation_.value);
    range.last = keys::event(tenant_, conversation_, event_seq{who_.last.value + 1});
    bool spoken = false;
    int looked_at = 0;
    failure damage{errc::ok, {}};
    const status read = view_.scan_backward(range, [&](std::string_view, std::string_view row) {
      const auto header = read_event_header(row);
      if (!header) {
        damage = header.error();
        return false;
      }
      if (header->time <= then) return false;
      spoken = ++looked_at == most_looked_at ||
               (is_message(header->kind) && visible(who_.member, header->seq));
      return !spoken;
    });
    if (!read) return read.error();
    if (damage.code != errc::ok) return damage;
    return spoken;
  }

  /// The other one of two.
  outcome<user_id> peer() const {
    user_id other{};
    const status read = each_row(view_, table::member, tenant_, conversation_.value,
                                 [&](const keys::id_key& key, std::string_view) {
                                   if (user_id{key.second} != user_) other = user_id{key.second};
                                   return failure{errc::ok, {}};
                                 });
    if (!read) return read.error();
    return other;
  }

 private:
  std::vector<visible_span> after_mark() const {
    return stretches(who_.member, event_seq{who_.member.read.value + 1}, who_.last);
  }

  /// How many events up to this one count as unread.
  outcome<std::uint64_t> ordinal(event_seq seq) const {
    if (!seq) return std::uint64_t{0};
    const auto row = event_row(view_, tenant_, conversation_, seq);
    if (!row) return row.error();
    const auto header = read_event_header(*row);
    if (!header) return header.error();
    return header->ordinal;
  }

  const state_view& view_;
  tenant_id tenant_;
  user_id user_;
  conversation_id conversation_;
  const reading& who_;
};

/// Who left sees the conversation as he left it, its end included if that was how he left (P4).
void take_record(conversation_row& row, conversation_record&& record, member_record& member) {
  row.kind = record.kind;
  const bool to_the_end = member.is_member() || member.left == record.dissolved;
  row.title = std::move(to_the_end ? record.title : member.left_title);
  row.topic = std::move(to_the_end ? record.topic : member.left_topic);
  row.dissolved = to_the_end && record.dissolved;
  if (to_the_end) {
    row.all_muted = record.all_muted;
    row.external = record.external != 0;
  } else {
    record.join = join_policy{};
    record.invite = invite_policy{};
  }
  if (record.kind == conversation_kind::direct || record.kind == conversation_kind::system) return;
  row.join = record.join == join_policy{} ? join_policy::closed : record.join;
  row.invite = record.invite == invite_policy{} ? invite_policy::admins : record.invite;
}

}  // namespace

outcome<std::optional<conversation_row>> summarize(const state_view& view, tenant_id tenant,
                                                   user_id user, conversation_id conversation,
                                                   const index_record& own, time_ms now,
                                                   time_ms changed_after) {
  std::string newest;
  auto who = reading_of(view, tenant, conversation, user, now, &newest);
  if (!who) return who.error();
  if (who->last && who->last != who->head) {
    auto older = event_row(view, tenant, conversation, who->last);
    if (!older) return std::move(older).error();
    newest = std::move(*older);
  }
  event_header header;
  if (who->last) {
    const auto read = read_event_header(newest);
    if (!read) return read.error();
    header = *read;
  }
  if (std::max({header.time, who->member.read_time, own.touched}) < changed_after) {
    return std::optional<conversation_row>();
  }

  auto record = get_record<conversation_record>(view, keys::conversation(tenant, conversation));
  if (!record) return std::move(record).error();
  conversation_row row;
  row.conversation = conversation;
  take_record(row, std::move(*record), who->member);
  row.head = who->last;
  row.member = who->member.is_member() && !row.dissolved;
  row.read = who->member.read;
  row.hidden = own.hidden;
  if (row.member) {
    row.role = who->member.role;
    row.silenced_until = who->member.muted_until;
  }

  const summary rest(view, tenant, user, conversation, *who);
  if (row.kind == conversation_kind::direct) {
    const auto peer = rest.peer();
    if (!peer) return peer.error();
    row.peer = *peer;
  }
  if (!who->last) return std::optional(std::move(row));

  const auto unread = rest.unread(header);
  if (!unread) return unread.error();
  row.unread = *unread;
  if (row.unread != 0) {
    const auto mentions = rest.mentions();
    if (!mentions) return mentions.error();
    row.mentions = *mentions;
  }
  if (row.hidden) {
    const auto spoken = rest.spoken_since(own.touched);
    if (!spoken) return spoken.error();
    row.hidden = !*spoken;
  }
  std::string scratch;
  const auto last = shown_row(view, tenant, conversation, *who, header, newest, scratch);
  if (!last) return last.error();
  if (last->size() <= max_last_bytes) {
    row.last.assign(*last);
    row.due = due_after(header, now);
  }
  return std::optional(std::move(row));
}

}  // namespace conclave::storage
