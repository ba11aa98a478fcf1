/// The line a person is typing, and lines that arrive meanwhile, on one terminal: what arrives is
/// printed above the typed line, which is redrawn. Between the two there may be a status line,
/// which comes and goes. libedit works in its unbuffered mode, one key per call, so the caller's
/// poll() stays in charge. Without a terminal it reads plain lines and prints plain lines, and has
/// no status. Main thread only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace conclave::client::cli {

class line_editor {
 public:
  using on_line = std::function<void(const std::string&)>;

  /// `ended` is called at end of input (Ctrl-D).
  line_editor(std::string prompt, on_line line, std::function<void()> ended);
  ~line_editor();
  line_editor(const line_editor&) = delete;
  line_editor& operator=(const line_editor&) = delete;

  /// Call when stdin is readable.
  void read();

  /// Prints a line above the one being typed.
  void print(std::string_view text);

  /// Shows one line right above the prompt; empty: none.
  void set_status(const std::string& text);

  /// What is being typed; empty without a terminal.
  std::string typed() const;

  bool interactive() const { return terminal_ != nullptr; }

 private:
  struct terminal;

  void read_key();
  void read_plain();
  void take_line(const std::string& line);
  void clear_typed();
  void draw_status();

  std::string prompt_;
  on_line line_;
  std::function<void()> ended_;
  std::string status_;
  bool status_shown_ = false;
  std::string partial_;  // without a terminal: the line so far
  std::unique_ptr<terminal> terminal_;
  bool between_lines_ = false;  // the prompt is not on the screen
};

}  // namespace conclave::client::cli
