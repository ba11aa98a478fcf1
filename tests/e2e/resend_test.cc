/// Resending is safe (P3): the same key gets the same answer, on other connections, in any order,
/// from several sockets at once, and after a kill of the node.
#include "tests/e2e/e2e_fixture.h"
#include "tests/support/text_request.h"

#include <algorithm>
#include <random>
#include <thread>

namespace conclave::test {
namespace {

using e2e_resend = e2e;

std::string body_for(std::uint64_t client_seq) {
  return "text " + std::to_string(client_seq);
}

TEST_F(e2e_resend, p3_a_resend_after_a_kill_gets_the_same_seq_and_time) {
  start();
  const auto users = people({"alice"});
  conversation_id group;
  std::vector<ok_answer> first;
  {
    const auto owner = log_in(people({"alice"}, "acme", "other")[0]);
    group = found(*owner, {});
  }
  wire_client before(node().client_port());
  ASSERT_TRUE(before.login(users[0].token));
  for (std::uint64_t n = 1; n <= 50; ++n) {
    const auto answer = before.ask(text_request(group, n, body_for(n)));
    ASSERT_TRUE(answer);
    ASSERT_TRUE(answer->is(frame_type::ok)) << name_of(answer->code());
    first.push_back(*answer->as<ok_answer>());
  }
  node().kill9();
  node().start();
  wire_client after(node().client_port());
  ASSERT_TRUE(after.login(users[0].token));
  for (std::uint64_t n = 50; n >= 1; --n) {
    const auto answer = after.ask(text_request(group, n, body_for(n)));
    ASSERT_TRUE(answer && answer->is(frame_type::ok));
    EXPECT_EQ(answer->as<ok_answer>()->seq, first[n - 1].seq);
    EXPECT_EQ(answer->as<ok_answer>()->time, first[n - 1].time);
  }
}

TEST_F(e2e_resend, p3_creating_again_gives_the_same_conversation_also_after_a_restart) {
  start();
  const auto users = people({"alice"});
  create_conversation request;
  request.op_id = 4711;
  request.title = "once";
  conversation_id first;
  for (int i = 0; i < 3; ++i) {
    wire_client client(node().client_port());
    ASSERT_TRUE(client.login(users[0].token));
    const auto answer = client.ask(request);
    ASSERT_TRUE(answer && answer->is(frame_type::conversation_created));
    const conversation_id got = answer->as<conversation_created>()->conversation;
    if (i == 0) first = got;
    EXPECT_EQ(got, first);
    node().kill9();
    node().start();
  }
}

TEST_F(e2e_resend, p3_a_key_below_the_window_is_unknown_and_never_done_again) {
  start();
  const auto users = people({"alice"});
  wire_client client(node().client_port());
  ASSERT_TRUE(client.login(users[0].token));
  create_conversation request;
  request.op_id = 1;
  request.title = "window";
  const auto group = client.ask(request)->as<conversation_created>()->conversation;
  for (std::uint64_t n = 1; n <= 257; ++n)
    ASSERT_TRUE(client.ask(text_request(group, n, body_for(n)))->is(frame_type::ok));
  EXPECT_EQ(client.ask(text_request(group, 1, body_for(1)))->code(), errc::resend_expired);
  EXPECT_TRUE(client.ask(text_request(group, 2, body_for(2)))->is(frame_type::ok));
  EXPECT_EQ(client.ask(history{group, event_seq{1}})->as<history_page>()->head.value, 258u);
}

/// Several threads act as sockets of one device: each logs in (which ends the others), sends keys
/// in shuffled order, and dies without reading everything. All answers to a key must be the same.
class many_sockets {
 public:
  many_sockets(std::uint16_t port, std::string token, conversation_id group, std::uint64_t keys)
      : port_(port), token_(std::move(token)), group_(group), answers_(keys + 1) {}

  void run(unsigned seed, int rounds) {
    std::mt19937 random(seed);
    std::vector<std::uint64_t> keys(answers_.size() - 1);
    for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = i + 1;
    for (int i = 0; i < rounds; ++i) {
      wire_client client(port_);
      if (!client.login(token_)) continue;
      std::shuffle(keys.begin(), keys.end(), random);
      std::string frames;
      for (const std::uint64_t key : keys) {
        const std::string body = body_for(key);
        append_frame(frames, key, text_request(group_, key, body));
      }
      client.send_bytes(frames);
      const std::size_t most = random() % 3 == 0 ? keys.size() : random() % keys.size();
      for (std::size_t got = 0; got < most;) {
        const auto frame = client.next(2s);
        if (!frame) break;
        if (frame->header.correlation == 0) {
          if (frame->is(frame_type::event)) take_event(*frame);
          continue;
        }
        ++got;
        if (const auto ok = frame->as<ok_answer>()) take(frame->header.correlation, *ok);
        if (frame->is(frame_type::error)) take_error(*frame);
      }
    }
  }

  void take(std::uint64_t key, const ok_answer& ok) {
    const std::lock_guard lock(mutex_);
    ok_answer& known = answers_[key];
    if (!known.seq) known = ok;
    if (known.seq != ok.seq || known.time != ok.time) ++differences;
    ++taken;
  }

  std::vector<ok_answer> answers() {
    const std::lock_guard lock(mutex_);
    return answers_;
  }

  std::atomic<int> differences{0};
  std::atomic<int> taken{0};
  std::atomic<int> rejected{0};

 private:
  void take_event(const wire_frame& frame) {
    const auto push = split_event_payload(frame.payload);
    const auto event = decode_event(push->event_bytes);
    if (event && event->kind == event_kind::text)
      take(event->client_seq, ok_answer{event->seq, event->time});
  }
  void take_error(const wire_frame& frame) {
    const auto error = frame.as<error_answer>();
    if (error && error->kind == error_class::rejected) ++rejected;
  }

  const std::uint16_t port_;
  const std::string token_;
  const conversation_id group_;
  std::mutex mutex_;
  std::vector<ok_answer> answers_;
};

TEST_F(e2e_resend, p3_shuffled_resends_from_several_sockets_of_one_device_have_one_effect) {
  node_settings settings;
  settings.program = CONCLAVE_BINARY_DIR "/conclaved-faulty";
  start(settings);
  const auto users = people({"alice"});
  const auto owner = log_in(people({"alice"}, "acme", "owner")[0]);
  constexpr std::uint64_t keys = 150;
  for (int group_number = 0; group_number < 4; ++group_number) {
    const conversation_id group = found(*owner, {});
    many_sockets sockets(node().client_port(), users[0].token, group, keys);
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < 3; ++i)
      threads.emplace_back([&sockets, i, group_number] {
        sockets.run(i + 10 * static_cast<unsigned>(group_number), 6);
      });
    // The node dies under them every other time.
    if (group_number % 2 == 1) {
      EXPECT_TRUE(wait_until([&] { return sockets.taken > 50; }));
      node().kill9();
      node().start();
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(sockets.differences, 0);
    EXPECT_EQ(sockets.rejected, 0);

    // What nobody got an answer for is asked once more, alone.
    wire_client last(node().client_port());
    ASSERT_TRUE(last.login(users[0].token));
    for (std::uint64_t key = 1; key <= keys; ++key) {
      const auto answer = last.ask(text_request(group, key, body_for(key)));
      ASSERT_TRUE(answer && answer->is(frame_type::ok));
      sockets.take(key, *answer->as<ok_answer>());
    }
    EXPECT_EQ(sockets.differences, 0);

    const auto page = (*owner)->history(group, event_seq{1}, history_direction::forward, 1000);
    ASSERT_TRUE(page);
    ASSERT_EQ(page->events.size(), keys + 1);
    const auto answers = sockets.answers();
    for (const event_view& event : page->events) {
      if (event.kind != event_kind::text) continue;
      EXPECT_EQ(event.body, body_for(event.client_seq));
      EXPECT_EQ(answers[event.client_seq].seq, event.seq);
      EXPECT_EQ(answers[event.client_seq].time, event.time);
    }
  }
}

}  // namespace
}  // namespace conclave::test
