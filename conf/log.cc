/// The log of the process: rendered lines go through one spdlog sink. Global by design: a line must
/// be writable from everywhere, before main() has read its configuration and while it is stopping.
/// A mutex guards the limiter; the sink has its own.
#include "conf/log.h"

#include "conf/clock.h"
#include "conf/log_limiter.h"
#include "conf/log_line.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <atomic>
#include <cstdio>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace conclave::log {
namespace {

struct log_state {
  std::shared_ptr<spdlog::logger> logger;
  std::atomic<level> lowest{level::info};
  bool json = false;
  system_clock time;
  std::mutex limiter_mutex;
  log_limiter limiter;
};

std::shared_ptr<spdlog::logger> make_logger(spdlog::sink_ptr sink) {
  auto logger = std::make_shared<spdlog::logger>("conclave", std::move(sink));
  logger->set_pattern("%v");
  logger->set_level(spdlog::level::trace);
  // Lines are few, and the one before a crash is the one that matters.
  logger->flush_on(spdlog::level::trace);
  logger->set_error_handler([](const std::string& why) {
    std::fprintf(stderr, "The log cannot be written: %s.\n", why.c_str());
  });
  return logger;
}

/// Never destroyed: threads of libraries may still write while static objects go.
log_state& state() {
  static log_state* const it = [] {
    auto* made = new log_state;
    made->logger = make_logger(std::make_shared<spdlog::sinks::stderr_sink_mt>());
    return made;
  }();
  return *it;
}

void emit(log_state& s, level l, std::string_view area, std::string_view message,
          std::span<const field> fields) {
  const std::uint64_t now = s.time.wall();
  const std::string line =
      s.json ? json_line(now, l, area, message, fields) : text_line(now, l, area, message, fields);
  s.logger->info(spdlog::string_view_t(line.data(), line.size()));
}

void emit_left_out(log_state& s, bool all) {
  std::vector<log_limiter::kind> overdue;
  {
    const std::lock_guard lock(s.limiter_mutex);
    overdue = s.limiter.overdue(s.time.boot(), all);
  }
  for (const auto& kind : overdue) {
    const field count("left_out", kind.left_out);
    emit(s, level::warn, kind.area, kind.message, {&count, 1});
  }
}

}  // namespace

bool start(const options& o) {
  log_state& s = state();
  if (o.file.empty()) {
    s.logger = make_logger(std::make_shared<spdlog::sinks::stderr_sink_mt>());
  } else {
    try {
      s.logger = make_logger(std::make_shared<spdlog::sinks::basic_file_sink_mt>(o.file));
    } catch (const spdlog::spdlog_ex& problem) {
      std::fprintf(stderr, "The log file cannot be opened: %s.\n", problem.what());
      return false;
    }
  }
  s.lowest = o.lowest;
  s.json = o.json;
  return true;
}

bool enabled(level l) {
  return l >= state().lowest.load(std::memory_order_relaxed);
}

void write(level l, std::string_view area, std::string_view message,
           std::initializer_list<field> fields) {
  if (!enabled(l)) return;
  log_state& s = state();
  std::optional<std::uint64_t> left_out = 0;
  if (l == level::warn) {
    const std::lock_guard lock(s.limiter_mutex);
    left_out = s.limiter.admit(area, message, s.time.boot());
  }
  // After admit(): the newest line of its own kind carries the count together with its fields.
  emit_left_out(s, false);
  if (!left_out) return;
  if (*left_out == 0) {
    emit(s, l, area, message, {fields.begin(), fields.size()});
    return;
  }
  std::vector<field> with_count(fields);
  with_count.emplace_back("left_out", *left_out);
  emit(s, l, area, message, with_count);
}

void flush() {
  log_state& s = state();
  emit_left_out(s, true);
  s.logger->flush();
}

}  // namespace conclave::log
