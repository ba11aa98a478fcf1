/// Orders of an operator who sits at the machine: a Unix socket in the data folder, open to the
/// account of the node alone, so that a copy that serves nobody can still be asked and told. One
/// word in, text out, per connection.
///
/// Thread: one of its own, which runs the orders. Owned by the node. Errors: start() in a sentence.
/// Limits: one connection at a time, 64 bytes of order, 2 s to say it.
#pragma once

#include "schemas/outcome.h"

#include <functional>
#include <string>
#include <thread>

namespace conclave::node {

class control_socket {
 public:
  /// Answers an order; the text ends with a newline.
  using answer = std::function<std::string(const std::string& order)>;

  control_socket(std::string data_dir, answer orders);
  ~control_socket();

  status start();

 private:
  void serve();

  std::string path_;
  answer orders_;
  int listener_ = -1;
  int wake_[2] = {-1, -1};
  std::thread thread_;
};

/// Asks the node that runs on this data folder. errc::not_found: none does.
outcome<std::string> ask_node(const std::string& data_dir, const std::string& order);

}  // namespace conclave::node
