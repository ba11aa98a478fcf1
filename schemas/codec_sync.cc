/// Codecs of a device that catches up.
#include "schemas/codec_of.h"
#include "schemas/sync_messages.h"

namespace conclave {

CONCLAVE_CODEC_OF(list_gone);
CONCLAVE_CODEC_OF(gone_page);
CONCLAVE_CODEC_OF(list_readers);
CONCLAVE_CODEC_OF(readers_page);
CONCLAVE_CODEC_OF(list_versions);
CONCLAVE_CODEC_OF(versions_page);
CONCLAVE_CODEC_OF(list_pins);
CONCLAVE_CODEC_OF(pins_page);

}  // namespace conclave
