/// Codecs of owners and admins, and of those who want to come in.
#include "schemas/codec_of.h"
#include "schemas/moderation_messages.h"

namespace conclave {

CONCLAVE_CODEC_OF(set_role);
CONCLAVE_CODEC_OF(mute_member);
CONCLAVE_CODEC_OF(change_settings);
CONCLAVE_CODEC_OF(dissolve);
CONCLAVE_CODEC_OF(new_join_code);
CONCLAVE_CODEC_OF(join_code);
CONCLAVE_CODEC_OF(join);
CONCLAVE_CODEC_OF(join_answered);
CONCLAVE_CODEC_OF(answer_join);
CONCLAVE_CODEC_OF(list_join_requests);
CONCLAVE_CODEC_OF(join_requests_page);

}  // namespace conclave
