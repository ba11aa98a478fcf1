/// The pages of LIST_CONVERSATIONS: the caller's index, and for each entry a summary from its
/// conversation's own view. Reader pool only: blocks on the disk.
///
/// Bounds: as many index entries as the request's limit, also when few of them changed, and
/// max_list_bytes; a page that ends early says where to go on. A summary whose newest event went
/// while the page grew is read again (steady_read.h).
#pragma once

#include "actors/gateway.h"
#include "schemas/history_messages.h"

#include <string>

namespace conclave::actors {

/// A page and room for its frame.
inline constexpr std::size_t max_list_bytes = limits::max_answer_bytes - 1024;

/// The frame of a CONVERSATIONS_PAGE.
outcome<std::string> conversation_list(const gateway_shared& shared, tenant_id tenant, user_id user,
                                       const session_links_ref& links,
                                       const list_conversations& request,
                                       std::uint64_t correlation);

}  // namespace conclave::actors
