/// What the loops hear of a user after a commit of his registrar: new entries of his inbox, as
/// frames ready to push, and devices that ended, whose connections go away. Shared by all loops and
/// not changed once it is posted; any thread. At most a few entries, but for a user whose devices
/// all end: one entry of some 60 bytes each.
///
/// It may carry the answer to the request that caused it: the answer is given when the last loop
/// has let go of the news, so that from the answer on nobody is let in by a device that ended. A
/// loop that stops lets go too.
#pragma once

#include "actors/reply.h"
#include "actors/session_links.h"
#include "schemas/errc.h"
#include "schemas/ids.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace conclave::actors {

struct user_news {
  struct ended_device {
    device_id device{};
    errc why = errc::device_ended;  ///< of the GOAWAY
    std::string only_token;         ///< hash: the device goes on, but not who came in by this token
  };

  user_news() = default;
  user_news(const user_news&) = delete;
  user_news& operator=(const user_news&) = delete;
  ~user_news() {
    if (asked.armed()) asked.answer_with(std::move(answer));
  }

  tenant_id tenant{};
  user_id user{};
  std::string frames;            ///< INBOX_ENTRY pushes, one behind the other
  std::uint64_t inbox_head = 0;  ///< seq of the last of them; 0: none
  std::vector<ended_device> ended;
  std::vector<session_link> links;  ///< conversations of other tenants that he came into

  ticket asked;
  std::string answer;
};

}  // namespace conclave::actors
