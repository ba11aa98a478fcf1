/// Bad input costs the sender only (P7): broken bytes, silence and slowness of some, while others
/// chat on and the node's memory stays bounded.
#include "tests/e2e/e2e_fixture.h"
#include "tests/support/text_request.h"

#include <functional>

namespace conclave::test {
namespace {

using e2e_hostile = e2e;

std::string frame_bytes(std::uint32_t length, std::uint8_t version, std::uint8_t type,
                        std::uint64_t correlation, std::string_view payload) {
  std::string bytes(frame_header_size, '\0');
  write_frame_header({length, version, static_cast<frame_type>(type), 0, correlation},
                     bytes.data());
  return bytes + std::string(payload);
}

std::string hello_bytes() {
  std::string out;
  append_frame(out, 1, hello{});
  return out;
}

TEST_F(e2e_hostile, p7_broken_bytes_end_only_the_connection_that_sent_them) {
  start();
  const auto users = people({"alice", "bob", "mallory"});
  const auto alice = log_in(users[0]);
  const auto bob = log_in(users[1]);
  const conversation_id group = found(*alice, {bob->id});

  struct attack {
    std::string what;
    std::string bytes;
    bool logged_in;
    errc code;
  };
  const std::vector<attack> attacks{
      {"no protocol at all", "GET / HTTP/1.1\r\n\r\n                  ", false,
       errc::frame_too_large},
      {"another version", frame_bytes(13, 9, 1, 1, "\x90"), false, errc::unsupported_version},
      {"too short a length", frame_bytes(3, 1, 1, 1, "\x90"), false, errc::malformed},
      {"a huge length", frame_bytes(0xfffffff0, 1, 1, 1, ""), false, errc::frame_too_large},
      {"large before the login", frame_bytes(2000, 1, 2, 1, ""), false, errc::frame_too_large},
      {"a request before HELLO", frame_bytes(13, 1, 0x11, 1, "\x90"), false,
       errc::unexpected_frame},
      {"a request before LOGIN", hello_bytes() + frame_bytes(13, 1, 0x11, 2, "\x90"), false,
       errc::not_authenticated},
      {"a payload that is no array", hello_bytes() + frame_bytes(13, 1, 2, 2, "\x01"), false,
       errc::malformed},
      {"a second HELLO", hello_bytes(), true, errc::unexpected_frame},
      {"correlation 0", frame_bytes(13, 1, 0x18, 0, "\x90"), true, errc::malformed},
      {"a frame above the limit", frame_bytes(200'000, 1, 0x11, 5, ""), true,
       errc::frame_too_large},
  };
  for (const attack& a : attacks) {
    wire_client mallory(node().client_port());
    ASSERT_TRUE(mallory.connected());
    if (a.logged_in) {
      ASSERT_TRUE(mallory.login(users[2].token));
    }
    mallory.pushes().clear();
    ASSERT_TRUE(mallory.send_bytes(a.bytes));
    EXPECT_TRUE(mallory.read_until_closed()) << a.what;
    ASSERT_FALSE(mallory.pushes().empty()) << a.what << ": no word before the end";
    EXPECT_EQ(mallory.pushes().back().code(), a.code) << a.what;
    EXPECT_EQ(mallory.pushes().back().header.correlation, 0u) << a.what;
    ASSERT_TRUE((*alice)->send(group, "we talk on")) << a.what;
  }
  ASSERT_TRUE(bob->hears_up_to(group, 1 + attacks.size()));
}

TEST_F(e2e_hostile, p7_wrong_fields_are_answered_and_the_connection_stays) {
  start();
  const auto users = people({"alice"});
  wire_client client(node().client_port());
  ASSERT_TRUE(client.login(users[0].token));
  const auto group = client
                         .ask(create_conversation{
                             1, conversation_kind::group, history_visibility::all, "g", {}, {}})
                         ->as<conversation_created>()
                         ->conversation;
  const auto raw = [&](std::uint8_t type, std::string_view payload) {
    static std::uint64_t correlation = 500;
    ++correlation;
    client.send_bytes(frame_bytes(static_cast<std::uint32_t>(12 + payload.size()), 1, type,
                                  correlation, payload));
    const auto answer = client.answer(correlation);
    return answer ? answer->code() : errc::io_error;
  };
  EXPECT_EQ(raw(0x3f, "\x90"), errc::unsupported);
  EXPECT_EQ(raw(0x18, "\x94\x01\x01\x07\x0a"), errc::invalid_argument) << "direction 7";
  EXPECT_EQ(client.ask(text_request(group, 1, "\xff\xfe"))->code(), errc::invalid_argument)
      << "a text that is not UTF-8";
  EXPECT_TRUE(client.ask(text_request(group, 1, "good"))->is(frame_type::ok));
}

TEST_F(e2e_hostile, p7_plaintext_and_half_handshakes_do_not_disturb_others) {
  start();
  const auto users = people({"alice", "bob"});
  const auto alice = log_in(users[0]);
  const conversation_id group = found(*alice, {users[1].user});
  std::vector<std::unique_ptr<wire_client>> silent;
  for (int i = 0; i < 50; ++i) {
    silent.push_back(std::make_unique<wire_client>(node().client_port(), true));
    if (i % 2 == 0) silent.back()->send_bytes("\x16\x03\x01\x02\x00\x01");
  }
  wire_client plain(node().client_port(), true);
  plain.send_bytes("hello, is there anybody?\r\n\r\n");
  EXPECT_TRUE(plain.read_until_closed());
  ASSERT_TRUE((*alice)->send(group, "unmoved"));
  // The deadline of a handshake is 5 s: then the silent ones are gone.
  for (auto& s : silent) EXPECT_TRUE(s->read_until_closed());
}

TEST_F(e2e_hostile, p7_half_a_frame_and_then_death_costs_nobody_else) {
  start();
  const auto users = people({"alice", "bob"});
  const auto bob = log_in(users[1]);
  const conversation_id group = found(*bob, {users[0].user});
  std::string frame;
  append_frame(frame, 7, text_request(group, 1, "never whole"));
  for (std::size_t cut = 1; cut < frame.size(); cut += 5) {
    wire_client alice(node().client_port());
    ASSERT_TRUE(alice.login(users[0].token));
    alice.send_bytes(std::string_view(frame).substr(0, cut));
    alice.abandon();
  }
  ASSERT_TRUE((*bob)->send(group, "still here"));
  ASSERT_TRUE(bob->hears_up_to(group, 2));
  EXPECT_EQ(bob->texts(group), std::vector<std::string>{"still here"});
}

TEST_F(e2e_hostile, p7_silence_before_and_after_the_login_is_ended) {
  node_settings settings;
  settings.options["limits.idle_timeout_ms"] = "1500";
  start(settings);
  const auto users = people({"alice"});
  wire_client silent(node().client_port());
  ASSERT_TRUE(silent.login(users[0].token));
  EXPECT_TRUE(silent.read_until_closed(10s));
  ASSERT_FALSE(silent.pushes().empty());
  EXPECT_EQ(silent.pushes().back().code(), errc::idle_timeout);
  wire_client greeted(node().client_port());
  ASSERT_TRUE(greeted.connected());
  EXPECT_TRUE(greeted.read_until_closed(15s));
}

TEST_F(e2e_hostile, p7_a_newer_login_of_the_device_ends_the_older_with_a_word) {
  start();
  const auto users = people({"alice"});
  wire_client older(node().client_port());
  ASSERT_TRUE(older.login(users[0].token));
  wire_client newer(node().client_port());
  ASSERT_TRUE(newer.login(users[0].token));
  EXPECT_TRUE(older.read_until_closed());
  ASSERT_FALSE(older.pushes().empty());
  EXPECT_EQ(older.pushes().back().code(), errc::replaced);
  EXPECT_TRUE(newer.ask(ping{})->is(frame_type::pong));
}

TEST_F(e2e_hostile, p7_one_who_does_not_read_is_told_the_head_and_catches_up) {
  start();
  const auto users = people({"alice", "bob", "sleepy"});
  const auto alice = log_in(users[0]);
  const auto bob = log_in(users[1]);
  const conversation_id group = found(*alice, {bob->id, users[2].user});
  wire_client sleepy(node().client_port(), false, 16 * 1024);
  ASSERT_TRUE(sleepy.login(users[2].token));
  const std::size_t before_kib = node().memory_kib();

  // 11 MB for one who reads nothing; the bounds of one connection are 1 and 8 MiB. Not more: he
  // must wake up within the ten seconds of a stalled writer.
  const std::string big(16'000, 'x');
  constexpr std::uint64_t count = 700;
  std::atomic<std::uint64_t> answered{0};
  for (std::uint64_t i = 0; i < count; ++i) {
    ASSERT_TRUE(wait_until([&] { return i - answered < 100; }));
    (*alice)->send_async(group, big, [&](outcome<client::receipt> r) {
      EXPECT_TRUE(r.ok());
      ++answered;
    });
  }
  ASSERT_TRUE(bob->hears_up_to(group, count + 1));
  EXPECT_EQ(bob->seqs(group), dense(1, count + 1));
  EXPECT_LT(node().memory_kib(), before_kib + 150 * 1024);

  // He wakes up within the time that the node waits for a stalled writer: reads what was pushed in
  // order, is told the head, and finds the rest in the history.
  std::uint64_t cursor = 0;
  std::uint64_t told = 0;
  while (told < count + 1 && cursor < count + 1) {
    const auto frame = sleepy.next();
    ASSERT_TRUE(frame) << "cursor " << cursor << " closed " << sleepy.closed();
    if (frame->is(frame_type::event)) {
      const auto event = decode_event(split_event_payload(frame->payload)->event_bytes);
      if (cursor != 0) {
        EXPECT_EQ(event->seq.value, cursor + 1);
      }
      cursor = event->seq.value;
    } else if (frame->is(frame_type::head)) {
      told = frame->as<head_push>()->head.value;
    }
  }
  EXPECT_EQ(told, count + 1);
  EXPECT_LT(cursor, count + 1) << "he was never slow";
  event_seq from{cursor + 1};
  while (from) {
    const auto answer = sleepy.ask(history{group, from, history_direction::forward, 1000});
    ASSERT_TRUE(answer && answer->is(frame_type::history_page));
    const auto page = answer->as<history_page>();
    cursor += page->events.count;
    from = page->next;
  }
  EXPECT_EQ(cursor, count + 1);
  ASSERT_TRUE((*bob)->send(group, "the live push is back"));
  const auto frame = sleepy.next();
  ASSERT_TRUE(frame);
  EXPECT_TRUE(frame->is(frame_type::event));
}

}  // namespace
}  // namespace conclave::test
