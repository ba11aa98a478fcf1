/// The limiter of repeated warnings; see the header.
#include "conf/log_limiter.h"

#include <utility>

namespace conclave::log {

std::optional<std::uint64_t> log_limiter::admit(std::string_view area, std::string_view message,
                                                std::uint64_t now_ms) {
  std::pair<std::string, std::string> key{area, message};
  auto found = kinds_.find(key);
  if (found == kinds_.end()) {
    if (kinds_.size() >= max_kinds) drop_idle(now_ms);
    if (kinds_.size() >= max_kinds) key = {"log", "warnings of further kinds"};
    const auto [place, is_new] = kinds_.try_emplace(std::move(key), entry{now_ms, 0});
    if (is_new) return 0;
    found = place;
  }
  entry& e = found->second;
  if (now_ms - e.written_ms < period_ms) {
    if (e.left_out++ == 0) ++owing_;
    return std::nullopt;
  }
  if (e.left_out != 0) --owing_;
  e.written_ms = now_ms;
  return std::exchange(e.left_out, 0);
}

std::vector<log_limiter::kind> log_limiter::overdue(std::uint64_t now_ms, bool all) {
  std::vector<kind> out;
  if (owing_ == 0) return out;
  for (auto& [key, e] : kinds_) {
    if (e.left_out == 0 || (!all && now_ms - e.written_ms < period_ms)) continue;
    out.push_back({key.first, key.second, std::exchange(e.left_out, 0)});
    e.written_ms = now_ms;
    --owing_;
  }
  return out;
}

void log_limiter::drop_idle(std::uint64_t now_ms) {
  std::erase_if(kinds_, [&](const auto& item) {
    return item.second.left_out == 0 && now_ms - item.second.written_ms >= period_ms;
  });
}

}  // namespace conclave::log
