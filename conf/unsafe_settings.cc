/// What would make a running node unsafe, judged from the files and limits as they are now. Reads
/// metadata only; main() refuses to start with the sentences it returns.
#include "conf/config.h"
#include "conf/descriptors.h"
#include "conf/host_port.h"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sys/stat.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>

namespace conclave::conf {
namespace {

using sentences = std::vector<std::string>;

/// Root owns what the system installed; everybody else's files could be changed behind our back.
bool is_trusted_owner(uid_t owner) {
  return owner == 0 || owner == geteuid();
}

void check_key_file(const std::string& file, const std::string& option, sentences& out) {
  struct stat info {};
  if (stat(file.c_str(), &info) != 0) {
    out.push_back("The key file " + file + " cannot be read (" + std::strerror(errno) +
                  "); create it or correct `" + option + "`.");
    return;
  }
  // 0640 is the usual way to give a service account a key that root owns, so group reading passes.
  if ((info.st_mode & (S_IRWXO | S_IWGRP)) != 0) {
    out.push_back("The key file " + file +
                  " is open to other accounts of this machine; run `chmod 600 " + file + "`.");
  }
  if (!is_trusted_owner(info.st_uid)) {
    out.push_back("The key file " + file +
                  " belongs to another account; give it to the account of the node or to root.");
  }
}

/// Whoever can change the authority can make nodes of the cluster.
void check_cluster_ca(const std::string& file, sentences& out) {
  struct stat info {};
  if (stat(file.c_str(), &info) != 0) {
    out.push_back("The authority file " + file + " cannot be read (" + std::strerror(errno) +
                  "); create it or correct `cluster.ca_file`.");
    return;
  }
  if ((info.st_mode & (S_IWOTH | S_IWGRP)) != 0) {
    out.push_back("The authority file " + file +
                  " can be changed by other accounts of this machine; run `chmod 644 " + file +
                  "`.");
  }
  if (!is_trusted_owner(info.st_uid)) {
    out.push_back("The authority file " + file +
                  " belongs to another account; give it to the account of the node or to root.");
  }
}

void check_data_dir(const std::string& folder, sentences& out) {
  struct stat info {};
  if (stat(folder.c_str(), &info) != 0) {
    if (errno == ENOENT) return;  // the node creates it, closed to others
    out.push_back("The data folder " + folder + " cannot be read (" + std::strerror(errno) +
                  "); correct its rights or `node.data_dir`.");
    return;
  }
  if (!S_ISDIR(info.st_mode)) {
    out.push_back("The data folder " + folder + " is not a folder; correct `node.data_dir`.");
    return;
  }
  if ((info.st_mode & (S_IRWXO | S_IWGRP)) != 0) {
    out.push_back("The data folder " + folder +
                  " is open to other accounts of this machine; run `chmod 700 " + folder + "`.");
  }
  if (!is_trusted_owner(info.st_uid)) {
    out.push_back("The data folder " + folder +
                  " belongs to another account; give it to the account of the node.");
  }
}

bool is_loopback(const std::string& address) {
  in_addr v4{};
  if (inet_pton(AF_INET, address.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  return inet_pton(AF_INET6, address.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

bool is_address(const std::string& host) {
  in_addr v4{};
  in6_addr v6{};
  return inet_pton(AF_INET, host.c_str(), &v4) == 1 || inet_pton(AF_INET6, host.c_str(), &v6) == 1;
}

/// Who listens where nobody comes would wait for ever. A name may be anybody's, a forwarder's too.
void check_listener(const std::string& who_comes, const std::string& where,
                    const listener_config& listener, const std::string& option, sentences& out) {
  const auto at = parse_host_port(where);
  if (!at.ok() || !is_address(at->host) || is_loopback(at->host) || !is_loopback(listener.address))
    return;
  out.push_back(who_comes + " " + where + ", but `" + option + "` is " + listener.address +
                ", which only this machine reaches; set it to " + at->host + ".");
}

void check_cluster_listeners(const config& c, sentences& out) {
  const cluster_node* const own = c.cluster.find(c.cluster.node);
  if (own == nullptr || c.cluster.nodes.size() < 2) return;
  check_listener("The other nodes connect to", own->address, c.cluster.listen,
                 "cluster.listen_address", out);
  // Another port may be a forwarder's on this machine.
  const auto clients_come = parse_host_port(own->client_address);
  if (clients_come.ok() && clients_come->port == c.client.port)
    check_listener("Clients are sent to", own->client_address, c.client, "listen.client_address",
                   out);
  if (c.client.port == 0) {
    out.push_back("Clients are sent to " + own->client_address +
                  ", but `listen.client_port` is 0, which takes another port at every start; give "
                  "it the port where they arrive.");
  }
}

/// A node of a cluster that cannot take orders would end after it has joined, again and again.
void check_control_socket(const std::string& folder, sentences& out) {
  const std::size_t most = sizeof(sockaddr_un::sun_path) - 1 - (control_socket_name.size() + 1);
  if (folder.size() <= most) return;
  out.push_back("The path of the data folder " + folder + " has " + std::to_string(folder.size()) +
                " bytes, which is too long for the socket in it; choose one of at most " +
                std::to_string(most) + " with `node.data_dir`.");
}

/// The path behind all links, as far as it exists.
std::filesystem::path real_path(const std::string& path) {
  std::error_code unseen;
  const auto real = std::filesystem::weakly_canonical(path, unseen);
  return unseen ? std::filesystem::path(path).lexically_normal() : real;
}

/// The database takes files by their names, "000012.log" among them, and a folder that holds
/// anything else before the database does is not taken for one.
void check_log_file(const config& c, sentences& out) {
  if (c.log_file.empty() || c.data_dir.empty()) return;
  const std::filesystem::path below =
      real_path(c.log_file).lexically_relative(real_path(c.data_dir));
  if (below.empty() || *below.begin() == "..") return;
  out.push_back("The log file " + c.log_file + " lies in the data folder " + c.data_dir +
                ", which the database has for itself; correct `log.file`.");
}

void check_descriptors(const config& c, sentences& out) {
  const std::uint64_t wanted =
      reserved_descriptors + (c.max_connections == 0 ? fewest_connections : c.max_connections);
  const std::uint64_t allowed = descriptor_ceiling();
  if (allowed < wanted) {
    out.push_back("The process may hold " + std::to_string(allowed) +
                  " file descriptors but needs " + std::to_string(wanted) +
                  "; raise LimitNOFILE or `ulimit -n`, or lower `limits.max_connections`.");
  }
}

/// OWASP's weakest advice for Argon2id is 7168 KiB and 5 passes; the time goes with the product.
constexpr std::uint64_t least_kib_passes = 35'840;

void check_password_cost(const config& c, sentences& out) {
  const std::uint64_t cost = std::uint64_t{c.argon2_memory_kib} * c.argon2_passes;
  if (cost < least_kib_passes) {
    out.push_back(
        "Passwords would be too cheap to guess: `login.argon2_memory_kib` times "
        "`login.argon2_passes` is " +
        std::to_string(cost) + " and must be at least " + std::to_string(least_kib_passes) +
        "; raise one of them.");
  }
}

}  // namespace

std::vector<std::string> unsafe_key_files(const config& c) {
  sentences out;
  check_key_file(c.key_file, "tls.key_file", out);
  if (c.cluster.enabled()) {
    check_key_file(c.cluster.key_file, "cluster.key_file", out);
    check_cluster_ca(c.cluster.ca_file, out);
  }
  return out;
}

std::vector<std::string> unsafe_settings(const config& c) {
  sentences out = unsafe_key_files(c);
  if (c.cluster.enabled()) {
    check_cluster_listeners(c, out);
    check_control_socket(c.data_dir, out);
  }
  check_data_dir(c.data_dir, out);
  check_log_file(c, out);
  if (c.metrics.port != 0 && !is_loopback(c.metrics.address)) {
    out.push_back(
        "The metrics page is not encrypted, so `listen.metrics_address` must be a loopback "
        "address such as 127.0.0.1, not " +
        c.metrics.address + ".");
  }
  check_descriptors(c, out);
  check_password_cost(c, out);
  return out;
}

}  // namespace conclave::conf
