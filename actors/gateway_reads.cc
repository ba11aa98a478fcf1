/// Requests that only read: run on the reader pool, each from one view per shard, never through a
/// mailbox; see gateway.h.
#include "actors/conversation_list.h"
#include "actors/frame_of.h"
#include "actors/gateway.h"
#include "actors/steady_read.h"
#include "conf/log.h"
#include "storage/reads.h"

#include <algorithm>

namespace conclave::actors {

namespace {
constexpr std::uint32_t read_retry_ms = 50;

using is_here = std::function<bool(user_id)>;

/// Who may be looked up: with `within` those who are or were in the conversation, for somebody who
/// left those who were in it before (P4), else everybody of the tenant. errc::not_found unless the
/// asker is or was in it himself.
outcome<is_here> people_of(const gateway_shared& shared, const seat& at, bool within) {
  if (!within) return is_here([](user_id) { return true; });
  const auto view = std::make_shared<storage::state_view>(
      shared.store->view(shared.ports->shards.shard_of(at.tenant, at.conversation)));
  const auto row_of = [view, at](user_id user) -> outcome<member_record> {
    const auto row = view->get(keys::member(at.tenant, at.conversation, user));
    if (!row.ok()) return row.error();
    return decode_record<member_record>(*row);
  };
  const auto asker = row_of(at.user);
  if (!asker.ok()) return asker.error();
  return is_here([row_of, left = asker->left](user_id user) {
    const auto row = row_of(user);
    if (!row.ok() || !left) return row.ok();
    // A span that begins with the first event tells nothing of when he came, unless it is over.
    return row->joined <= left ||
           std::any_of(row->spans.begin(), row->spans.end(), [&](const visible_span& span) {
             return (span.first.value > 1 && span.first <= left) ||
                    (span.last && span.last <= left);
           });
  });
}
}  // namespace

void gateway::read(session& s, std::uint64_t correlation,
                   std::function<outcome<std::string>(std::uint64_t)> job) {
  if (!has_room(s, request_cost::opening))
    return answer_error(s, correlation, errc::too_many_requests, "too many reads at once",
                        read_retry_ms);
  ticket asked = admit(s, correlation, 0);
  if (!asked.armed()) return;
  ++s.open_reads;
  // std::function wants copies, a ticket has none: it travels behind a pointer.
  auto shared_ticket = std::make_shared<ticket>(std::move(asked));
  const bool taken = shared_.ports->on_reader([this, shared_ticket, job = std::move(job)] {
    const reply_address to = shared_ticket->to();
    auto frame = job(to.correlation);
    if (!frame.ok()) {
      const failure& why = frame.error();
      const bool ours = why.code == errc::io_error || why.code == errc::corrupt;
      if (ours) log::error("gateway", "read failed", {{"why", why.detail}});
      shared_ticket->reject(ours ? errc::internal : why.code, ours ? std::string() : why.detail,
                            why.code == errc::overloaded ? read_retry_ms : 0);
    } else {
      shared_ticket->answer_with(std::move(*frame));
    }
    loop_.post([this, id = to.connection] {
      net::connection* c = loop_.find(id);
      if (c != nullptr && c->user != nullptr) --static_cast<session*>(c->user.get())->open_reads;
    });
  });
  if (!taken) {
    --s.open_reads;
    shared_ticket->reject(errc::overloaded, {}, read_retry_ms);
  }
}

void gateway::on_history(session& s, const frame_view& frame) {
  const auto message = decoded<history>(s, frame);
  if (!message.ok()) return;
  read(s, frame.header.correlation,
       [shared = &shared_, at = s.seat_in(message->conversation),
        request = *message](std::uint64_t correlation) -> outcome<std::string> {
         history asked = request;
         asked.conversation = at.conversation;
         auto slice =
             steady_read(*shared, at.tenant, at.conversation,
                         [&](const storage::state_view& view, time_ms now) {
                           return storage::read_history(view, at.tenant, at.user, asked, now);
                         });
         if (!slice.ok()) return std::move(slice).error();
         return frame_of(correlation, history_page{request.conversation, slice->head, slice->next,
                                                   raw_events{slice->count, slice->bytes}});
       });
}

void gateway::on_list_conversations(session& s, const frame_view& frame) {
  const auto message = decoded<list_conversations>(s, frame);
  if (!message.ok()) return;
  read(s, frame.header.correlation,
       [shared = &shared_, tenant = s.tenant, user = s.user, links = s.links,
        request = *message](std::uint64_t correlation) -> outcome<std::string> {
         return conversation_list(*shared, tenant, user, links, request, correlation);
       });
}

void gateway::on_list_members(session& s, const frame_view& frame) {
  const auto message = decoded<list_members>(s, frame);
  if (!message.ok()) return;
  read(s, frame.header.correlation,
       [shared = &shared_, at = s.seat_in(message->conversation),
        request = *message](std::uint64_t correlation) -> outcome<std::string> {
         const shard_map& shards = shared->ports->shards;
         const auto view = shared->store->view(shards.shard_of(at.tenant, at.conversation));
         auto rows = storage::list_members(view, at.tenant, at.user, at.conversation, request.after,
                                           request.limit);
         if (!rows.ok()) return std::move(rows).error();
         members_page page;
         page.more = rows->size() > request.limit;
         if (page.more) rows->resize(request.limit);
         const auto home = shared->store->view(shards.home_of(at.tenant));
         std::vector<std::string> names;
         names.reserve(rows->size());
         for (const auto& row : *rows) {
           auto user_row = storage::get_user(home, at.tenant, row.user);
           names.push_back(user_row.ok() ? std::move(user_row->name) : std::string());
           page.members.push_back({row.user, row.record.role, row.record.joined, names.back(),
                                   row.record.muted_until, row.record.read});
         }
         return frame_of(correlation, page);
       });
}

void gateway::on_resolve_users(session& s, const frame_view& frame) {
  const auto message = decoded<resolve_users>(s, frame);
  if (!message.ok()) return;
  std::vector<std::string> names(message->names.begin(), message->names.end());
  for (const full_name& each : message->full_names) names.emplace_back(each.user_name);
  read(s, frame.header.correlation,
       [shared = &shared_, within = static_cast<bool>(message->conversation),
        at = s.seat_in(message->conversation), names = std::move(names),
        ids = message->users](std::uint64_t correlation) -> outcome<std::string> {
         const auto here = people_of(*shared, at, within);
         if (!here.ok()) return here.error();
         const auto home = shared->store->view(shared->ports->shards.home_of(at.tenant));
         users_resolved page;
         for (const auto& name : names) {
           auto id = storage::find_user(home, at.tenant, name);
           if (id.ok() && (*here)(*id))
             page.users.push_back({*id, name});
           else if (!id.ok() && id.error().code != errc::not_found)
             return std::move(id).error();
         }
         std::vector<std::string> found_names;
         found_names.reserve(ids.size());
         for (const user_id id : ids) {
           if (!(*here)(id)) continue;
           auto row = storage::get_user(home, at.tenant, id);
           if (!row.ok() && row.error().code != errc::not_found) return std::move(row).error();
           if (!row.ok()) continue;
           found_names.push_back(std::move(row->name));
           page.users.push_back({id, found_names.back()});
         }
         return frame_of(correlation, page);
       });
}

void gateway::on_list_tenants(session& s, const frame_view& frame) {
  const auto message = decoded<list_tenants>(s, frame);
  if (!message.ok()) return;
  read(s, frame.header.correlation,
       [shared = &shared_, request = *message](std::uint64_t correlation) -> outcome<std::string> {
         auto rows = storage::list_tenants(shared->store->view(system_shard), request.after,
                                           request.limit + 1);
         if (!rows.ok()) return std::move(rows).error();
         tenants_page page;
         page.more = rows->size() > request.limit;
         if (page.more) rows->resize(request.limit);
         for (const auto& [id, record] : *rows) page.tenants.push_back({id, record.name});
         return frame_of(correlation, page);
       });
}

void gateway::on_list_users(session& s, const frame_view& frame) {
  const auto message = decoded<list_users>(s, frame);
  if (!message.ok()) return;
  read(s, frame.header.correlation,
       [shared = &shared_, tenant_name = std::string(message->tenant_name), after = message->after,
        limit = message->limit](std::uint64_t correlation) -> outcome<std::string> {
         const auto tenant = storage::find_tenant(shared->store->view(system_shard), tenant_name);
         if (!tenant.ok()) return tenant.error();
         auto rows =
             storage::list_users(shared->store->view(shared->ports->shards.home_of(*tenant)),
                                 *tenant, after, limit + 1);
         if (!rows.ok()) return std::move(rows).error();
         users_page page;
         page.more = rows->size() > limit;
         if (page.more) rows->resize(limit);
         for (const auto& [id, name] : *rows) page.users.push_back({id, name});
         return frame_of(correlation, page);
       });
}

}  // namespace conclave::actors
