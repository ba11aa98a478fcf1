/// What every run of ackcheck begins and ends with: a tenant with writers, receivers, a guest and
/// groups; and reading back what is stored, for the judge.
#pragma once

#include "client/session.h"
#include "tests/e2e/ack_fence.h"
#include "tests/e2e/ack_judge.h"
#include "tests/e2e/ack_receivers.h"
#include "tests/support/node_process.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace conclave::ackcheck {

struct scene {
  std::vector<std::string> writer_tokens;
  std::vector<std::string> reader_tokens;
  std::string judge_token;
  std::string host_token;
  test::new_user guest;
  std::string guest_reader_token;
  std::vector<conversation_id> groups;
};

struct scene_size {
  unsigned writers = 6;
  unsigned groups = 3;
  unsigned receivers = 2;
};

/// The node must serve. Throws when something cannot be made.
scene found_scene(test::node_process& node, const scene_size& size);

/// What is known at the end of a run.
struct scene_end {
  std::map<std::uint64_t, std::map<std::uint64_t, sent_range>> sent;
  std::string ack_file;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> down;
  std::uint64_t late_ms = 5'000;
};

/// Reads every history whole, waits until the receivers have heard it, and judges.
verdict judge_scene(client::session& judge, const scene& s, const scene_end& end,
                    const std::vector<std::unique_ptr<ack_receiver>>& receivers);

/// What the fence found, and the inboxes of those who received. The receivers must have logged out:
/// a device has one connection.
void judge_members(client::session& host, const scene& s, const ack_fence& fence,
                   const std::function<client::session_options(const std::string&)>& options_for,
                   verdict& found);

std::uint64_t wall_ms();

}  // namespace conclave::ackcheck
