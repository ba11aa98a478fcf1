/// Sessions of both sides as small state machines, driven by queued tasks; see seeding.h.
#include "replication/seeding.h"

#include "conf/limits.h"
#include "conf/log.h"
#include "crypto/random.h"
#include "replication/sealing.h"
#include "replication/seed_source.h"
#include "replication/send_pace.h"
#include "schemas/check.h"
#include "storage/count.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <pthread.h>
#include <thread>
#include <utility>
#include <vector>

namespace conclave::replication {

namespace {

using steady = std::chrono::steady_clock;

/// A session whose link broke waits so long for the next one, on either side.
constexpr std::chrono::seconds session_patience{60};
constexpr std::chrono::seconds redial_after{1};
constexpr int most_links_per_session = 60;

struct outgoing {
  std::uint64_t session = 0;
  shard_id shard{};
  replica_id peer;
  std::unique_ptr<seed_source> source;
  link_id link;        ///< zero: dialling
  bool begun = false;  ///< the peer has said where to go on
  bool ended = false;  ///< the last block is out
  std::uint32_t sent = 0;
  std::uint32_t acknowledged = 0;
  int links = 0;
  steady::time_point redial_at = steady::time_point::max();
};

struct incoming {
  seed_begin head;
  config_ref config, plan;
  link_id link;
  std::unique_ptr<storage::staged_state> state;
  std::string last_key;
  steady::time_point alone_since{};  ///< without a link
};

}  // namespace

struct seeding::impl {
  impl(storage::store& d, peer_mesh& m, seeding_news n, std::uint64_t bytes_per_s)
      : data(d), mesh(m), news(std::move(n)), pace(bytes_per_s) {
    thread = std::thread([this] { run(); });
  }

  storage::store& data;
  peer_mesh& mesh;
  seeding_news news;

  std::mutex mutex;
  std::condition_variable wake;
  std::deque<std::function<void()>> tasks;  ///< bounded by blocks under way and links
  bool stopping = false;
  std::thread thread;

  // -- the thread's own
  std::map<std::uint64_t, outgoing> sources;  ///< by session
  std::map<shard_id, incoming> targets;
  send_pace pace;
  std::vector<std::uint64_t> held_back;  ///< sessions that wait for the pace, in turn
  storage::count rows_sent, rows_taken, finished, failed;
  std::atomic<std::uint64_t> source_count{0}, target_count{0};

  void push(std::function<void()> task) {
    {
      const std::lock_guard lock(mutex);
      if (stopping) return;
      tasks.push_back(std::move(task));
    }
    wake.notify_one();
  }

  void run() {
    pthread_setname_np(pthread_self(), "seeding");
    for (;;) {
      std::function<void()> task;
      {
        std::unique_lock lock(mutex);
        wake.wait_until(lock, next_look(), [this] { return stopping || !tasks.empty(); });
        if (stopping) break;
        if (!tasks.empty()) {
          task = std::move(tasks.front());
          tasks.pop_front();
        }
      }
      if (task) task();
      look_at_time();
      source_count = sources.size();
      target_count = targets.size();
    }
    sources.clear();
    targets.clear();
  }

  /// Without a task: when a link is to be dialled again, or a block that had to wait may leave.
  steady::time_point next_look() const {
    const auto now = steady::now();
    const auto soon = now + std::chrono::milliseconds(500);
    return pace.free_at() > now ? std::min(pace.free_at(), soon) : soon;
  }

  void look_at_time() {
    const auto now = steady::now();
    feed_waiting(now);
    for (auto& [session, s] : sources) {
      if (s.redial_at > now) continue;
      s.redial_at = steady::time_point::max();
      ++s.links;
      mesh.open_seed_link(s.peer.node, session);
    }
    std::erase_if(targets, [&](const auto& each) {
      const incoming& t = each.second;
      return !t.link && t.alone_since + session_patience < now;
    });
  }

  // -- the source
  // ------------------------------------------------------------------------------------
  void begin(shard_id shard, replica_id peer) {
    for (const auto& [session, s] : sources)
      if (s.shard == shard && s.peer == peer) return;
    outgoing fresh;
    fresh.session = crypto::random_u64() >> 11;
    fresh.shard = shard;
    fresh.peer = peer;
    auto source = seed_source::open(data, shard, fresh.session);
    if (!source) {
      log::error("cluster", "cannot open a snapshot: " + source.error().detail,
                 {{"shard", shard.value}});
      return news.over(shard, peer);
    }
    fresh.source = std::move(*source);
    fresh.redial_at = steady::now();
    log::info("cluster", "seeds a node",
              {{"shard", shard.value},
               {"node", peer.node.value},
               {"index", fresh.source->head().base.index.value}});
    sources.emplace(fresh.session, std::move(fresh));
  }

  void over(std::uint64_t session, const std::string& why) {
    const auto found = sources.find(session);
    if (found == sources.end()) return;
    const outgoing& s = found->second;
    if (why.empty()) {
      finished.add(1);
      log::info(
          "cluster", "a node is seeded",
          {{"shard", s.shard.value}, {"node", s.peer.node.value}, {"rows", s.source->rows()}});
    } else {
      failed.add(1);
      log::warn("cluster", "seeding a node has failed: " + why,
                {{"shard", s.shard.value}, {"node", s.peer.node.value}});
    }
    if (s.link) mesh.close(s.link);
    const shard_id shard = s.shard;
    const replica_id peer = s.peer;
    sources.erase(found);
    news.over(shard, peer);
  }

  outgoing* source_at(link_id link) {
    for (auto& [session, s] : sources)
      if (s.link == link) return &s;
    return nullptr;
  }

  void feed_waiting(steady::time_point now) {
    if (held_back.empty() || pace.free_at() > now) return;
    // In turn, else one session would take the whole rate. One may have ended meanwhile.
    for (const std::uint64_t session : std::exchange(held_back, {}))
      if (const auto found = sources.find(session); found != sources.end() && found->second.begun)
        feed(found->second);
  }

  void hold_back(std::uint64_t session) {
    if (std::find(held_back.begin(), held_back.end(), session) == held_back.end())
      held_back.push_back(session);
  }

  void feed(outgoing& s) {
    std::string out;
    while (!s.ended && s.sent - s.acknowledged < limits::seed_blocks_under_way) {
      const auto now = steady::now();
      if (pace.free_at() > now) {
        hold_back(s.session);
        break;
      }
      const std::uint64_t before_rows = s.source->rows();
      const std::size_t before_bytes = out.size();
      const auto more = s.source->next_block(out);
      if (!more) return over(s.session, more.error().detail);
      rows_sent.add(s.source->rows() - before_rows);
      pace.sent(out.size() - before_bytes, now);
      if (*more) {
        ++s.sent;
      } else {
        s.ended = true;
        append_peer_frame(out, s.source->end());
      }
    }
    if (!out.empty()) mesh.send(s.link, std::move(out));
  }

  void take(link_id link, const seed_from& from) {
    outgoing* s = source_at(link);
    if (s == nullptr || from.session != s->session) return;
    if (from.refused) return over(s->session, from.text);
    s->begun = true;
    s->ended = false;
    s->sent = s->acknowledged = 0;
    s->source->go_on_after(from.key);
    feed(*s);
  }

  void take(link_id link, const seed_ack& ack) {
    outgoing* s = source_at(link);
    if (s == nullptr || ack.session != s->session || !s->begun || ack.number > s->sent) return;
    s->acknowledged = ack.number;
    feed(*s);
  }

  void take(link_id link, const seed_result& result) {
    const outgoing* s = source_at(link);
    if (s == nullptr || result.session != s->session) return;
    over(s->session, result.ok ? std::string() : result.text);
  }

  // -- the target
  // ------------------------------------------------------------------------------------
  incoming* target_at(link_id link, std::uint64_t session) {
    for (auto& [shard, t] : targets)
      if (t.link == link && t.head.session == session) return &t;
    return nullptr;
  }

  void take(link_id link, const seed_begin& head) {
    seed_from answer;
    answer.shard = head.shard;
    answer.session = head.session;
    incoming& t = targets[head.shard];
    const bool again = t.state != nullptr && t.head == head;
    // Who led before may still be sending: each taking the other's place, neither would end.
    if (!again && t.state != nullptr && t.link && !newer(head.base, t.head.base)) {
      answer.refused = true;
      answer.text = "a snapshot that is at least as new is on its way";
      std::string out;
      append_peer_frame(out, answer);
      mesh.send(link, std::move(out));
      return;
    }
    if (!again) {
      if (t.link) mesh.close(t.link);
      t = {};
      t.head = head;
      answer.refused = !open(t, answer.text);
    }
    t.link = link;
    answer.key = t.last_key;
    std::string out;
    append_peer_frame(out, answer);
    mesh.send(link, std::move(out));
    if (answer.refused) targets.erase(head.shard);
  }

  bool open(incoming& t, std::string& why) {
    if (t.head.shard.value >= data.shard_count()) {
      why = "there is no such shard here";
      return false;
    }
    const auto read = [&why](const std::string& bytes, config_ref& into) {
      if (bytes.empty()) return true;
      auto config = decode_shard_config(bytes);
      if (!config) {
        why = config.error().detail;
        return false;
      }
      into = std::make_shared<const shard_config>(std::move(*config));
      return true;
    };
    if (!read(t.head.config, t.config) || !read(t.head.plan, t.plan)) return false;
    auto state = storage::staged_state::create(data, t.head.shard);
    if (!state) {
      why = state.error().detail;
      return false;
    }
    t.state = std::move(*state);
    return true;
  }

  void take(link_id link, const seed_block& block) {
    incoming* t = target_at(link, block.session);
    if (t == nullptr || block.rows.empty()) return;
    if (const status put = t->state->put(block.rows); !put) return refuse(*t, put.error().detail);
    t->last_key = block.rows.back().first;
    rows_taken.add(block.rows.size());
    seed_ack ack{block.shard, block.session, block.number};
    std::string out;
    append_peer_frame(out, ack);
    mesh.send(link, std::move(out));
  }

  void take(link_id link, const seed_done& done) {
    incoming* t = target_at(link, done.session);
    if (t == nullptr) return;
    const auto digest = t->state->digest();
    if (!digest) return refuse(*t, digest.error().detail);
    if (*digest != done.digest)
      return refuse(*t, "the digests differ: what arrived is not what was sent");
    seed_result result{done.shard, done.session, true, {}};
    std::string out;
    append_peer_frame(out, result);
    const applied_record applied{t->head.base.index, t->head.base.epoch, t->head.base.hash,
                                 t->head.applied_time};
    const shard_id shard = t->head.shard;
    auto state = std::move(t->state);
    const config_ref config = t->config;
    const config_ref plan = t->plan;
    targets.erase(shard);
    news.arrived(shard, std::move(state), applied, config, plan);
    mesh.send(link, std::move(out));
  }

  void refuse(incoming& t, const std::string& why) {
    log::error("cluster", "a snapshot was not taken: " + why, {{"shard", t.head.shard.value}});
    seed_result result{t.head.shard, t.head.session, false, why};
    std::string out;
    append_peer_frame(out, result);
    mesh.send(t.link, std::move(out));
    failed.add(1);
    targets.erase(t.head.shard);
  }

  // -- links
  // -----------------------------------------------------------------------------------------
  void link_up(const mesh_link& link) {
    if (!link.dialled) return;  // a target waits for SEED_BEGIN
    const auto found = sources.find(link.context);
    if (found == sources.end()) return mesh.close(link.id);
    outgoing& s = found->second;
    s.link = link.id;
    s.begun = false;
    std::string out;
    append_peer_frame(out, s.source->head());
    mesh.send(s.link, std::move(out));
  }

  void link_down(const mesh_link& link, const std::string& why) {
    for (auto& [session, s] : sources) {
      // A dial that came to nothing has an id that this session never heard of.
      const bool this_one = s.link ? s.link == link.id : link.dialled && link.context == session;
      if (!this_one) continue;
      s.link = {};
      if (s.links >= most_links_per_session) return over(session, why);
      s.redial_at = steady::now() + redial_after;
      return;
    }
    for (auto& [shard, t] : targets) {
      if (t.link != link.id) continue;
      t.link = {};
      t.alone_since = steady::now();
    }
  }

  template <class Frame>
  void take_whole(link_id link, const std::string& payload) {
    const auto decoded = decode_peer_frame<Frame>(payload);
    if (decoded) return take(link, *decoded);
    log::error("cluster", "a frame on a seed link is damaged: " + decoded.error().detail, {});
    mesh.close(link);
  }

  void frame(link_id link, peer_frame type, const std::string& payload) {
    switch (type) {
      case peer_frame::seed_begin:
        return take_whole<seed_begin>(link, payload);
      case peer_frame::seed_from:
        return take_whole<seed_from>(link, payload);
      case peer_frame::seed_block:
        return take_whole<seed_block>(link, payload);
      case peer_frame::seed_ack:
        return take_whole<seed_ack>(link, payload);
      case peer_frame::seed_done:
        return take_whole<seed_done>(link, payload);
      case peer_frame::seed_result:
        return take_whole<seed_result>(link, payload);
      default:
        log::warn("cluster", "an unknown frame on a seed link", {});
    }
  }
};

seeding::seeding(storage::store& data, peer_mesh& mesh, seeding_news news,
                 std::uint64_t bytes_per_s)
    : impl_(std::make_unique<impl>(data, mesh, std::move(news), bytes_per_s)) {}

seeding::~seeding() {
  stop();
}

void seeding::begin(shard_id shard, replica_id peer) {
  impl_->push([this, shard, peer] { impl_->begin(shard, peer); });
}

void seeding::link_up(const mesh_link& link) {
  impl_->push([this, link] { impl_->link_up(link); });
}

void seeding::frame(const mesh_link& link, const frame_view& frame) {
  impl_->push([this, id = link.id, type = type_of(frame), payload = std::string(frame.payload)] {
    impl_->frame(id, type, payload);
  });
}

void seeding::link_down(const mesh_link& link, const std::string& why) {
  impl_->push([this, link, why] { impl_->link_down(link, why); });
}

void seeding::stop() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->wake.notify_one();
  if (impl_->thread.joinable()) impl_->thread.join();
}

seeding_counters seeding::counters() const {
  return {impl_->source_count,     impl_->target_count,   impl_->rows_sent.get(),
          impl_->rows_taken.get(), impl_->finished.get(), impl_->failed.get()};
}

}  // namespace conclave::replication
