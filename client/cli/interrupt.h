/// Ctrl-C and SIGTERM as a descriptor for poll(), so that commands that run until then can end in
/// order. Made before any thread starts, because threads inherit the blocked signals.
#pragma once

#include "schemas/check.h"

#include <csignal>
#include <initializer_list>
#include <sys/signalfd.h>
#include <unistd.h>

namespace conclave::client::cli {

class interrupt {
 public:
  interrupt() {
    sigset_t wanted;
    sigemptyset(&wanted);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&wanted, signal);
    pthread_sigmask(SIG_BLOCK, &wanted, nullptr);
    fd_ = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    CONCLAVE_CHECK(fd_ >= 0, "a signalfd can be had");
  }
  ~interrupt() { close(fd_); }
  interrupt(const interrupt&) = delete;
  interrupt& operator=(const interrupt&) = delete;

  int readable() const { return fd_; }
  /// Takes one note of it: readable() is so again with the next.
  void take() const {
    signalfd_siginfo one{};
    const ssize_t size = read(fd_, &one, sizeof one);
    static_cast<void>(size);  // none there is as well
  }

 private:
  int fd_ = -1;
};

}  // namespace conclave::client::cli
