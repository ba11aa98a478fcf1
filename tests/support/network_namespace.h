/// A network namespace of the kernel: its own interfaces, addresses and ports. Lives as long as the
/// object or a process inside of it. Needs the rights of root.
///
/// Threads enter one by one (`inside`); children are born where their thread stands. What is
/// refused throws.
#pragma once

#include <string>

namespace conclave::test {

class network_namespace {
 public:
  /// A new one, without interfaces but a loopback that is up.
  network_namespace();
  ~network_namespace();
  network_namespace(const network_namespace&) = delete;
  network_namespace& operator=(const network_namespace&) = delete;

  /// For children (child_process::command) and for interfaces that move here.
  int descriptor() const { return descriptor_; }

  /// The calling thread is in there until the object goes.
  class inside {
   public:
    explicit inside(int descriptor);
    ~inside();
    inside(const inside&) = delete;
    inside& operator=(const inside&) = delete;

   private:
    int before_ = -1;
  };

  /// Why this system does not give us one; empty: it does.
  static std::string refusal();

 private:
  int descriptor_ = -1;
};

/// Commands for `ip`, one per line, where the calling thread stands. Throws what it says.
void run_ip(const std::string& commands);

}  // namespace conclave::test
