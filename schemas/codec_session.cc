/// Codecs of a connection's beginning, keeping alive and ending.
#include "schemas/codec_of.h"
#include "schemas/session_messages.h"

namespace conclave {

CONCLAVE_CODEC_OF(hello);
CONCLAVE_CODEC_OF(welcome);
CONCLAVE_CODEC_OF(login);
CONCLAVE_CODEC_OF(logged_in);
CONCLAVE_CODEC_OF(ping);
CONCLAVE_CODEC_OF(pong);
CONCLAVE_CODEC_OF(error_answer);
CONCLAVE_CODEC_OF(goaway);

}  // namespace conclave
