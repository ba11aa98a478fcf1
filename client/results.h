/// What the blocking calls of a session and its event callback give back: copies that own their
/// bytes, where the messages of schemas/ borrow a frame. Pure data; any thread.
#pragma once

#include "schemas/event.h"
#include "schemas/history_messages.h"
#include "schemas/ids.h"

#include <cstdint>
#include <string>
#include <vector>

namespace conclave::client {

struct identity {
  tenant_id tenant{};
  user_id user{};
  device_id device{};
  std::string user_name;
  std::string tenant_name;
};

/// Where a request's event stands.
struct receipt {
  event_seq seq{};
  time_ms time = 0;
};

struct founded {
  conversation_id conversation{};
  time_ms time = 0;
};

struct conversation_info {
  conversation_id conversation{};
  std::string title;
  event_seq head{};
  bool member = true;
};

struct member_info {
  user_id user{};
  member_role role = member_role::member;
  event_seq joined{};
  std::string user_name;
};

struct user_info {
  user_id user{};
  std::string user_name;
};

/// A history page; `events[i].body` points into `bytes`, which moves with the page but must not be
/// copied from under them: the type can only be moved.
struct event_page {
  event_page() = default;
  event_page(event_page&&) = default;
  event_page& operator=(event_page&&) = default;

  event_seq head{};
  event_seq next{};  ///< where the next page begins; zero: nothing left
  std::vector<event_view> events;
  std::vector<char> bytes;  // a vector keeps its address when moved, a short string does not
};

}  // namespace conclave::client
