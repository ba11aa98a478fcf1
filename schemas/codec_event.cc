/// Codecs of what is done to messages.
#include "schemas/codec_of.h"
#include "schemas/event_messages.h"

namespace conclave {

CONCLAVE_CODEC_OF(edit);
CONCLAVE_CODEC_OF(recall);
CONCLAVE_CODEC_OF(react);
CONCLAVE_CODEC_OF(pin);
CONCLAVE_CODEC_OF(forward);
CONCLAVE_CODEC_OF(mark_read);
CONCLAVE_CODEC_OF(open_burning);
CONCLAVE_CODEC_OF(opened);

}  // namespace conclave
