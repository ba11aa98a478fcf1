/// Codecs of the user's own log.
#include "schemas/codec_of.h"
#include "schemas/inbox_messages.h"

namespace conclave {

CONCLAVE_CODEC_OF(inbox_entry);
CONCLAVE_CODEC_OF(inbox_head_push);
CONCLAVE_CODEC_OF(read_inbox);
CONCLAVE_CODEC_OF(inbox_page);
CONCLAVE_CODEC_OF(set_conversation);

}  // namespace conclave
