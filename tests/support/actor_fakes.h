/// What actors need of the world, made of paper: a shard writer that commits when it is told to,
/// and a loop that keeps what it is given. One thread, under the deterministic scheduler.
#pragma once

#include "actors/delivery.h"
#include "actors/engine_ports.h"
#include "schemas/codec.h"
#include "schemas/conversation_messages.h"
#include "schemas/frame.h"
#include "schemas/session_messages.h"
#include "storage/entity_fence.h"
#include "tests/support/memory_rows.h"

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace conclave::test {

/// Judges like the real writer (it shares its fence) and keeps the rows in memory. Proposals and
/// claims wait in one queue, in order, until settle().
class fake_commits final : public actors::commit_port {
 public:
  memory_rows rows;
  bool at_once = true;                  ///< settles by itself
  bool idle = false;                    ///< lets owners act where they are told
  std::size_t refuse_next = 0;          ///< proposals that will not fit, whatever they say
  std::vector<storage::proposal> seen;  ///< every proposal, for a look at it

  void submit(storage::proposal p) override {
    seen.push_back(p);
    queue_.push_back({false, std::move(p)});
    if (at_once) settle();
  }
  void claim(shard_id shard, const entity_ref& entity, std::uint64_t incarnation,
             std::shared_ptr<storage::proposal_owner> owner) override {
    ++claims;
    storage::proposal p;
    p.shard = shard;
    p.entity = entity;
    p.incarnation = incarnation;
    p.owner = std::move(owner);
    queue_.push_back({true, std::move(p)});
    if (at_once) settle();
  }
  void release(const entity_ref& entity, std::uint64_t incarnation) override {
    ++releases;
    fence_.release(entity, incarnation);
  }
  bool all_settled(shard_id) const override { return queue_.empty(); }
  shard_epoch epoch_of(shard_id) const override { return shard_epoch{1}; }

  std::size_t waiting() const { return queue_.size(); }

  /// Settles the first `count` in the queue as one group: one resolution per entity and outcome.
  void settle(std::size_t count = ~std::size_t{0}) {
    std::vector<std::pair<storage::resolution, std::shared_ptr<storage::proposal_owner>>> news;
    const auto tell = [&news] {
      for (auto& [what, owner] : news) owner->on_resolved(what);
      news.clear();
    };
    for (; count > 0 && !queue_.empty(); --count) {
      item next = std::move(queue_.front());
      queue_.pop_front();
      storage::proposal& p = next.content;
      if (next.is_claim) {
        tell();
        const std::uint64_t version = rows.version_of(p.entity);
        fence_.claim(p.shard, p.entity, p.incarnation, version);
        p.owner->on_claimed(p.entity, p.incarnation, version);
        continue;
      }
      if (refuse_next > 0) {
        --refuse_next;
        p.epoch = shard_epoch{0};
      }
      const bool fits = storage::entity_fence::accept(fence_.find(p.entity), p, shard_epoch{1});
      if (fits) rows.apply(p.redo);
      if (!news.empty() && news.back().first.entity == p.entity &&
          news.back().first.incarnation == p.incarnation && news.back().first.committed == fits) {
        news.back().first.version = p.new_version;
        ++news.back().first.proposals;
        news.back().first.here = false;
      } else {
        const bool here = idle && fits && p.brief;
        news.push_back({{p.entity, p.incarnation, p.new_version, 1, fits, here}, p.owner});
      }
    }
    tell();
  }

  std::size_t claims = 0;
  std::size_t releases = 0;

 private:
  struct item {
    bool is_claim = false;
    storage::proposal content;
  };
  std::deque<item> queue_;
  storage::entity_fence fence_;
};

/// A loop that writes down what it hears, in order.
class fake_loop final : public actors::reply_port {
 public:
  struct heard_answer {
    frame_type type{};
    errc code = errc::ok;  ///< of an ERROR
    event_seq seq{};       ///< of an OK
    time_ms time = 0;
    std::size_t place = 0;  ///< among everything heard
  };

  std::multimap<std::uint64_t, heard_answer> answers;  ///< by correlation
  std::vector<std::shared_ptr<const actors::delivery>> deliveries;
  std::vector<std::size_t> delivery_places;
  std::vector<std::shared_ptr<const actors::head_hint>> hints;
  std::vector<std::shared_ptr<const actors::signal>> signals;
  std::vector<std::shared_ptr<const actors::user_news>> of_users;

  void post(std::vector<actors::answer> list) override {
    for (const actors::answer& a : list) {
      heard_answer heard;
      heard.place = heard_++;
      const auto header = read_frame_header(a.frame.data());
      const auto payload = std::string_view(a.frame).substr(frame_header_size);
      CONCLAVE_CHECK(header.correlation == a.to.correlation, "an answer names its request");
      heard.type = header.type;
      if (header.type == frame_type::error) heard.code = decode<error_answer>(payload)->code;
      if (header.type == frame_type::ok) {
        heard.seq = decode<ok_answer>(payload)->seq;
        heard.time = decode<ok_answer>(payload)->time;
      }
      if (header.type == frame_type::conversation_created)
        heard.time = decode<conversation_created>(payload)->time;
      answers.emplace(a.to.correlation, heard);
    }
  }
  void post(std::shared_ptr<const actors::delivery> news) override {
    delivery_places.push_back(heard_++);
    deliveries.push_back(std::move(news));
  }
  void post(std::shared_ptr<const actors::signal> news) override {
    signals.push_back(std::move(news));
  }
  void post(std::shared_ptr<const actors::head_hint> hint) override {
    ++heard_;
    hints.push_back(std::move(hint));
  }
  void post(std::shared_ptr<const actors::user_news> heard) override {
    ++heard_;
    of_users.push_back(std::move(heard));
  }

  /// A ticket whose answer comes here.
  actors::ticket ticket_for(std::uint64_t correlation) {
    actors::reply_address to;
    to.connection = net::connection_id{1};
    to.correlation = correlation;
    return actors::ticket(this, to);
  }

  /// The one answer to a request; fails the caller's expectations when there are none or several.
  heard_answer only(std::uint64_t correlation) const {
    heard_answer none;
    none.code = errc::not_ready;
    return answers.count(correlation) == 1 ? answers.find(correlation)->second : none;
  }
  bool silent(std::uint64_t correlation) const { return answers.count(correlation) == 0; }

  /// Seqs of all events delivered, in the order of hearing.
  std::vector<std::uint64_t> delivered_seqs() const {
    std::vector<std::uint64_t> seqs;
    for (const auto& news : deliveries)
      for (const auto& part : news->parts)
        for (const auto& event : part.events) seqs.push_back(event.seq.value);
    return seqs;
  }

 private:
  std::size_t heard_ = 0;
};

}  // namespace conclave::test
