/// Codecs of passwords and devices.
#include "schemas/account_messages.h"
#include "schemas/codec_of.h"

namespace conclave {

CONCLAVE_CODEC_OF(login_password);
CONCLAVE_CODEC_OF(renew_token);
CONCLAVE_CODEC_OF(token_renewed);
CONCLAVE_CODEC_OF(logout);
CONCLAVE_CODEC_OF(list_devices);
CONCLAVE_CODEC_OF(devices_page);
CONCLAVE_CODEC_OF(end_device);
CONCLAVE_CODEC_OF(change_password);
CONCLAVE_CODEC_OF(done_answer);

}  // namespace conclave
