/// What a talk was like, in one line, and whether it was without fault. On the thread of the talk.
#include "bench/peers/result_line.h"
#include "bench/peers/talk_member.h"

namespace conclave::bench::peers {

int talk::tell(bool drained) {
  std::uint64_t lost = 0, duplicates = 0, misordered = 0, unacked = 0, overdue = 0;
  for (auto& m : members_) {
    if (!m->listens()) continue;
    lost += m->check().lost(rooms_[m->room()].next);
    duplicates += m->check().duplicates();
    misordered += m->check().misordered();
  }
  for (const room& r : rooms_) {
    overdue += r.due.size();
    unacked += r.open;
  }
  const double elapsed = static_cast<double>(to_.at_ns - from_.at_ns) / 1e9;
  // Without acknowledgements a message counts when everybody has it.
  const bool acknowledges = members_[0]->acknowledges();
  const double messages = acknowledges ? static_cast<double>(acked_)
                                       : static_cast<double>(delivered_) / rooms_[0].listeners;

  result_line line(options_.protocol + (group_ ? " group" : " pair"));
  if (group_) {
    line.add("members", static_cast<double>(members_.size()));
  } else {
    line.add("pairs", static_cast<double>(rooms_.size()));
  }
  if (options_.rate > 0) {
    line.add("rate", options_.rate);
  } else {
    line.add("window", static_cast<double>(options_.window));
  }
  line.add("seconds", elapsed, 1);
  if (acknowledges) line.add("acked_per_second", static_cast<double>(acked_) / elapsed, 1);
  line.add("delivered_per_second", static_cast<double>(delivered_) / elapsed, 1);
  line.add_latency("send_to_ack", ack_);
  line.add_latency("send_to_deliver", deliver_);
  line.add_latency("send_to_all", all_);
  line.add_cpu("message", messages, from_, to_, options_.server_pid > 0);
  if (options_.rate > 0) line.add("overdue", static_cast<double>(overdue));
  line.add("lost", static_cast<double>(lost));
  line.add("duplicates", static_cast<double>(duplicates));
  line.add("misordered", static_cast<double>(misordered));
  line.add("corrupt", static_cast<double>(corrupt_));
  line.add("unacked", static_cast<double>(unacked));
  line.add("refused", static_cast<double>(refused_));
  line.print();
  if (refused_ > 0) std::fprintf(stderr, "Refused or cut off: %s\n", first_refusal_.c_str());
  const bool clean = drained && lost == 0 && duplicates == 0 && misordered == 0 && corrupt_ == 0 &&
                     unacked == 0 && refused_ == 0;
  return clean ? 0 : 1;
}

}  // namespace conclave::bench::peers
