/// See cluster_process.h.
#include "tests/support/cluster_process.h"

#include "tests/support/loopback.h"
#include "tests/support/waiting.h"

#include <csignal>
#include <filesystem>
#include <sstream>
#include <stdexcept>

namespace conclave::test {

namespace {

std::string quoted(const std::string& text) {
  return '"' + text + '"';
}

/// Of an order; empty: it is carried out.
std::string refusal_in(const finished& said) {
  if (said.code == 0) return {};
  return said.err.empty() ? "code " + std::to_string(said.code) : said.err;
}

/// Without the line that names the cluster and the boots.
std::vector<std::string> shard_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("shard ")) lines.push_back(line);
  return lines;
}

}  // namespace

cluster_process::cluster_process(cluster_settings settings)
    : settings_(std::move(settings)), certificates_(std::make_shared<test_certificates>()) {
  const unsigned count = settings_.voters + settings_.learners;
  for (unsigned n = 0; n < count; ++n)
    for (auto* ports : {&client_ports_, &admin_ports_, &peer_ports_, &metrics_ports_})
      ports->push_back(lasting_port());
  if (settings_.network == cluster_network::proxied) proxy_ = std::make_unique<link_proxy>();
  if (settings_.network == cluster_network::namespaces)
    cables_ = std::make_unique<node_network>(count);
  for (unsigned from = 1; from <= count; ++from) {
    auto& reached = reached_.emplace_back(peer_ports_);
    for (unsigned to = 1; proxy_ != nullptr && to <= count; ++to)
      if (from != to) reached[to - 1] = proxy_->add(from, to, peer_ports_[to - 1]);
  }
  for (unsigned n = 1; n <= count; ++n)
    nodes_.push_back(std::make_unique<node_process>(settings_of(n)));
}

node_settings cluster_process::settings_of(unsigned number) const {
  node_settings s = settings_.each;
  s.certificates = certificates_;
  const std::size_t at = number - 1;
  s.options["node.name"] = quoted("node" + std::to_string(number));
  s.options["listen.client_port"] = std::to_string(client_ports_[at]);
  s.options["listen.admin_port"] = std::to_string(admin_ports_[at]);
  s.options["listen.metrics_port"] = std::to_string(metrics_ports_[at]);
  s.options["cluster.name"] = quoted(settings_.name);
  s.options["cluster.node"] = std::to_string(number);
  s.options["cluster.mode"] = quoted(settings_.mode);
  s.options["cluster.listen_port"] = std::to_string(peer_ports_[at]);
  give_certificate(s, *certificates_,
                   "conclave://" + settings_.name + "/" + std::to_string(number));
  const std::string host = host_of(number);
  s.host = host;
  if (cables_ != nullptr) {
    s.network_namespace = cables_->namespace_of(number);
    for (const char* listener : {"listen.client", "listen.admin", "cluster.listen"})
      s.options[listener + std::string("_address")] = quoted(host);
    const auto files = certificates_->issue("clients-of-" + std::to_string(number), "IP:" + host);
    s.options["tls.certificate_file"] = quoted(files.certificate_file);
    s.options["tls.key_file"] = quoted(files.key_file);
  }
  for (unsigned each = 1; each <= reached_[at].size(); ++each) {
    s.appended +=
        "[[cluster.nodes]]\nnode = " + std::to_string(each) + "\nsite = " + quoted(site_of(each)) +
        "\naddress = " + quoted(host_of(each) + ':' + std::to_string(reached_[at][each - 1])) +
        "\nclient_address = " +
        quoted(host_of(each) + ':' + std::to_string(client_ports_[each - 1])) +
        "\nrole = " + quoted(each <= settings_.voters ? "voter" : "learner") + "\n";
  }
  return s;
}

std::string cluster_process::site_of(unsigned number) const {
  return number <= settings_.sites.size() ? settings_.sites[number - 1]
                                          : "site" + std::to_string(number);
}

void cluster_process::give_certificate(node_settings& settings, test_certificates& authority,
                                       const std::string& uri) const {
  std::string name = uri;
  for (char& c : name)
    if (c == '/' || c == ':') c = '-';
  const auto files = authority.issue(name, "URI:" + uri);
  settings.options["cluster.ca_file"] = quoted(authority.ca_file());
  settings.options["cluster.certificate_file"] = quoted(files.certificate_file);
  settings.options["cluster.key_file"] = quoted(files.key_file);
}

// -- nodes
// -----------------------------------------------------------------------------------------

void cluster_process::start(unsigned last) {
  operator_token();
  if (last == 0) last = size();
  for (unsigned n = 1; n <= last; ++n)
    if (!node(n).running()) node(n).start();
  wait_for_leader();
}

void cluster_process::pause(unsigned number) {
  node(number).signal(SIGSTOP);
  paused_.insert(number);
}

void cluster_process::resume(unsigned number) {
  node(number).signal(SIGCONT);
  paused_.erase(number);
}

unsigned cluster_process::leader() {
  unsigned found = 0;
  for (unsigned n = 1; n <= size(); ++n) {
    if (paused_.contains(n) || !node(n).running()) continue;
    if (node(n).metric("conclave_cluster_leads").value_or(0) != 1) continue;
    if (found != 0) return 0;
    found = n;
  }
  return found;
}

unsigned cluster_process::wait_for_leader(std::chrono::milliseconds deadline) {
  unsigned found = 0;
  if (!wait_until([&] { return (found = leader()) != 0; }, deadline))
    throw std::runtime_error("nobody leads the cluster:\n" + log_tails());
  return found;
}

bool cluster_process::wait_until_leads(unsigned number, std::chrono::milliseconds deadline) {
  return wait_until([&] { return leader() == number; }, deadline);
}

std::string cluster_process::promote(unsigned number) {
  return refusal_in(node(number).run_command({"cluster", "promote"}));
}

std::string cluster_process::readmit(unsigned number) {
  const unsigned first = wait_for_leader();
  return refusal_in(node(first).run_command({"cluster", "readmit", std::to_string(number)}));
}

void cluster_process::reconfigure(const std::string& mode, unsigned voters) {
  settings_.learners = settings_.voters + settings_.learners - voters;
  settings_.voters = voters;
  settings_.mode = mode;
  for (unsigned n = 1; n <= size(); ++n) node(n).settings() = settings_of(n);
}

std::string cluster_process::apply() {
  return refusal_in(node(wait_for_leader()).run_command({"cluster", "apply"}));
}

void cluster_process::move_lead_to(const std::vector<unsigned>& numbers) {
  std::string said;
  const auto until = std::chrono::steady_clock::now() + patience_of_a_cluster;
  for (std::size_t i = 0; std::chrono::steady_clock::now() < until; ++i) {
    const unsigned number = numbers[i % numbers.size()];
    said = promote(number);
    if (said.empty() && wait_until_leads(number, std::chrono::seconds(8))) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  throw std::runtime_error("the lead cannot be moved: " + said + "\n" + log_tails());
}

void cluster_process::give_vote_back(unsigned number) {
  std::string said;
  if (!wait_until(
          [&] { return (said = readmit(number)).find("has its vote") != std::string::npos; },
          patience_of_a_cluster))
    throw std::runtime_error("node " + std::to_string(number) + " gets no vote: " + said + "\n" +
                             log_tails());
}

std::string cluster_process::status(unsigned number) {
  const finished said = node(number).run_command({"cluster", "status"});
  return said.code == 0 ? said.out : said.err;
}

bool cluster_process::wait_in_sync(std::chrono::milliseconds deadline) {
  unsigned running = 0;
  for (unsigned n = 1; n <= size(); ++n) running += node(n).running() ? 1 : 0;
  const auto in_sync = [&] {
    const unsigned first = leader();
    if (first == 0) return false;
    std::istringstream text(status(first));
    unsigned rows = 0;
    // Of a node that is away the last word is shown, which may be old.
    for (std::string line; std::getline(text, line);)
      rows += line.find("in sync") != std::string::npos && line.find(" up ") != std::string::npos;
    return rows + 1 >= running;
  };
  // What a peer has told last may be a second old: twice, with more than that between.
  return wait_until(
      [&] {
        if (!in_sync()) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(1'500));
        return in_sync();
      },
      deadline);
}

void cluster_process::wipe(unsigned number) {
  if (node(number).running()) throw std::runtime_error("the node runs");
  std::filesystem::remove_all(node(number).data_dir());
}

std::string cluster_process::stop_and_compare() {
  std::string wrong;
  for (int attempt = 0; attempt < 3; ++attempt) {
    if (attempt != 0) start();
    if (!wait_in_sync()) return "not every copy comes in sync:\n" + status(wait_for_leader());
    wrong = stop_all();
    if (!wrong.empty()) return wrong;
    wrong = compare();
    if (wrong.empty()) break;
  }
  return wrong;
}

std::string cluster_process::stop_all() {
  std::string wrong;
  for (const auto& each : nodes_) each->signal(SIGTERM);
  for (unsigned n = 1; n <= size(); ++n) {
    const auto code = node(n).wait(patience);
    if (code && *code != 0)
      wrong += "node " + std::to_string(n) + " ended with code " + std::to_string(*code) + "\n";
    if (node(n).running()) wrong += "node " + std::to_string(n) + " does not end\n";
  }
  return wrong;
}

std::string cluster_process::compare() {
  std::string wrong;
  std::vector<std::string> first;
  for (unsigned n = 1; n <= size(); ++n) {
    if (!std::filesystem::exists(node(n).data_dir())) continue;
    const finished said = node(n).run_command({"inspect"});
    const std::vector<std::string> lines = shard_lines(said.out);
    if (said.code != 0 || lines.empty())
      return "node " + std::to_string(n) + " cannot be inspected: " + said.err;
    if (first.empty()) first = lines;
    for (std::size_t i = 0; i < lines.size(); ++i)
      if (lines[i] != first.at(i))
        wrong += "node " + std::to_string(n) + ": " + lines[i] + "\n  another: " + first[i] + "\n";
  }
  return wrong;
}

// -- for people and clients
// ------------------------------------------------------------------------

std::string cluster_process::log_tails() const {
  std::string all;
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    all += "-- node " + std::to_string(i + 1) + "\n" + nodes_[i]->log_tail() + "\n";
  return all;
}

std::vector<std::string> cluster_process::client_addresses() const {
  std::vector<std::string> all;
  for (unsigned n = 1; n <= size(); ++n)
    all.push_back(host_of(n) + ':' + std::to_string(client_port_of(n)));
  return all;
}

std::string cluster_process::host_of(unsigned number) const {
  return cables_ == nullptr ? "127.0.0.1" : cables_->address_of(number);
}

node_links& cluster_process::links() {
  if (proxy_ != nullptr) return *proxy_;
  if (cables_ == nullptr) throw std::runtime_error("nothing lies between these nodes");
  return *cables_;
}

client::session_options cluster_process::options_for(const std::string& token) const {
  client::session_options options;
  options.servers = client_addresses();
  options.ca_file = certificates_->ca_file();
  options.token = token;
  return options;
}

}  // namespace conclave::test
