/// A disk for the proofs: what is durable, what is under way, and what a crash leaves of it.
/// Writes complete in order; a crash keeps some prefix of those under way (a torn write is one that
/// was not kept). The state family is written unsynced and survives as far as the next completed
/// write, as in one WAL.
#pragma once

#include "replication/replica_state.h"

#include <deque>
#include <memory>
#include <vector>

namespace conclave::replication::proof {

using entry_ref = std::shared_ptr<const entry>;

struct state_mark {
  log_index applied{};
  std::uint64_t digest = 0;  ///< of the state, folded over the redo
};

struct disk_image {
  promise promised;
  position base;
  config_ref base_config;
  config_ref base_plan;
  std::uint64_t base_digest = 0;
  std::vector<entry_ref> log;  ///< behind the base
  state_mark state;
  std::vector<peer_memory> peers;

  log_index last() const { return log_index(base.index.value + log.size()); }
  const entry* at(log_index i) const {
    if (i <= base.index || i > last()) return nullptr;
    return log[static_cast<std::size_t>(i.value - base.index.value - 1)].get();
  }
  bool holds(log_index i, const hash16& hash) const {
    if (i < base.index) return true;  // trimmed or seeded: it was applied
    if (i == base.index) return base.hash == hash;
    const entry* e = at(i);
    return e != nullptr && e->hash == hash;
  }
  void cut(log_index keep) { log.resize(static_cast<std::size_t>(keep.value - base.index.value)); }
};

class model_disk {
 public:
  const disk_image& durable() const { return durable_; }
  const disk_image& view() const { return view_; }  ///< with what is under way
  std::size_t under_way() const { return pending_.size(); }
  const std::deque<write>& pending() const { return pending_; }

  void submit(const write& w, std::uint64_t seed_digest) {
    pending_.push_back(w);
    pending_state_.push_back(view_.state);
    carry_out(view_, w, seed_digest);
    if (w.reset) pending_state_.back() = view_.state;
    seeds_.push_back(seed_digest);
  }

  void apply(log_index last, std::uint64_t digest) { view_.state = {last, digest}; }

  /// The oldest write becomes durable; its number.
  std::uint64_t complete() {
    carry_out(durable_, pending_.front(), seeds_.front());
    durable_.state = pending_state_.front();
    const std::uint64_t number = pending_.front().number;
    pending_.pop_front();
    pending_state_.pop_front();
    seeds_.pop_front();
    return number;
  }

  void crash(std::size_t keep) {
    while (keep-- > 0 && !pending_.empty()) complete();
    pending_.clear();
    pending_state_.clear();
    seeds_.clear();
    view_ = durable_;
  }

  /// Entries up to `base` go; they are applied durably.
  void trim(log_index base) {
    if (base <= durable_.base.index || base > durable_.state.applied || !pending_.empty()) return;
    for (disk_image* image : {&durable_, &view_}) {
      while (image->base.index < base) {
        const entry& first = *image->log.front();
        image->base = first.place();
        if (first.config)
          (first.config->planned ? image->base_plan : image->base_config) = first.config;
        image->log.erase(image->log.begin());
      }
    }
  }

  void replace(const disk_image& image) {
    crash(0);
    durable_ = view_ = image;
  }

  durable_state load() const {
    durable_state out;
    out.promised = durable_.promised;
    out.base = durable_.base.index;
    out.known_from = durable_.base;
    out.base_config = durable_.base_config;
    out.base_plan = durable_.base_plan;
    for (const entry_ref& e : durable_.log) {
      out.entries.push_back(e->place());
      if (e->config) out.configs.emplace_back(e->index, e->config);
    }
    out.applied = durable_.state.applied;
    out.peers = durable_.peers;
    return out;
  }

 private:
  static void carry_out(disk_image& image, const write& w, std::uint64_t seed_digest) {
    if (w.promised) image.promised = *w.promised;
    if (w.reset) {
      image.base = *w.reset;
      image.base_config = w.reset_config;
      image.base_plan = w.reset_plan;
      image.log.clear();
      image.state = {w.reset->index, seed_digest};
    }
    if (w.truncate_after) image.cut(*w.truncate_after);
    for (const entry& e : w.entries) image.log.push_back(std::make_shared<entry>(e));
    for (const peer_memory& p : w.peers) {
      std::erase_if(image.peers, [&](const peer_memory& old) { return old.id.node == p.id.node; });
      image.peers.push_back(p);
    }
  }

  disk_image durable_;
  disk_image view_;
  std::deque<write> pending_;
  std::deque<state_mark> pending_state_;
  std::deque<std::uint64_t> seeds_;
};

}  // namespace conclave::replication::proof
