/// See node_process.h.
#include "tests/support/node_process.h"

#include "client/failures.h"
#include "tests/support/loopback.h"
#include "tests/support/network_namespace.h"
#include "tests/support/waiting.h"

#include <algorithm>
#include <arpa/inet.h>
#include <csignal>
#include <fstream>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/time.h>
#include <thread>
#include <unistd.h>

namespace conclave::test {

namespace {

/// The number behind `key` in a line of the log; 0: not there.
std::uint16_t number_after(const std::string& line, const std::string& key) {
  const std::size_t at = line.find(key);
  if (at == std::string::npos) return 0;
  return static_cast<std::uint16_t>(std::strtoul(line.c_str() + at + key.size(), nullptr, 10));
}

/// A plain HTTP answer of the node's own machine; empty: none.
std::string fetch(std::uint16_t port, const std::string& path) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  // A node that is stopped (SIGSTOP) accepts and says nothing.
  const timeval patience_of_one{2, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience_of_one, sizeof patience_of_one);
  const sockaddr_in to = loopback(port);
  std::string answer;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) {
    const std::string request = "GET " + path + " HTTP/1.0\r\nHost: localhost\r\n\r\n";
    if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) > 0) {
      char part[4096];
      ssize_t n = 0;
      while ((n = ::recv(fd, part, sizeof part, 0)) > 0)
        answer.append(part, static_cast<std::size_t>(n));
    }
  }
  ::close(fd);
  return answer;
}

}  // namespace

node_process::node_process(node_settings settings)
    : settings_(std::move(settings)), certificates_(settings_.certificates) {
  if (certificates_ == nullptr) certificates_ = std::make_shared<test_certificates>();
}

std::string node_process::program() const {
  return settings_.program.empty() ? CONCLAVE_BINARY_DIR "/conclaved" : settings_.program;
}

std::string node_process::config_file() {
  write_config();
  return folder_.file("node.toml");
}

void node_process::write_config() {
  std::map<std::string, std::string> all{
      {"node.data_dir", '"' + data_dir() + '"'},
      {"listen.client_port", std::to_string(client_port_)},
      {"listen.admin_port", std::to_string(admin_port_)},
      {"tls.certificate_file", '"' + certificates_->certificate_file() + '"'},
      {"tls.key_file", '"' + certificates_->key_file() + '"'},
      {"storage.block_cache_mib", "32"},
      {"storage.write_buffer_mib", "16"},
      {"storage.ballast_mib", "1"},
  };
  for (const auto& [name, value] : settings_.options) all[name] = value;
  std::string text;
  std::string section;
  for (const auto& [name, value] : all) {
    const std::size_t dot = name.find('.');
    if (name.substr(0, dot) != section) {
      section = name.substr(0, dot);
      text += '[' + section + "]\n";
    }
    text += name.substr(dot + 1) + " = " + value + '\n';
  }
  write_text(folder_.file("node.toml"), text + settings_.appended);
}

void node_process::start() {
  if (!try_start()) {
    const auto code = wait(0ms);
    throw std::runtime_error("the node did not start" +
                             (code ? " (code " + std::to_string(*code) + ")" : std::string()) +
                             ":\n" + log_tail());
  }
}

bool node_process::try_start() {
  if (running()) throw std::runtime_error("the node runs already");
  const std::size_t before = log().size();
  child_ =
      std::make_unique<child_process>(child_process::command{{program(), "--config", config_file()},
                                                             settings_.environment,
                                                             log_file(),
                                                             log_file(),
                                                             {},
                                                             settings_.network_namespace});
  std::string line;
  const auto serves = [&] {
    const std::string fresh = log().substr(before);
    const std::size_t at = fresh.find(" serving ");
    const std::size_t end = fresh.find('\n', at);
    if (at == std::string::npos || end == std::string::npos) return false;
    line = fresh.substr(at, end - at);
    return true;
  };
  if (!wait_until([&] { return serves() || !running(); })) return false;
  // It may have served and ended between the two looks.
  if (line.empty() && !serves()) return false;
  client_port_ = number_after(line, "client_port=");
  admin_port_ = number_after(line, "admin_port=");
  return client_port_ != 0 && admin_port_ != 0;
}

void node_process::kill9() {
  signal(SIGKILL);
  wait(patience);
}

std::optional<int> node_process::terminate(std::chrono::milliseconds deadline) {
  signal(SIGTERM);
  return wait(deadline);
}

void node_process::signal(int number) {
  if (child_ != nullptr) child_->signal(number);
}

std::optional<int> node_process::wait(std::chrono::milliseconds deadline) {
  return child_ == nullptr ? std::nullopt : child_->wait(deadline);
}

bool node_process::running() {
  return child_ != nullptr && child_->running();
}

std::string node_process::log_tail() const {
  constexpr std::size_t most = 4000;
  const std::string all = log();
  return all.size() <= most ? all : "…" + all.substr(all.size() - most);
}

finished node_process::run_command(const std::vector<std::string>& words) {
  std::vector<std::string> arguments{program()};
  arguments.insert(arguments.end(), words.begin(), words.end());
  arguments.insert(arguments.end(), {"--config", config_file()});
  return run_to_end(arguments);
}

const std::string& node_process::operator_token() {
  if (operator_token_.empty()) {
    const finished made = run_command({"operator", "add", "root"});
    if (made.code != 0) throw std::runtime_error("no operator: " + made.err);
    operator_token_ = made.out.substr(0, made.out.find('\n'));
  }
  return operator_token_;
}

std::vector<new_user> node_process::provision(const std::string& tenant, const std::string& device,
                                              const std::vector<std::string>& names) {
  client::session_options options = options_for(operator_token_);
  options.servers = {admin_address()};
  options.follow = false;
  auto admin = client::session::connect(options);
  // A node that has just begun to lead closes its door: who is coming in just then comes again.
  for (int again = 0; again < 10 && !admin && admin.error().code == client::unreachable; ++again) {
    std::this_thread::sleep_for(200ms);
    admin = client::session::connect(options);
  }
  if (!admin) throw std::runtime_error("operator login: " + admin.error().detail);
  const auto made = (*admin)->create_tenant(tenant);
  if (!made && made.error().code != errc::already_exists)
    throw std::runtime_error("creating a tenant: " + made.error().detail);
  std::vector<new_user> users;
  const status provisioned = (*admin)->provision_users(tenant, device, names, users);
  if (!provisioned) throw std::runtime_error("provisioning: " + provisioned.error().detail);
  return users;
}

client::session_options node_process::options_for(const std::string& token) const {
  client::session_options options;
  options.servers = {client_address()};
  options.ca_file = ca_file();
  options.token = token;
  return options;
}

std::optional<double> node_process::metric(const std::string& name) const {
  const auto port = settings_.options.find("listen.metrics_port");
  if (port == settings_.options.end()) return std::nullopt;
  // The page is on the node's own loopback.
  std::optional<network_namespace::inside> there;
  if (settings_.network_namespace >= 0) there.emplace(settings_.network_namespace);
  const auto number = static_cast<std::uint16_t>(std::stoul(port->second));
  // One who stands still for longer than fetch() waits is asked again.
  std::string page;
  for (int i = 0; i < 5 && page.empty(); ++i) page = fetch(number, "/metrics");
  const std::size_t at = page.find("\n" + name + " ");
  if (at == std::string::npos) return std::nullopt;
  return std::strtod(page.c_str() + at + name.size() + 2, nullptr);
}

std::size_t node_process::memory_kib() const {
  std::ifstream status("/proc/" + std::to_string(pid()) + "/status");
  std::string line;
  while (std::getline(status, line))
    if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6));
  return 0;
}

}  // namespace conclave::test
