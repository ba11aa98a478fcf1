/// Codecs of soft state.
#include "schemas/codec_of.h"
#include "schemas/presence_messages.h"

namespace conclave {

CONCLAVE_CODEC_OF(typing);
CONCLAVE_CODEC_OF(watch);
CONCLAVE_CODEC_OF(watch_presence);
CONCLAVE_CODEC_OF(presence_page);
CONCLAVE_CODEC_OF(presence_push);
CONCLAVE_CODEC_OF(typing_push);
CONCLAVE_CODEC_OF(read_by_push);

}  // namespace conclave
