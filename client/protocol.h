/// Everything of the protocol that a program on top of the client library speaks: ids, events,
/// messages, codes. One include, so that such programs depend on client/ alone.
#pragma once

#include "schemas/account_messages.h"       // IWYU pragma: export
#include "schemas/codec.h"                  // IWYU pragma: export
#include "schemas/conversation_messages.h"  // IWYU pragma: export
#include "schemas/errc.h"                   // IWYU pragma: export
#include "schemas/event.h"                  // IWYU pragma: export
#include "schemas/event_messages.h"         // IWYU pragma: export
#include "schemas/history_messages.h"       // IWYU pragma: export
#include "schemas/ids.h"                    // IWYU pragma: export
#include "schemas/inbox_messages.h"         // IWYU pragma: export
#include "schemas/moderation_messages.h"    // IWYU pragma: export
#include "schemas/operator_messages.h"      // IWYU pragma: export
#include "schemas/outcome.h"                // IWYU pragma: export
#include "schemas/policy_messages.h"        // IWYU pragma: export
#include "schemas/presence_messages.h"      // IWYU pragma: export
#include "schemas/session_messages.h"       // IWYU pragma: export
#include "schemas/sync_messages.h"          // IWYU pragma: export
