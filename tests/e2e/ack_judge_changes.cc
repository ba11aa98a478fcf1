/// What became of edits, recalls and expiring texts; see ack_judge.h.
#include "tests/e2e/ack_judge.h"

#include <algorithm>
#include <map>

namespace conclave::ackcheck {

namespace {

/// All that happened to one text.
struct fate {
  const stored_event* last_edit = nullptr;
  const stored_event* recall = nullptr;
  const stored_event* expiry = nullptr;
  std::vector<const stored_event*> edits;
};

class judging_changes {
 public:
  judging_changes(const conversation_facts& facts, verdict& result)
      : facts_(facts), result_(result) {}

  void run() {
    for (const stored_event& event : facts_.history) {
      if (event.kind == kind_edited) {
        fates_[event.target].last_edit = &event;
        fates_[event.target].edits.push_back(&event);
      }
      if (event.kind == kind_recalled) fates_[event.target].recall = &event;
      for (const std::uint64_t seq : event.told_gone) fates_[seq].expiry = &event;
      check_target(event);
    }
    for (const stored_event& event : facts_.history)
      if (event.text) check_text(event, fates_[event.seq]);
  }

 private:
  std::string place(const stored_event& event) const {
    return "conversation " + std::to_string(facts_.id) + " seq " + std::to_string(event.seq);
  }

  const change* sent_as(const stored_event& event) const {
    const auto sent = facts_.sent.find(event.device);
    if (sent == facts_.sent.end()) return nullptr;
    const auto at = sent->second.changes.find(event.client_seq);
    return at == sent->second.changes.end() ? nullptr : &at->second;
  }

  void check_target(const stored_event& event) {
    if (event.target == 0) return;
    const change* const sent = sent_as(event);
    if (sent != nullptr && sent->target != event.target)
      count(result_, &verdict::phantoms, place(event) + " is about another message than was asked");
  }

  void check_text(const stored_event& event, const fate& f) {
    check_expiry(event, f);
    if (f.recall != nullptr || f.expiry != nullptr) {
      const std::uint64_t flag = f.recall != nullptr ? flag_recalled : flag_expired;
      if (!event.body.empty() || (event.flags & flag) == 0)
        count(result_, &verdict::recalled_bodies, place(event) + " has a body that is gone");
      for (const stored_event* edit : f.edits)
        if (!edit->body.empty())
          count(result_, &verdict::recalled_bodies,
                place(*edit) + " has the body of an edit of what is gone");
      return;
    }
    if (event.gone())
      return count(result_, &verdict::lost, place(event) + " is gone, and no event says why");
    if (f.last_edit == nullptr) return;
    const stored_event& edit = *f.last_edit;
    if ((event.flags & flag_edited) == 0 ||
        event.body != body_of(facts_.id, edit.device, edit.client_seq))
      count(result_, &verdict::edits_lost,
            place(event) + " is not what the edit " + std::to_string(edit.seq) + " made of it");
  }

  void check_expiry(const stored_event& event, const fate& f) {
    const change* const sent = sent_as(event);
    const std::uint64_t wanted =
        sent != nullptr && sent->what == change::kind::expiring ? event.time + sent->after : 0;
    if (event.expires != wanted)
      count(result_, &verdict::phantoms, place(event) + " expires at another time than was asked");
    if (f.expiry == nullptr) {
      if (wanted != 0 && f.recall == nullptr)
        count(result_, &verdict::late, place(event) + " has never expired");
      return;
    }
    if (event.expires == 0 || f.expiry->time < event.expires)
      return count(result_, &verdict::early, place(event) + " expired before its time");
    std::uint64_t able = event.expires;
    for (const auto& [from, until] : facts_.down)
      if (from <= able + facts_.late_ms && able < until) able = until;
    if (f.expiry->time > able + facts_.late_ms)
      count(result_, &verdict::late,
            place(event) + " expired " + std::to_string(f.expiry->time - able) + " ms late");
  }

  const conversation_facts& facts_;
  verdict& result_;
  std::map<std::uint64_t, fate> fates_;  ///< by seq
};

}  // namespace

void judge_changes(const conversation_facts& facts, verdict& result) {
  judging_changes(facts, result).run();
}

}  // namespace conclave::ackcheck
