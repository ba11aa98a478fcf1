/// A node for tests of the client library: speaks the protocol over real TLS, keeps one
/// conversation in memory, and misbehaves as told: loses pushes, cuts connections before and after
/// the effect of a request, answers `retry` and `unknown`, falls silent. Edits, recalls and
/// reactions are done to the log as a node does them; every other request can be scripted:
/// script(type, handler).
///
/// Tokens are "u<number>", with more behind a dot if you like: user and device have that number;
/// "u0" is refused. Everything happens on its own loop's thread; knobs are atomic, the log is read
/// after stop() or by run(), and so is what scripts touch.
#pragma once

#include "client/session.h"
#include "conf/limits.h"
#include "net/event_loop.h"
#include "schemas/check.h"
#include "schemas/codec.h"
#include "schemas/conversation_messages.h"
#include "schemas/event.h"
#include "schemas/event_messages.h"
#include "schemas/history_messages.h"
#include "schemas/inbox_messages.h"
#include "schemas/presence_messages.h"
#include "schemas/session_messages.h"
#include "schemas/sync_messages.h"
#include "tests/support/test_certificates.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace conclave::client {

inline test::test_certificates& certificates() {
  static test::test_certificates made;
  return made;
}

class fake_node final : private net::loop_handler {
 public:
  static constexpr conversation_id group{77};

  using handler = std::function<void(net::connection&, const frame_view&)>;

  // -- misbehaviour, in percent of occasions
  // --------------------------------------------------------
  std::atomic<unsigned> lose_push{0};   ///< a HEAD follows now and then
  std::atomic<unsigned> cut_before{0};  ///< the connection ends, the request is not done
  std::atomic<unsigned> cut_after{0};   ///< the request is done, nobody is told
  std::atomic<unsigned> answer_retry{0};
  std::atomic<unsigned> answer_unknown{0};  ///< done or not, by chance
  std::atomic<bool> silent{false};          ///< no answer to anything from login on
  std::atomic<bool> mute_pings{false};
  std::atomic<bool> leads{true};  ///< false: HELLO is answered not_leading, with `leader`

  /// HOST:PORT, set before start() or by run(); empty: this node does not know.
  std::string leader;

  // -- scripts: set before start() or by run()
  // -----------------------------------------------------
  std::function<void(logged_in&)> at_login;  ///< changes the answer to LOGIN

  /// Takes requests of this type instead of the node's own way.
  void script(frame_type type, handler h) { scripts_[type] = std::move(h); }

  // -- seen -------------------------------------------------------------------------------------
  std::atomic<unsigned> hellos{0};
  std::atomic<unsigned> logins{0};
  std::atomic<unsigned> pings{0};
  std::atomic<unsigned> sends{0};

  explicit fake_node(std::uint64_t seed = 1)
      : fake_node(seed, certificates().certificate_file(), certificates().key_file()) {}
  fake_node(std::uint64_t seed, const std::string& certificate_file, const std::string& key_file)
      : random_(seed) {
    auto tls = net::tls_context::server({certificate_file, key_file, false});
    CONCLAVE_CHECK(tls.ok(), "the test certificate is usable");
    tls_ = *tls;
    created_body body;
    body.name = "Group";
    body.members = {user_id{1}, user_id{2}, user_id{3}};
    append(user_id{1}, device_id{1}, 1, event_kind::conversation_created, encode_body(body));
  }
  ~fake_node() override { stop(); }

  void start() {
    loop_.reset(new net::event_loop(9, *this));
    const auto listening = loop_->listen("127.0.0.1", port_, tls_, 1);
    CONCLAVE_CHECK(listening.ok(), "the port can be listened on");
    port_ = *listening;
    thread_ = std::thread([this] { loop_->run(); });
  }
  /// Everything that was appended stays; start() again is a restart.
  void stop() {
    if (!thread_.joinable()) return;
    loop_->stop();
    thread_.join();
    loop_.reset();
    people_.clear();
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::uint16_t port() const { return port_; }

  session_options options(int user) const {
    session_options o;
    o.servers = {address()};
    o.ca_file = certificates().ca_file();
    o.token = "u" + std::to_string(user);
    o.connect_timeout = std::chrono::milliseconds{5'000};
    return o;
  }

  /// Runs on the node's thread and waits for it.
  template <class Work>
  void run(Work&& work) {
    std::promise<void> done;
    loop_->post([&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }

  /// A text by somebody who is not connected.
  void say(const std::string& text) {
    run([&] { push(append(user_id{3}, device_id{3}, ++others_, event_kind::text, text), {}); });
  }
  void send_goaway(errc code, const std::string& to = {}, std::uint32_t after_ms = 0) {
    run([&] {
      loop_->for_each([&](net::connection& c) {
        goaway word;
        word.code = code;
        word.text = "go";
        word.reconnect_after_ms = after_ms;
        word.leader = to;
        append_frame(c.tail(), 0, word);
        c.queued();
        c.close(net::close_reason::by_us, true);
      });
    });
  }
  void cut_all() {
    run([&] {
      loop_->for_each([](net::connection& c) { c.close(net::close_reason::by_us, false); });
    });
  }
  void hint(std::uint64_t head) {
    run([&] {
      for (auto& [c, user] : people_) send_head(*c, head);
    });
  }
  /// The same EVENT frame of the newest event, `count` times to everybody: for measuring.
  void flood(std::size_t count) {
    run([&] {
      std::string frames;
      const auto last = decode_event(log_.back());
      for (std::size_t i = 0; i < count; ++i) append_event_frame(frames, group, *last);
      for (auto& [c, user] : people_) c->send(frames);
    });
  }

  /// The tokens of all logins, and the types of all requests after them, in the order they came.
  std::vector<std::string> tokens() { return copy(tokens_); }
  std::vector<frame_type> asked() { return copy(asked_); }
  std::size_t count(frame_type type) {
    const auto all = asked();
    return static_cast<std::size_t>(std::count(all.begin(), all.end(), type));
  }

  /// A push to everybody.
  template <class Message>
  void tell(const Message& m) {
    run([&] {
      for (auto& [c, user] : people_) {
        append_frame(c->tail(), 0, m);
        c->queued();
      }
    });
  }

  // For scripts, on the node's thread:
  template <class Message>
  void answer(net::connection& c, const frame_view& f, const Message& m) {
    append_frame(c.tail(), f.header.correlation, m);
    c.queued();
  }
  void refuse(net::connection& c, const frame_view& f, errc code, bool end = false) {
    error_answer e;
    e.code = code;
    e.kind = describe(code).kind;
    e.error_name = name_of(code);
    e.text = describe(code).text;
    if (code == errc::not_leading) e.leader = leader;
    answer(c, f, e);
    if (end) c.close(net::close_reason::by_us, true);
  }
  void log_in(net::connection& c, const frame_view& f, std::uint64_t number, logged_in who = {}) {
    const std::string name = "u" + std::to_string(number);
    who.tenant = tenant_id{1};
    who.user = user_id{number};
    if (!who.device) who.device = device_id{number};
    who.user_name = name;
    who.tenant_name = "tests";
    people_[&c] = number;
    ++logins;
    if (at_login) at_login(who);
    answer(c, f, who);
  }
  /// An event of anybody's, with its body and target; returns its seq.
  std::uint64_t happen(user_id sender, event_kind kind, const std::string& body,
                       event_seq target = {}, const net::connection* but = nullptr,
                       std::uint64_t client_seq = 0) {
    const std::uint64_t seq = append(sender, device_id{sender.value},
                                     client_seq != 0 ? client_seq : ++others_, kind, body, target);
    if (target) rewrite(target.value, kind, body, *decode_event(log_[seq - 1]));
    push(seq, but);
    return seq;
  }

  const std::string& bytes(std::uint64_t seq) const { return log_.at(seq - 1); }
  void take_as_usual(net::connection& c, const frame_view& f) { take_request(c, f); }

  /// Texts in the order of the log.
  std::vector<std::string> texts() {
    std::vector<std::string> all;
    for (const std::string& bytes : log_) {
      const auto event = decode_event(bytes);
      if (event->kind == event_kind::text) all.emplace_back(event->body);
    }
    return all;
  }
  std::uint64_t head() const { return log_.size(); }

 private:
  bool chance(unsigned percent) { return percent != 0 && random_() % 100 < percent; }

  void on_open(net::connection& c) override { c.set_max_frame(limits::max_frame_bytes); }
  void on_drained(net::connection&) override {}
  void on_close(net::connection& c, net::close_reason, const std::string&) override {
    people_.erase(&c);
  }
  void on_frames(net::connection& c, std::span<const frame_view> frames) override {
    for (const frame_view& f : frames) {
      if (c.closing()) return;
      take(c, f);
      c.queued();
    }
  }

  template <class T>
  T copy(const T& from) {
    T out;
    run([&] { out = from; });
    return out;
  }

  void take(net::connection& c, const frame_view& f) {
    const bool a_login =
        f.header.type == frame_type::login || f.header.type == frame_type::login_password;
    if (const auto script = scripts_.find(f.header.type); a_login && script != scripts_.end()) {
      const handler h = script->second;  // it may replace itself
      return h(c, f);
    }
    switch (f.header.type) {
      case frame_type::hello: {
        ++hellos;
        if (!leads) return refuse(c, f, errc::not_leading, true);
        welcome w;
        w.max_open_requests = 256;
        w.idle_timeout_ms = 90'000;
        w.node = "fake";
        w.time = static_cast<time_ms>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                          std::chrono::system_clock::now().time_since_epoch())
                                          .count());
        return answer(c, f, w);
      }
      case frame_type::login: {
        const std::string token(decode<login>(f.payload)->token);
        const std::uint64_t number = std::stoull(token.substr(1));
        if (number == 0) return refuse(c, f, errc::invalid_token, true);
        tokens_.push_back(token);
        return log_in(c, f, number);
      }
      case frame_type::ping:
        ++pings;
        if (!mute_pings) answer(c, f, pong{});
        return;
      default:
        if (silent) return;
        asked_.push_back(f.header.type);
        if (const auto script = scripts_.find(f.header.type); script != scripts_.end()) {
          const handler h = script->second;  // it may replace itself
          return h(c, f);
        }
        return take_request(c, f);
    }
  }

  void take_request(net::connection& c, const frame_view& f) {
    switch (f.header.type) {
      case frame_type::send:
        return take_send(c, f);
      case frame_type::history: {
        if (chance(cut_before)) return c.close(net::close_reason::by_us, false);
        if (chance(answer_retry)) return refuse(c, f, errc::overloaded);
        const auto ask = *decode<history>(f.payload);
        std::string bytes;
        history_page page;
        page.conversation = group;
        page.head = event_seq{log_.size()};
        std::uint64_t seq = ask.from.value;
        for (; seq <= log_.size() && page.events.count < std::min(ask.limit, 40u); ++seq) {
          bytes += log_[seq - 1];
          ++page.events.count;
        }
        if (seq <= log_.size()) page.next = event_seq{seq};
        page.events.bytes = bytes;
        return answer(c, f, page);
      }
      case frame_type::list_conversations: {
        if (chance(cut_before)) return c.close(net::close_reason::by_us, false);
        conversations_page page;
        conversation_summary s;
        s.conversation = group;
        s.title = "Group";
        s.head = event_seq{log_.size()};
        page.conversations.push_back(s);
        return answer(c, f, page);
      }
      case frame_type::list_members: {
        members_page page;
        member_entry me;
        me.user = user_id{people_[&c]};
        me.joined = event_seq{1};
        me.user_name = "name";
        page.members.push_back(me);
        return answer(c, f, page);
      }
      case frame_type::edit: {
        const auto m = *decode<edit>(f.payload);
        return take_change(c, f, m.client_seq, event_kind::edited, std::string(m.body.data),
                           m.target);
      }
      case frame_type::recall: {
        const auto m = *decode<recall>(f.payload);
        return take_change(c, f, m.client_seq, event_kind::recalled, {}, m.target);
      }
      case frame_type::react: {
        const auto m = *decode<react>(f.payload);
        return take_change(c, f, m.client_seq, event_kind::reaction,
                           encode_body(reaction_body{std::string(m.reaction), m.removed}),
                           m.target);
      }
      default:
        return refuse(c, f, errc::unsupported);
    }
  }

  void take_change(net::connection& c, const frame_view& f, std::uint64_t client_seq,
                   event_kind kind, const std::string& body, event_seq target) {
    const std::uint64_t user = people_[&c];
    auto [known, fresh] = done_.try_emplace({user, client_seq}, 0);
    if (fresh) known->second = happen(user_id{user}, kind, body, target, &c, client_seq);
    const auto event = decode_event(log_[known->second - 1]);
    answer(c, f, ok_answer{event->seq, event->time});
  }

  /// What an event does to the row of its target.
  void rewrite(std::uint64_t target, event_kind kind, const std::string& body,
               const event_view& by) {
    const std::string before = log_.at(target - 1);
    event_view row = *decode_event(before);
    if (kind == event_kind::edited) {
      row.flags |= event_flags::edited;
      row.body = body;
    } else if (kind == event_kind::recalled) {
      row.flags |= event_flags::recalled;
      row.body = {};
      row.gone_by = by.sender;
      row.gone_at = by.time;
    } else {
      return;
    }
    row.changed = by.seq;
    std::string after;
    append_event(after, row);
    log_[target - 1] = after;
  }

  /// Answers queued before it get through by chance only.
  void cut(net::connection& c) { c.close(net::close_reason::by_us, chance(50)); }

  void take_send(net::connection& c, const frame_view& f) {
    ++sends;
    const auto m = *decode<conclave::send>(f.payload);
    if (chance(cut_before)) return cut(c);
    if (chance(answer_retry)) return refuse(c, f, errc::overloaded);
    const bool unknown = chance(answer_unknown);
    if (unknown && chance(50)) return refuse(c, f, errc::outcome_unknown);
    const std::uint64_t user = people_[&c];
    auto [known, fresh] = done_.try_emplace({user, m.client_seq}, 0);
    if (fresh) {
      event_view said;
      said.flags = m.mentions_all ? event_flags::mentions_all : 0;
      said.reply_to = m.reply_to;
      said.thread = m.thread;
      said.mentions = m.mentions;
      said.expires = m.expires_after_ms != 0 ? m.expires_after_ms : m.expires_at;
      known->second = append(user_id{user}, device_id{user}, m.client_seq, m.kind,
                             std::string(m.body.data), {}, said);
      push(known->second, &c);
    }
    if (unknown) return refuse(c, f, errc::outcome_unknown);
    if (chance(cut_after)) return cut(c);
    const auto event = decode_event(log_[known->second - 1]);
    answer(c, f, ok_answer{event->seq, event->time});
  }

  std::uint64_t append(user_id sender, device_id device, std::uint64_t client_seq, event_kind kind,
                       const std::string& body, event_seq target = {}, event_view e = {}) {
    e.target = target;
    e.seq = event_seq{log_.size() + 1};
    e.kind = kind;
    e.sender = sender;
    e.device = device;
    e.client_seq = client_seq;
    e.time = 1'700'000'000'000 + e.seq.value;
    e.body = body;
    std::string bytes;
    append_event(bytes, e);
    log_.push_back(bytes);
    return e.seq.value;
  }

  void push(std::uint64_t seq, const net::connection* but) {
    const auto event = decode_event(log_[seq - 1]);
    for (auto& [c, user] : people_) {
      if (c == but || c->closing()) continue;
      if (chance(lose_push)) {
        if (chance(50)) send_head(*c, seq);
        continue;
      }
      append_event_frame(c->tail(), group, *event);
      c->queued();
    }
  }

  static void send_head(net::connection& c, std::uint64_t head) {
    append_frame(c.tail(), 0, head_push{group, event_seq{head}});
    c.queued();
  }

  std::mt19937_64 random_;
  std::shared_ptr<const net::tls_context> tls_;
  std::uint16_t port_ = 0;
  std::unique_ptr<net::event_loop> loop_;
  std::thread thread_;
  std::map<net::connection*, std::uint64_t> people_;
  std::vector<std::string> log_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> done_;
  std::uint64_t others_ = 0;
  std::map<frame_type, handler> scripts_;
  std::vector<std::string> tokens_;
  std::vector<frame_type> asked_;
};

}  // namespace conclave::client
