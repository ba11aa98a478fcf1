/// The user's own log and settings; see gateway.h. The log is read on the reader pool, the settings
/// are his registrar's to write.
#include "actors/frame_of.h"
#include "actors/gateway.h"
#include "actors/plans_inbox.h"
#include "schemas/inbox_messages.h"
#include "storage/reads_inbox.h"

#include <string>

namespace conclave::actors {

void gateway::on_inbox(session& s, const frame_view& frame) {
  const auto message = decoded<read_inbox>(s, frame);
  if (!message.ok()) return;
  read(s, frame.header.correlation,
       [shared = &shared_, tenant = s.tenant, user = s.user,
        request = *message](std::uint64_t correlation) -> outcome<std::string> {
         const auto home = shared->store->view(shared->ports->shards.home_of(tenant));
         const auto slice = storage::read_inbox(home, tenant, user, request.after, request.limit);
         if (!slice.ok()) return slice.error();
         inbox_page page;
         page.head = slice->mark.head;
         page.first = slice->mark.first;
         for (const auto& [seq, entry] : slice->entries)
           page.entries.push_back(entry_of(seq, entry));
         return frame_of(correlation, page);
       });
}

void gateway::on_set_conversation(session& s, const frame_view& frame) {
  const auto message = decoded<set_conversation>(s, frame);
  if (!message.ok()) return;
  ask_user(s, frame,
           set_conversation_order{message->conversation, message->muted_until, message->pinned,
                                  message->hidden});
}

}  // namespace conclave::actors
