/// Catching up and looking closer: LIST_GONE, LIST_READERS, LIST_VERSIONS, LIST_PINS and
/// LIST_JOIN_REQUESTS, run on the reader pool like all reads; see gateway.h.
#include "actors/frame_of.h"
#include "actors/gateway.h"
#include "actors/steady_read.h"
#include "schemas/moderation_messages.h"
#include "schemas/sync_messages.h"
#include "storage/reads.h"
#include "storage/reads_sync.h"

namespace conclave::actors {

namespace {
storage::state_view view_of(const gateway_shared& shared, const seat& at) {
  return shared.store->view(shared.ports->shards.shard_of(at.tenant, at.conversation));
}
}  // namespace

void gateway::on_list_gone(session& s, const frame_view& frame) {
  const auto message = decoded<list_gone>(s, frame);
  if (!message.ok()) return;
  read(s, frame.header.correlation,
       [shared = &shared_, at = s.seat_in(message->conversation),
        request = *message](std::uint64_t correlation) -> outcome<std::string> {
         auto rows = storage::list_gone(view_of(*shared, at), at.tenant, at.user, at.conversation,
                                        request.cursor, request.after);
         if (!rows.ok()) return std::move(rows).error();
         return frame_of(correlation,
                         gone_page{request.conversation, rows->next, std::move(rows->gone)});
       });
}

void gateway::on_list_readers(session& s, const frame_view& frame) {
  const auto message = decoded<list_readers>(s, frame);
  if (!message.ok()) return;
  read(s, frame.header.correlation,
       [shared = &shared_, at = s.seat_in(message->conversation),
        request = *message](std::uint64_t correlation) -> outcome<std::string> {
         auto rows =
             storage::list_readers(view_of(*shared, at), at.tenant, at.user, at.conversation,
                                   request.seq, request.after, request.limit);
         if (!rows.ok()) return std::move(rows).error();
         return frame_of(correlation, readers_page{rows->read, rows->members, rows->more,
                                                   std::move(rows->users)});
       });
}

void gateway::on_list_versions(session& s, const frame_view& frame) {
  const auto message = decoded<list_versions>(s, frame);
  if (!message.ok()) return;
  read(s, frame.header.correlation,
       [shared = &shared_, at = s.seat_in(message->conversation),
        request = *message](std::uint64_t correlation) -> outcome<std::string> {
         auto rows =
             steady_read(*shared, at.tenant, at.conversation,
                         [&](const storage::state_view& view, time_ms now) {
                           return storage::list_versions(view, at.tenant, at.user, at.conversation,
                                                         request.target, now);
                         });
         if (!rows.ok()) return std::move(rows).error();
         return frame_of(correlation, versions_page{raw_events{rows->count, rows->bytes}});
       });
}

void gateway::on_list_pins(session& s, const frame_view& frame) {
  const auto message = decoded<list_pins>(s, frame);
  if (!message.ok()) return;
  read(s, frame.header.correlation,
       [shared = &shared_, at = s.seat_in(message->conversation),
        request = *message](std::uint64_t correlation) -> outcome<std::string> {
         auto rows = storage::list_pins(view_of(*shared, at), at.tenant, at.user, at.conversation,
                                        shared->ports->now());
         if (!rows.ok()) return std::move(rows).error();
         pins_page page;
         for (const auto& row : *rows)
           page.pins.push_back({row.seq, row.record.by, row.record.time});
         return frame_of(correlation, page);
       });
}

void gateway::on_list_join_requests(session& s, const frame_view& frame) {
  const auto message = decoded<list_join_requests>(s, frame);
  if (!message.ok()) return;
  read(s, frame.header.correlation,
       [shared = &shared_, at = s.seat_in(message->conversation),
        request = *message](std::uint64_t correlation) -> outcome<std::string> {
         auto rows = storage::list_join_requests(view_of(*shared, at), at.tenant, at.user,
                                                 at.conversation, limits::max_join_requests);
         if (!rows.ok()) return std::move(rows).error();
         const auto home = shared->store->view(shared->ports->shards.home_of(at.tenant));
         join_requests_page page;
         std::vector<std::string> names;
         names.reserve(rows->size());
         for (const auto& row : *rows) {
           auto user_row = storage::get_user(home, at.tenant, row.user);
           names.push_back(user_row.ok() ? std::move(user_row->name) : std::string());
           page.requests.push_back(
               {row.user, row.record.invited_by, row.record.time, row.record.text, names.back()});
         }
         return frame_of(correlation, page);
       });
}

}  // namespace conclave::actors
