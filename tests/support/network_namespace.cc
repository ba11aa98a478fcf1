/// See network_namespace.h.
#include "tests/support/network_namespace.h"

#include "tests/support/child_process.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sched.h>
#include <stdexcept>
#include <unistd.h>

namespace conclave::test {

namespace {

/// Where Debian has it; not in the path of every account.
constexpr const char* ip_program = "/usr/sbin/ip";

int open_own() {
  const int fd = ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw std::runtime_error("the own network namespace cannot be opened");
  return fd;
}

void enter(int fd) {
  if (::setns(fd, CLONE_NEWNET) != 0)
    throw std::runtime_error(std::string("cannot enter a network namespace: ") +
                             std::strerror(errno));
}

}  // namespace

network_namespace::network_namespace() {
  const int before = open_own();
  if (::unshare(CLONE_NEWNET) != 0) {
    const int why = errno;
    ::close(before);
    throw std::runtime_error(std::string("no network namespace can be made: ") +
                             std::strerror(why));
  }
  descriptor_ = open_own();
  enter(before);
  ::close(before);
  const inside here(descriptor_);
  run_ip("link set lo up\n");
}

network_namespace::~network_namespace() {
  ::close(descriptor_);
}

network_namespace::inside::inside(int descriptor) : before_(open_own()) {
  enter(descriptor);
}

network_namespace::inside::~inside() {
  // Our own, still open: this cannot fail.
  ::setns(before_, CLONE_NEWNET);
  ::close(before_);
}

std::string network_namespace::refusal() {
  if (!std::filesystem::exists(ip_program)) return std::string(ip_program) + " is not installed";
  try {
    const network_namespace tried;
    const inside there(tried.descriptor());
    run_ip("link add hub type bridge\nlink add left type veth peer name right\n");
  } catch (const std::exception& e) {
    return e.what();
  }
  return {};
}

void run_ip(const std::string& commands) {
  const finished said = run_to_end({ip_program, "-batch", "-"}, {}, commands);
  if (said.code != 0) throw std::runtime_error("ip: " + said.err + " in:\n" + commands);
}

}  // namespace conclave::test
