/// Codecs of acting in conversations. `send` is on the node's hot path: its decoding allocates
/// nothing.
#include "schemas/codec_of.h"
#include "schemas/conversation_messages.h"

namespace conclave {

CONCLAVE_CODEC_OF(create_conversation);
CONCLAVE_CODEC_OF(conversation_created);
CONCLAVE_CODEC_OF(send);
CONCLAVE_CODEC_OF(add_members);
CONCLAVE_CODEC_OF(add_external);
CONCLAVE_CODEC_OF(remove_member);
CONCLAVE_CODEC_OF(ok_answer);
CONCLAVE_CODEC_OF(head_push);

}  // namespace conclave
