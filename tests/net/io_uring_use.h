/// Whether a thread may use io_uring, and how to forbid it, as containers do.
#pragma once

#include "schemas/check.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace conclave::test {

inline bool kernel_allows_io_uring() {
  io_uring_params params{};
  const long fd = ::syscall(SYS_io_uring_setup, 1, &params);
  if (fd < 0) return false;
  ::close(static_cast<int>(fd));
  return true;
}

template <std::size_t size>
void restrict_this_thread(std::array<sock_filter, size> program) {
  const sock_fprog filter{static_cast<unsigned short>(size), program.data()};
  CONCLAVE_CHECK(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                     ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0,
                 "a thread may give up system calls");
}

/// From now on this thread may not make a ring.
inline void forbid_rings() {
  restrict_this_thread<4>({{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }});
}

/// From now on no ring of this thread takes `size` entries in one call.
inline void forbid_batches_of(unsigned size) {
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "an argument begins with its low half");
  restrict_this_thread<6>({{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_enter, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[1])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, size, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }});
}

}  // namespace conclave::test
