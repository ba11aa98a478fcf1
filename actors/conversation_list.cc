/// See conversation_list.h.
#include "actors/conversation_list.h"

#include "actors/frame_of.h"
#include "actors/steady_read.h"
#include "storage/reads.h"
#include "storage/reads_summary.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace conclave::actors {

namespace {

/// An event has its time a moment before it is given to the writer. `time` of a list is that much
/// earlier, and the next list repeats a little.
constexpr time_ms stamping_lag = 10'000;
/// When other tenants were at work shows no finer than this.
constexpr time_ms time_grain = 10'000;

/// The largest summary without its strings: twelve numbers of nine bytes, headers, small fields.
constexpr std::size_t summary_bytes = 160;

struct entry {
  conversation_id conversation{};
  seat at;
  index_record own;
  steady_point point;
  std::optional<storage::conversation_row> row;  ///< nothing: it did not change

  bool holds() const { return point.holds(row ? row->due : 0); }
  std::size_t bytes() const {
    return row ? summary_bytes + row->title.size() + row->topic.size() + row->last.size() : 0;
  }
};

class listing {
 public:
  listing(const gateway_shared& shared, tenant_id tenant, user_id user,
          const session_links_ref& links, const list_conversations& request)
      : shared_(shared), tenant_(tenant), user_(user), links_(links), request_(request) {}

  /// Lists from then on lack nothing that this one lacks. Before the first look at a row. What is
  /// committed later, here or by the next leader, is stamped after what is committed by now; where
  /// copies at other places are waited for, perhaps long before now. A shard in which nothing waits
  /// may be quiet for days, and follows the others: all have one leader and one clock.
  outcome<time_ms> complete_up_to() const {
    if (request_.after) return time_ms{0};  // the first page has told it
    const shard_map& shards = shared_.ports->shards;
    std::vector<time_ms> applied;
    for (std::uint16_t i = 0; i < shards.count(); ++i) {
      const auto record = storage::applied_of(shared_.store->view(shard_id{i}));
      if (!record.ok()) return record.error();
      applied.push_back(record->time);
    }
    std::set<tenant_id> tenants{tenant_};
    if (links_ != nullptr)
      for (const auto& [host, self] : links_->guests()) tenants.insert(host);
    time_ms oldest =
        std::min(shared_.ports->now(), *std::max_element(applied.begin(), applied.end()));
    for (const tenant_id one : tenants) {
      for (const shard_id shard : shards.all_of(one)) {
        if (!shared_.ports->commits->all_settled(shard))
          oldest = std::min(oldest, applied.at(shard.value));
      }
    }
    oldest -= std::min(oldest, stamping_lag);
    return oldest - oldest % time_grain;
  }

  status gather() {
    auto index = storage::list_index(shared_.store->view(shared_.ports->shards.home_of(tenant_)),
                                     tenant_, user_, request_.after, request_.limit + 1);
    if (!index.ok()) return std::move(index).error();
    more_ = index->size() > request_.limit;
    if (more_) index->resize(request_.limit);
    std::size_t bytes = 0;
    for (const auto& [conversation, own] : *index) {
      const seat at = seat_in(conversation);
      const steady_point point(shared_, at.tenant, at.conversation);
      auto row = summary_of(at, own);
      if (!row.ok()) return std::move(row).error();
      entries_.push_back({conversation, at, own, point, std::move(*row)});
      bytes += entries_.back().bytes();
      if (bytes > max_list_bytes) break;  // cut() leaves the last one out
    }
    if (entries_.size() < index->size()) more_ = true;
    return name_hosts();
  }

  /// Reads again what does not hold any more. False: there was something.
  outcome<bool> renew() {
    bool steady = true;
    for (entry& e : entries_) {
      if (e.holds()) continue;
      steady = false;
      const steady_point point(shared_, e.at.tenant, e.at.conversation);
      auto row = summary_of(e.at, e.own);
      if (!row.ok()) return std::move(row).error();
      e.point = point;
      e.row = std::move(*row);
    }
    return steady;
  }

  /// Ends the page at its bytes.
  void cut() {
    std::size_t bytes = 0;
    const auto over = std::find_if(entries_.begin(), entries_.end(), [&](const entry& e) {
      bytes += e.bytes();
      return bytes > max_list_bytes;
    });
    if (over == entries_.end()) return;
    entries_.erase(over, entries_.end());
    more_ = true;
  }

  /// Valid as long as this.
  conversations_page page() const {
    conversations_page page;
    page.more = more_;
    if (more_ && !entries_.empty()) page.next = entries_.back().conversation;
    for (const entry& e : entries_) {
      if (e.row) page.conversations.push_back(line(e));
    }
    return page;
  }

 private:
  seat seat_in(conversation_id conversation) const {
    const seat* const other = links_ == nullptr ? nullptr : links_->find(conversation);
    return other != nullptr ? *other : seat{tenant_, conversation, user_};
  }

  /// Names of the other tenants whose conversations these are.
  status name_hosts() {
    const auto system = shared_.store->view(system_shard);
    for (const entry& e : entries_) {
      if (e.at.tenant == tenant_ || hosts_.contains(e.at.tenant)) continue;
      auto host = storage::get_tenant(system, e.at.tenant);
      if (!host.ok()) return std::move(host).error();
      hosts_.emplace(e.at.tenant, std::move(host->name));
    }
    return done{};
  }

  outcome<std::optional<storage::conversation_row>> summary_of(const seat& at,
                                                               const index_record& own) const {
    const auto view =
        shared_.store->view(shared_.ports->shards.shard_of(at.tenant, at.conversation));
    auto row = storage::summarize(view, at.tenant, at.user, at.conversation, own,
                                  shared_.ports->now(), request_.changed_after);
    // The member row decides; an index entry without one shows nothing.
    if (!row.ok() && row.error().code == errc::not_found)
      return std::optional<storage::conversation_row>();
    return row;
  }

  conversation_summary line(const entry& e) const {
    const storage::conversation_row& row = *e.row;
    const index_record& own = e.own;
    conversation_summary summary;
    summary.conversation = e.conversation;
    summary.kind = row.kind;
    summary.title = row.title;
    summary.head = row.head;
    summary.member = row.member;
    summary.topic = row.topic;
    summary.role = row.role;
    summary.peer = row.peer;
    summary.unread = row.unread;
    summary.mentions = row.mentions;
    summary.read = row.read;
    summary.last.data = row.last;
    summary.muted_until = own.muted_until;
    summary.pinned = own.pinned;
    summary.hidden = row.hidden;
    summary.dissolved = row.dissolved;
    summary.join = static_cast<std::uint8_t>(row.join);
    summary.invite = static_cast<std::uint8_t>(row.invite);
    summary.all_muted = row.all_muted;
    summary.silenced_until = row.silenced_until;
    summary.external = row.external;
    if (e.at.tenant != tenant_) {
      summary.host = hosts_.at(e.at.tenant);
      summary.self = e.at.user;
    }
    return summary;
  }

  const gateway_shared& shared_;
  tenant_id tenant_;
  user_id user_;
  session_links_ref links_;
  list_conversations request_;
  std::map<tenant_id, std::string> hosts_;
  std::vector<entry> entries_;
  bool more_ = false;
};

}  // namespace

outcome<std::string> conversation_list(const gateway_shared& shared, tenant_id tenant, user_id user,
                                       const session_links_ref& links,
                                       const list_conversations& request,
                                       std::uint64_t correlation) {
  listing list(shared, tenant, user, links, request);
  const auto complete = list.complete_up_to();
  if (!complete.ok()) return complete.error();
  if (const status s = list.gather(); !s.ok()) return s.error();
  for (int i = 0; i < steady_tries; ++i) {
    const auto steady = list.renew();
    if (!steady.ok()) return steady.error();
    if (!*steady) continue;
    list.cut();
    conversations_page page = list.page();
    page.time = *complete;
    return frame_of(correlation, page);
  }
  return failure{errc::overloaded, "what it reads keeps changing"};
}

}  // namespace conclave::actors
