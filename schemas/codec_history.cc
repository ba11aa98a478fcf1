/// Codecs of reading: history, lists and names.
#include "schemas/codec_of.h"
#include "schemas/history_messages.h"

namespace conclave {

CONCLAVE_CODEC_OF(history);
CONCLAVE_CODEC_OF(history_page);
CONCLAVE_CODEC_OF(list_conversations);
CONCLAVE_CODEC_OF(conversations_page);
CONCLAVE_CODEC_OF(list_members);
CONCLAVE_CODEC_OF(members_page);
CONCLAVE_CODEC_OF(resolve_users);
CONCLAVE_CODEC_OF(users_resolved);

}  // namespace conclave
