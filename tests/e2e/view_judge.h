/// The end of a run of viewcheck: what every device shows, what a fresh device reads and what the
/// lists say is compared with the model, and everything that differs is counted under its name.
/// Runs on the thread that calls it, with the node up and everybody quiet.
#pragma once

#include "tests/e2e/view_device.h"
#include "tests/e2e/view_model.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace conclave::viewcheck {

struct verdict {
  std::uint64_t view = 0;         ///< a view shows something else than the model
  std::uint64_t list = 0;         ///< a list tells something else
  std::uint64_t early = 0;        ///< a body went before its time, or without a reason
  std::uint64_t late = 0;         ///< or more than a second after it
  std::uint64_t resurrected = 0;  ///< a body that was gone came again
  std::uint64_t illegal = 0;      ///< accepted, but against the rules
  std::uint64_t unexplained = 0;  ///< a seq that nobody caused, or that two did
  std::vector<std::string> details;

  std::uint64_t violations() const {
    return view + list + early + late + resurrected + illegal + unexplained;
  }
  void count(std::uint64_t& counter, std::string sentence) {
    ++counter;
    if (details.size() < 40) details.push_back(std::move(sentence));
  }
};

/// "VIEW=0 EARLY=0 …".
std::string to_line(const verdict& v);

/// What is compared of one user.
class view_judge {
 public:
  explicit view_judge(verdict& found) : found_(found) {}

  /// What the model has found by itself.
  void take_complaints(const view_model& model);
  /// A device that has followed, or (`fresh`) a view made of HISTORY pages just now.
  void compare(const view_model& model, number conversation, number user, const std::string& who,
               const shown_view& shown, bool fresh);
  /// LIST_CONVERSATIONS, LIST_MEMBERS and LIST_PINS.
  void compare_lists(const view_model& model, number conversation, number user,
                     client::session& reader);

 private:
  verdict& found_;
};

/// Everything that a user may see of a conversation, read by HISTORY. Kind 36 goes into the book.
/// Each event is also shown to `device`, if there is one, which knows what must not come; only when
/// nothing goes any more: what goes after a page was made and before it is looked at came rightly.
client::conversation_view read_view(client::session& reader, ledger& book, number conversation,
                                    view_device* device = nullptr);

}  // namespace conclave::viewcheck
