/// The scope knows who was posted to; what a turn is, and who may take it, is the loop's.
#include "net/turn_scope.h"

#include "net/loop_state.h"
#include "schemas/check.h"

#include <algorithm>

namespace conclave::net {

namespace {
thread_local turn_scope* of_this_thread = nullptr;
}  // namespace

turn_scope* turn_scope::current() {
  return of_this_thread;
}

turn_scope::turn_scope() {
  CONCLAVE_CHECK(of_this_thread == nullptr, "a thread has one turn_scope at a time");
  of_this_thread = this;
}

turn_scope::~turn_scope() {
  of_this_thread = nullptr;  // What the turn posts wakes as usual.
  for (std::size_t i = 1; i < count_; ++i) loops_[i]->wake();
  if (count_ > 0) loops_[0]->take_turn();
}

bool turn_scope::note(loop_state& loop) {
  const auto noted = loops_.begin() + static_cast<std::ptrdiff_t>(count_);
  if (std::find(loops_.begin(), noted, &loop) != noted) return true;
  if (count_ == loops_.size()) return false;
  loops_[count_++] = &loop;
  return true;
}

}  // namespace conclave::net
