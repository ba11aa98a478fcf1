/// What lies between OpenSSL and the socket: bytes that the socket does not take are sent later,
/// before whatever OpenSSL itself has to say meanwhile.
#include "net/socket_bio.h"

#include "tests/net/loop_fixture.h"
#include "tests/net/raw_tls_client.h"
#include "tests/net/socket_pair.h"

#include <gtest/gtest.h>

#include <sys/socket.h>

namespace conclave::net {
namespace {

/// The correlations of all frames in `bytes`.
std::vector<std::uint64_t> numbers_of(const std::string& bytes) {
  frame_reader reader(limits::max_answer_bytes);
  std::vector<frame_view> frames;
  std::vector<std::uint64_t> numbers;
  EXPECT_EQ(reader.feed(bytes, frames), errc::ok);
  for (const frame_view& f : frames) numbers.push_back(f.header.correlation);
  return numbers;
}

/// The answer to requests for new keys is a record that nobody queued. OpenSSL writes it with the
/// next record: both leave behind those that were sealed with the old keys.
TEST(socket_bio, p7_new_keys_asked_for_while_the_socket_is_full_do_not_tear_the_stream) {
  loop_options options;
  options.outbox_max_bytes = 64 * 1024 * 1024;
  loop_pair pair(options);
  pair.start();
  raw_tls_client client(pair.port);
  ASSERT_TRUE(client.handshake(good_alpn));
  ASSERT_TRUE(pair.server.wait_for_opens(1));
  const std::uint64_t said = send_until_stuck(pair.server, 300'000);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(client.ask_for_new_keys());
  ASSERT_TRUE(client.write(make_frame("are you there", 7, frame_type::ping)));
  ASSERT_TRUE(pair.server.wait_for_frames(1)) << "the requests before it have been read";
  pair.server.call([&] {
    pair.server.loop.for_each([](connection& c) { c.close(close_reason::by_us, true); });
  });
  const std::vector<std::uint64_t> heard = numbers_of(client.read_all());
  std::vector<std::uint64_t> all(said);
  for (std::uint64_t n = 1; n <= said; ++n) all[n - 1] = n;
  EXPECT_EQ(heard, all);
}

/// A BIO over a pair of sockets of which the writing one is full soon.
struct small_pipe : socket_pair {
  small_pipe() { CONCLAVE_CHECK(bio.attach(ssl, near.get()), "memory for a BIO"); }
  ~small_pipe() {
    SSL_free(ssl);
    SSL_CTX_free(context);
  }
  small_pipe(const small_pipe&) = delete;
  small_pipe& operator=(const small_pipe&) = delete;
  socket_bio bio;
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL* ssl = SSL_new(context);
};

/// OpenSSL may have an alert to send at any time.
TEST(socket_bio, p7_what_openssl_writes_itself_does_not_overtake_the_rest) {
  small_pipe pipe;
  socket_bio& bio = pipe.bio;
  bio.keep_rest();
  BIO* const below = SSL_get_wbio(pipe.ssl);
  std::string said;
  while (!bio.has_rest()) {
    const std::string part(16'000, static_cast<char>('a' + said.size() / 16'000 % 26));
    ASSERT_EQ(BIO_write(below, part.data(), 16'000), 16'000) << "the rest is kept";
    said += part;
  }
  while (bio.rest_bytes() + 5 <= socket_bio::max_rest_bytes) {
    ASSERT_EQ(BIO_write(below, "alert", 5), 5) << "a refused one would be lost";
    said += "alert";
  }
  EXPECT_EQ(BIO_write(below, "alert", 5), -1);
  EXPECT_TRUE(BIO_should_write(below)) << "enough is enough";
  std::string heard;
  while (bio.has_rest()) {
    heard += pipe.take();
    ASSERT_TRUE(bio.send_rest());
  }
  EXPECT_EQ(heard + pipe.take(), said);
}

/// A stranger has no claim to memory: OpenSSL keeps its flight and tries again.
TEST(socket_bio, p7_before_the_handshake_is_over_nothing_is_kept) {
  small_pipe pipe;
  BIO* const below = SSL_get_wbio(pipe.ssl);
  std::string said;
  while (true) {
    const std::string part(16'000, static_cast<char>('a' + said.size() / 16'000 % 26));
    const int taken = BIO_write(below, part.data(), 16'000);
    if (taken < 0) break;
    said.append(part, 0, static_cast<std::size_t>(taken));
  }
  EXPECT_TRUE(BIO_should_write(below)) << "it is to be tried again";
  EXPECT_FALSE(pipe.bio.has_rest());
  EXPECT_EQ(pipe.take(), said);
  EXPECT_EQ(BIO_write(below, "more", 4), 4);
  EXPECT_EQ(pipe.take(), "more");
}

TEST(socket_bio, what_the_socket_does_not_take_follows_before_what_comes_later) {
  small_pipe pipe;
  socket_bio& bio = pipe.bio;
  std::string said;
  std::string heard;
  std::string part(9'000, '?');
  for (int i = 0; i < 300; ++i) {
    for (char& c : part) c = static_cast<char>('a' + (said.size() + i) % 26);
    ASSERT_TRUE(bio.send(part));
    said += part;
    if (i % 40 == 39) {
      EXPECT_TRUE(bio.has_rest()) << "more was given than a socket takes";
      heard += pipe.take();
      ASSERT_TRUE(bio.send_rest());
    }
  }
  while (true) {
    heard += pipe.take();
    if (!bio.has_rest()) break;
    ASSERT_TRUE(bio.send_rest());
  }
  EXPECT_EQ(heard, said);
  pipe.far.reset();
  EXPECT_FALSE(bio.send(part)) << "nobody is there any more";
  EXPECT_EQ(errno, EPIPE);
}

}  // namespace
}  // namespace conclave::net
