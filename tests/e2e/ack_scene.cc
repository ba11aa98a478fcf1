/// See ack_scene.h.
#include "tests/e2e/ack_scene.h"

#include "tests/e2e/ack_writers.h"
#include "tests/support/waiting.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <stdexcept>

namespace conclave::ackcheck {

namespace {

using namespace std::chrono_literals;

constexpr unsigned writer_users = 4;

/// Was everything that expires told to be gone?
bool all_told(const std::vector<stored_event>& history) {
  std::set<std::uint64_t> told;
  for (const stored_event& event : history)
    told.insert(event.told_gone.begin(), event.told_gone.end());
  return std::all_of(history.begin(), history.end(), [&](const stored_event& event) {
    return !event.text || event.expires == 0 || (event.flags & flag_recalled) != 0 ||
           told.contains(event.seq);
  });
}

}  // namespace

std::uint64_t wall_ms() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                        std::chrono::system_clock::now().time_since_epoch())
                                        .count());
}

scene found_scene(test::node_process& node, const scene_size& size) {
  scene s;
  std::vector<std::string> names;
  for (unsigned i = 0; i < writer_users; ++i) names.push_back("writer" + std::to_string(i));
  std::vector<test::new_user> people;
  for (unsigned device = 0; s.writer_tokens.size() < size.writers; ++device) {
    people = node.provision("acme", "pipe" + std::to_string(device), names);
    for (const auto& user : people)
      if (s.writer_tokens.size() < size.writers) s.writer_tokens.push_back(user.token);
  }
  names.clear();
  for (unsigned i = 0; i < size.receivers; ++i) names.push_back("reader" + std::to_string(i));
  std::vector<user_id> members;
  for (const auto& user : people) members.push_back(user.user);
  if (!names.empty()) {
    for (const auto& user : node.provision("acme", "ear", names)) {
      members.push_back(user.user);
      s.reader_tokens.push_back(user.token);
    }
  }
  s.judge_token = node.provision("acme", "bench", {"judge"}).front().token;
  s.host_token = node.provision("acme", "door", {"judge"}).front().token;
  s.guest = node.provision("acme", "window", {"guest"}).front();
  s.guest_reader_token = node.provision("acme", "eye", {"guest"}).front().token;
  client::session_options options = node.options_for(s.judge_token);
  options.follow = false;
  const auto judge = client::session::connect(options);
  if (!judge) throw std::runtime_error("the judge cannot log in: " + judge.error().detail);
  for (unsigned i = 0; i < size.groups; ++i) {
    const auto made = (*judge)->create_conversation("group " + std::to_string(i), members,
                                                    history_visibility::all);
    if (!made) throw std::runtime_error("founding a group: " + made.error().detail);
    s.groups.push_back(made->conversation);
  }
  return s;
}

verdict judge_scene(client::session& judge, const scene& s, const scene_end& end,
                    const std::vector<std::unique_ptr<ack_receiver>>& receivers) {
  std::vector<conversation_facts> all;
  for (const conversation_id group : s.groups) {
    conversation_facts& facts = all.emplace_back();
    facts.id = group.value;
    facts.down = end.down;
    facts.late_ms = end.late_ms;
    // What never is told, the judge finds.
    test::wait_until([&] { return all_told(read_history(judge, group)); }, 10s);
    // Once more: the pages of one reading are of different moments, and what expires between two
    // of them stands in the first with its body and is told to be gone in the second.
    facts.history = read_history(judge, group);
    facts.sent = end.sent.at(group.value);
    for (const auto& ear : receivers) {
      const std::uint64_t head = facts.history.size();
      test::wait_until([&] { return ear->reached(group.value) >= head; });
      facts.streams.push_back(ear->stream(group.value));
    }
  }
  return ackcheck::judge(read_ack_file(end.ack_file), all);
}

void judge_members(client::session& host, const scene& s, const ack_fence& fence,
                   const std::function<client::session_options(const std::string&)>& options_for,
                   verdict& found) {
  for (const std::string& sentence : fence.leaks()) count(found, &verdict::leaked, sentence);
  std::vector<std::string> tokens = s.reader_tokens;
  tokens.push_back(s.guest_reader_token);
  for (const std::string& token : tokens) {
    client::session_options o = options_for(token);
    o.follow = false;
    const auto user = client::session::connect(o);
    if (!user) throw std::runtime_error("a reader cannot log in: " + user.error().detail);
    // Entries are owed by the conversations and come a moment later.
    std::vector<std::string> wrong;
    test::wait_until([&] { return (wrong = check_inbox(host, **user, s.groups)).empty(); }, 5s);
    for (const std::string& sentence : wrong) count(found, &verdict::bad_inboxes, sentence);
  }
}

}  // namespace conclave::ackcheck
