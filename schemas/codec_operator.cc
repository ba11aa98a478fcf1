/// Codecs of the operators' messages.
#include "schemas/codec_of.h"
#include "schemas/operator_messages.h"

namespace conclave {

CONCLAVE_CODEC_OF(create_tenant);
CONCLAVE_CODEC_OF(tenant_created);
CONCLAVE_CODEC_OF(list_tenants);
CONCLAVE_CODEC_OF(tenants_page);
CONCLAVE_CODEC_OF(provision_users);
CONCLAVE_CODEC_OF(users_provisioned);
CONCLAVE_CODEC_OF(list_users);
CONCLAVE_CODEC_OF(users_page);

}  // namespace conclave
