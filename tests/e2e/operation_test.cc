/// What an operator relies on: orderly ends, refusals in one sentence with their exit codes, one
/// process per data folder, certificates that can be replaced.
#include "tests/e2e/e2e_fixture.h"
#include "tests/support/loopback.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>

namespace conclave::test {
namespace {

using e2e_operation = e2e;

constexpr int exit_usage = 2;
constexpr int exit_unsafe = 3;
constexpr int exit_storage = 4;
constexpr int exit_listen = 5;

/// One line, ended by a newline, that begins with the program's name.
testing::AssertionResult is_one_sentence(const std::string& text) {
  const auto lines = std::count(text.begin(), text.end(), '\n');
  if (lines == 1 && text.starts_with("conclaved: ") && text.size() > 30)
    return testing::AssertionSuccess();
  return testing::AssertionFailure() << "not one sentence: " << text;
}

TEST_F(e2e_operation, p1_sigterm_under_load_says_goaway_loses_nothing_and_ends_with_0) {
  start();
  const auto users = people({"alice", "watcher"});
  const auto alice = log_in(users[0]);
  const conversation_id group = found(*alice, {});
  wire_client watcher(node().client_port());
  ASSERT_TRUE(watcher.login(users[1].token));
  std::atomic<std::uint64_t> acked{0};
  std::atomic<std::uint64_t> asked{0};
  std::atomic<std::uint64_t> highest{0};
  constexpr std::uint64_t count = 4000;
  const auto flood = [&] {
    while (asked < count && asked - acked < 200) {
      ++asked;
      (*alice)->send_async(group, "text " + std::to_string(asked), [&](outcome<client::receipt> r) {
        EXPECT_TRUE(r.ok()) << r.error().detail;
        if (r && r->seq.value > highest) highest = r->seq.value;
        ++acked;
      });
    }
    return acked >= count;
  };
  ASSERT_TRUE(wait_until([&] {
    flood();
    return acked > 500;
  }));
  flood();
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(node().terminate(), 0);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 8s);
  EXPECT_TRUE(watcher.read_until_closed());
  ASSERT_FALSE(watcher.pushes().empty());
  EXPECT_EQ(watcher.pushes().back().code(), errc::shutting_down);

  // The chain is whole, and tells the same a second time.
  const finished first = node().run_command({"inspect"});
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_NE(first.out.find("shard 0 "), std::string::npos) << first.out;
  const auto shards_in = [](const std::string& out) { return out.substr(out.find("shard 0 ")); };
  EXPECT_EQ(shards_in(node().run_command({"inspect"}).out), shards_in(first.out));

  node().start();
  ASSERT_TRUE(wait_until([&] { return flood(); })) << acked;
  ASSERT_TRUE(alice->hears_up_to(group, count + 1));
  EXPECT_EQ(alice->seqs(group), dense(1, count + 1));
  EXPECT_EQ(highest, count + 1);
}

TEST_F(e2e_operation, p7_mistakes_in_the_configuration_are_refused_in_one_sentence) {
  struct mistake {
    std::string option;
    std::string value;
    std::string names;
  };
  const std::vector<mistake> mistakes{
      {"tls.key_file", "\"/nowhere/key.pem\"", "tls.key_file"},
      {"tls.certificate_file", "\"/nowhere/cert.pem\"", "/nowhere/cert.pem"},
      {"listen.client_prot", "7443", "client_prot"},
      {"limits.idle_timeout_ms", "\"soon\"", "idle_timeout_ms"},
      {"node.shards", "0", "shards"},
      {"listen.metrics_address", "\"0.0.0.0\"", "metrics_address"},
      {"log.file", "\"data/node.log\"", "log.file"},
  };
  for (const mistake& m : mistakes) {
    node_settings settings;
    settings.options["listen.metrics_port"] = "9999";
    settings.options[m.option] = m.value;
    node_process node(settings);
    for (const auto& words : {std::vector<std::string>{}, {"--check-config"}}) {
      const finished refused = node.run_command(words);
      EXPECT_EQ(refused.code, exit_unsafe) << m.option;
      EXPECT_TRUE(is_one_sentence(refused.err)) << m.option;
      EXPECT_NE(refused.err.find(m.names), std::string::npos) << refused.err;
    }
  }
  node_process node;
  ASSERT_EQ(::chmod(node.certificates().key_file().c_str(), 0644), 0);
  const finished open = node.run_command({});
  EXPECT_EQ(open.code, exit_unsafe);
  EXPECT_TRUE(is_one_sentence(open.err));
  EXPECT_NE(open.err.find("chmod 600"), std::string::npos) << open.err;
  ASSERT_EQ(::chmod(node.certificates().key_file().c_str(), 0600), 0);
  EXPECT_EQ(node.run_command({"--check-config"}).code, 0);
}

TEST_F(e2e_operation, p7_a_cluster_certificate_that_is_missing_is_told_before_there_is_any_data) {
  node_settings settings;
  settings.certificates = std::make_shared<test_certificates>();
  const auto files = settings.certificates->issue_node("test", 1);
  settings.options["cluster.name"] = "\"test\"";
  settings.options["cluster.node"] = "1";
  settings.options["cluster.mode"] = "\"single\"";
  settings.options["cluster.ca_file"] = '"' + settings.certificates->ca_file() + '"';
  settings.options["cluster.certificate_file"] = "\"/nowhere/cluster.pem\"";
  settings.options["cluster.key_file"] = '"' + files.key_file + '"';
  settings.appended =
      "[[cluster.nodes]]\nnode = 1\nsite = \"here\"\naddress = \"127.0.0.1:7445\"\n"
      "client_address = \"127.0.0.1:7443\"\n";
  node_process node(settings);
  for (const auto& words : {std::vector<std::string>{}, {"--check-config"}}) {
    const finished refused = node.run_command(words);
    EXPECT_EQ(refused.code, exit_unsafe);
    EXPECT_TRUE(is_one_sentence(refused.err));
    EXPECT_NE(refused.err.find("/nowhere/cluster.pem: no such file"), std::string::npos)
        << refused.err;
    EXPECT_NE(::access(node.data_dir().c_str(), F_OK), 0);
  }
}

/// Services are often started with a low limit that they may raise themselves.
TEST_F(e2e_operation, a_store_is_opened_with_every_descriptor_that_the_process_may_have) {
  const temp_folder folder;
  node_settings settings;
  settings.program = folder.file("conclaved");
  write_text(settings.program,
             "#!/bin/sh\nulimit -Sn 16\nexec \"" CONCLAVE_BINARY_DIR "/conclaved\" \"$@\"\n", 0700);
  start(settings);
  const auto users = people({"alice"});
  EXPECT_TRUE((*log_in(users[0]))->list_conversations().ok());
  EXPECT_EQ(node().terminate(), 0);
  const finished inspected = node().run_command({"inspect"});
  EXPECT_EQ(inspected.code, 0) << inspected.err;
}

TEST_F(e2e_operation, p7_an_order_about_no_node_is_refused_as_it_is_said) {
  node_process node;
  for (const char* const number : {"1abc", "0", "65536", "0x1", " 1"}) {
    const finished refused = node.run_command({"cluster", "readmit", number});
    EXPECT_EQ(refused.code, exit_usage) << number;
    EXPECT_NE(refused.err.find("from 1 to 65535"), std::string::npos) << refused.err;
  }
}

TEST_F(e2e_operation, an_order_that_a_node_ends_without_answering_is_told_of) {
  node_process node;
  ASSERT_EQ(::mkdir(node.data_dir().c_str(), 0700), 0);
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  (node.data_dir() + "/control.sock").copy(at.sun_path, sizeof at.sun_path - 1);
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
  ASSERT_EQ(::listen(listener, 1), 0);
  std::thread dying([&] {
    const int fd = ::accept(listener, nullptr, nullptr);
    char order[64];
    if (fd >= 0 && ::recv(fd, order, sizeof order, 0) >= 0) ::close(fd);
  });
  const finished said = node.run_command({"cluster", "status"});
  ::shutdown(listener, SHUT_RDWR);
  dying.join();
  ::close(listener);
  EXPECT_EQ(said.code, exit_storage);
  EXPECT_TRUE(is_one_sentence(said.err));
  EXPECT_NE(said.err.find("ask again"), std::string::npos) << said.err;
}

TEST_F(e2e_operation, inspecting_makes_nothing) {
  node_process node;
  const finished none = node.run_command({"inspect"});
  EXPECT_EQ(none.code, exit_storage);
  EXPECT_TRUE(is_one_sentence(none.err));
  EXPECT_NE(::access(node.data_dir().c_str(), F_OK), 0);
}

TEST_F(e2e_operation, p1_a_second_process_cannot_open_the_same_data_folder) {
  start();
  for (const auto& words : {std::vector<std::string>{}, {"operator", "add", "eve"}, {"inspect"}}) {
    const finished second = node().run_command(words);
    EXPECT_EQ(second.code, exit_storage) << second.err;
    EXPECT_TRUE(is_one_sentence(second.err.substr(second.err.find("conclaved: "))));
  }
  const auto users = people({"alice"});
  EXPECT_TRUE((*log_in(users[0]))->list_conversations().ok()) << "the first one goes on";
}

int connected(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in at = loopback(port);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0) return fd;
  ::close(fd);
  return -1;
}

TEST_F(e2e_operation, p7_who_reaches_the_metrics_page_neither_fills_memory_nor_delays_the_end) {
  node_settings settings;
  const std::uint16_t port = free_port();
  settings.options["listen.metrics_port"] = std::to_string(port);
  start(settings);
  ASSERT_TRUE(node().metric("conclave_connections"));
  const std::size_t before = node().memory_kib();
  const std::string endless[] = {
      "POST /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
      "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n",
      "GET /metrics HTTP/1.1\r\n",
  };
  const std::string more = "8000\r\n" + std::string(0x8000, 'x') + "\r\n";
  for (const std::string& first : endless) {
    const int fd = connected(port);
    ASSERT_GE(fd, 0);
    const timeval patience{1, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    bool taken = ::send(fd, first.data(), first.size(), MSG_NOSIGNAL) > 0;
    for (int i = 0; i < 2'000 && taken; ++i)  // 64 MiB
      taken = ::send(fd, more.data(), more.size(), MSG_NOSIGNAL) > 0;
    ::close(fd);
  }
  EXPECT_LT(node().memory_kib(), before + 16 * 1024);
  ASSERT_TRUE(wait_until([&] { return node().metric("conclave_connections").has_value(); }));
  std::vector<int> silent;
  for (int i = 0; i < 10; ++i) {
    silent.push_back(connected(port));
    ::send(silent.back(), "GET /m", 6, MSG_NOSIGNAL);
  }
  EXPECT_EQ(node().terminate(10s), 0);
  for (const int fd : silent) ::close(fd);
}

TEST_F(e2e_operation, p7_an_address_in_use_is_refused_in_one_sentence) {
  node_settings settings;
  const std::uint16_t metrics = free_port();
  settings.options["listen.metrics_port"] = std::to_string(metrics);
  start(settings);
  for (const auto& [option, port] : std::initializer_list<std::pair<const char*, std::uint16_t>>{
           {"listen.client_port", node().client_port()},
           {"listen.admin_port", node().admin_port()},
           {"listen.metrics_port", metrics}}) {
    node_process other;
    other.settings().options[option] = std::to_string(port);
    EXPECT_FALSE(other.try_start()) << option;
    EXPECT_EQ(other.wait(0ms), exit_listen) << option;
    const std::string log = other.log();
    EXPECT_TRUE(is_one_sentence(log.substr(log.find("conclaved: ")))) << option;
  }
}

TEST_F(e2e_operation, p7_sighup_replaces_the_certificate_and_keeps_the_connections) {
  start();
  const auto users = people({"alice"});
  wire_client before(node().client_port());
  ASSERT_TRUE(before.login(users[0].token));
  const std::string old_serial = before.peer_serial();

  auto& authority = node().certificates();
  const auto fresh = authority.issue("renewed", "DNS:localhost,IP:127.0.0.1");
  write_text(authority.certificate_file(), read_text(fresh.certificate_file), 0644);
  write_text(authority.key_file(), read_text(fresh.key_file));
  node().signal(SIGHUP);
  EXPECT_TRUE(
      wait_until([&] { return wire_client(node().client_port()).peer_serial() != old_serial; }));
  EXPECT_TRUE(before.ask(ping{})->is(frame_type::pong));
  EXPECT_TRUE((*log_in(users[0]))->list_conversations().ok()) << "verified against the authority";

  // What the next start would refuse is refused now, while somebody looks.
  const std::string renewed = wire_client(node().client_port()).peer_serial();
  const auto open = authority.issue("open", "DNS:localhost,IP:127.0.0.1");
  write_text(authority.certificate_file(), read_text(open.certificate_file), 0644);
  write_text(authority.key_file(), read_text(open.key_file), 0660);
  node().signal(SIGHUP);
  EXPECT_TRUE(wait_until(
      [&] { return node().log().find("is open to other accounts") != std::string::npos; }));
  EXPECT_NE(node().log().find("not reloaded"), std::string::npos);
  EXPECT_EQ(wire_client(node().client_port()).peer_serial(), renewed);

  // Broken files change nothing, nor do those that nobody would trust.
  const auto over = authority.issue("over", "DNS:localhost,IP:127.0.0.1", -60);
  write_text(authority.certificate_file(), read_text(over.certificate_file), 0644);
  write_text(authority.key_file(), read_text(over.key_file));
  node().signal(SIGHUP);
  EXPECT_TRUE(wait_until([&] { return node().log().find("expired on") != std::string::npos; }));
  EXPECT_EQ(node().run_command({"--check-config"}).code, exit_unsafe);
  const std::string serial = wire_client(node().client_port()).peer_serial();
  write_text(authority.certificate_file(), "no certificate", 0644);
  node().signal(SIGHUP);
  EXPECT_TRUE(wait_until([&] { return node().log().find("not reloaded") != std::string::npos; }));
  EXPECT_EQ(wire_client(node().client_port()).peer_serial(), serial);
}

}  // namespace
}  // namespace conclave::test
