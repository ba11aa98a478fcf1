/// libedit, one key at a time.
#include "client/cli/line_editor.h"

#include <histedit.h>

#include <cerrno>
#include <clocale>
#include <cstdio>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utility>

namespace conclave::client::cli {

namespace {

constexpr int remembered_lines = 500;
constexpr char end_of_input = 0x04;

std::size_t terminal_width() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col != 0 ? size.ws_col : 80;
}

/// Columns that UTF-8 text takes: bytes that continue a character take none.
std::size_t columns(std::string_view text) {
  std::size_t n = 0;
  for (const char c : text) n += (static_cast<unsigned char>(c) & 0xc0) != 0x80 ? 1 : 0;
  return n;
}

}  // namespace

struct line_editor::terminal {
  explicit terminal(line_editor& owner)
      : edit(el_init("conclave", stdin, stdout, stderr)), past(history_init()) {
    HistEvent event{};
    ::history(past, &event, H_SETSIZE, remembered_lines);
    el_set(edit, EL_CLIENTDATA, &owner);
    el_set(edit, EL_PROMPT, &terminal::prompt);
    el_set(edit, EL_EDITOR, "emacs");
    el_set(edit, EL_HIST, &::history, past);
    el_set(edit, EL_UNBUFFERED, 1);  // draws the prompt
  }
  ~terminal() {
    el_set(edit, EL_UNBUFFERED, 0);
    el_end(edit);
    history_end(past);
  }
  terminal(const terminal&) = delete;
  terminal& operator=(const terminal&) = delete;

  static char* prompt(EditLine* edit) {
    line_editor* owner = nullptr;
    el_get(edit, EL_CLIENTDATA, &owner);
    return owner->prompt_.data();
  }

  EditLine* edit;
  History* past;
};

line_editor::line_editor(std::string prompt, on_line line, std::function<void()> ended)
    : prompt_(std::move(prompt)), line_(std::move(line)), ended_(std::move(ended)) {
  if (isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1) return;
  std::setlocale(LC_CTYPE, "");
  terminal_ = std::make_unique<terminal>(*this);
}

line_editor::~line_editor() {
  if (interactive()) clear_typed();
}

void line_editor::read() {
  if (interactive()) {
    read_key();
  } else {
    read_plain();
  }
}

void line_editor::read_key() {
  int size = 0;
  const char* const typed = el_gets(terminal_->edit, &size);
  if (typed == nullptr || size <= 0) {
    if (size == 0) ended_();  // the terminal is gone
    return;
  }
  const std::string_view text(typed, static_cast<std::size_t>(size));
  if (text.back() == end_of_input) return ended_();
  if (text.back() != '\n' && text.back() != '\r') return;
  const std::string line(text.substr(0, text.size() - 1));
  // Leaving and entering the unbuffered mode ends this line and draws the prompt for the next.
  el_set(terminal_->edit, EL_UNBUFFERED, 0);
  between_lines_ = true;
  take_line(line);
  draw_status();
  between_lines_ = false;
  el_set(terminal_->edit, EL_UNBUFFERED, 1);
}

void line_editor::take_line(const std::string& line) {
  // A person's own line disappears from where it was typed: it comes back as an event, with its
  // time, in its place among the others.
  std::size_t rows = (columns(prompt_) + columns(line)) / terminal_width() + 1;
  if (std::exchange(status_shown_, false)) ++rows;
  std::printf("\033[%zuA\r\033[J", rows);
  std::fflush(stdout);
  if (!line.empty()) {
    HistEvent event{};
    ::history(terminal_->past, &event, H_ENTER, line.c_str());
  }
  line_(line);
}

void line_editor::clear_typed() {
  const LineInfo* const typed = el_line(terminal_->edit);
  const std::string_view before(typed->buffer,
                                static_cast<std::size_t>(typed->cursor - typed->buffer));
  std::size_t rows = (columns(prompt_) + columns(before)) / terminal_width();
  if (std::exchange(status_shown_, false)) ++rows;
  if (rows != 0) std::printf("\033[%zuA", rows);
  std::fputs("\r\033[J", stdout);
}

void line_editor::print(std::string_view text) {
  const bool typing = interactive() && !between_lines_;
  if (typing) clear_typed();
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fputc('\n', stdout);
  std::fflush(stdout);
  if (!typing) return;
  draw_status();
  el_resize(terminal_->edit);
  el_set(terminal_->edit, EL_REFRESH);
}

void line_editor::draw_status() {
  if (!interactive() || status_.empty()) return;
  std::printf("\033[2m%s\033[0m\n", status_.c_str());
  std::fflush(stdout);
  status_shown_ = true;
}

void line_editor::set_status(const std::string& text) {
  if (!interactive() || text == status_) return;
  status_ = text;
  // One row, whatever the width: what is longer would be cleared by half.
  while (columns(status_) >= terminal_width()) status_.pop_back();
  if (between_lines_) return;
  clear_typed();
  draw_status();
  std::fflush(stdout);
  el_resize(terminal_->edit);
  el_set(terminal_->edit, EL_REFRESH);
}

std::string line_editor::typed() const {
  if (!interactive()) return {};
  const LineInfo* const now = el_line(terminal_->edit);
  return {now->buffer, static_cast<std::size_t>(now->lastchar - now->buffer)};
}

void line_editor::read_plain() {
  char bytes[4096];
  const ssize_t size = ::read(STDIN_FILENO, bytes, sizeof bytes);
  if (size < 0 && errno == EINTR) return;
  if (size <= 0) {
    if (!partial_.empty()) line_(std::exchange(partial_, {}));
    return ended_();
  }
  partial_.append(bytes, static_cast<std::size_t>(size));
  std::size_t from = 0;
  for (std::size_t end = partial_.find('\n'); end != std::string::npos;
       end = partial_.find('\n', from)) {
    line_(partial_.substr(from, end - from));
    from = end + 1;
  }
  partial_.erase(0, from);
}

}  // namespace conclave::client::cli
