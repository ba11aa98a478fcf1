/// Codecs of a tenant's rules and people.
#include "schemas/codec_of.h"
#include "schemas/policy_messages.h"

namespace conclave {

CONCLAVE_CODEC_OF(set_policy);
CONCLAVE_CODEC_OF(get_policy);
CONCLAVE_CODEC_OF(policy_answer);
CONCLAVE_CODEC_OF(set_password);
CONCLAVE_CODEC_OF(send_notice);

}  // namespace conclave
