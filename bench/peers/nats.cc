/// The client protocol of NATS 2.9, with and without JetStream. With it: streams stored in files; a
/// message is acknowledged by the stream's answer to the inbox of its publisher. Pure; the
/// generator's thread.
#include "bench/peers/dialect.h"

#include <array>
#include <charconv>

namespace conclave::bench::peers {

namespace {

/// At most five words, as MSG has: the word itself, subject, sid, where to answer, size.
struct words {
  std::array<std::string_view, 5> at;
  std::size_t count = 0;

  explicit words(std::string_view line) {
    while (count < at.size()) {
      const std::size_t begin = line.find_first_not_of(' ');
      if (begin == std::string_view::npos) return;
      line.remove_prefix(begin);
      at[count++] = line.substr(0, line.find(' '));
      line.remove_prefix(at[count - 1].size());
    }
  }
};

bool read_number(std::string_view text, std::uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

class nats final : public dialect {
 public:
  nats(role who, events& to, nats_use use)
      : who_(std::move(who)),
        to_(to),
        stream_(use != nats_use::core),
        pushed_(use == nats_use::stream || use == nats_use::stream_per_room),
        per_room_(use == nats_use::stream_per_room),
        stream_name_("S" + who_.run + (per_room_ ? "-" + std::to_string(who_.room) : "")),
        subject_("s" + who_.run + "." + std::to_string(who_.room)),
        pushes_("d" + who_.run + "." + std::to_string(who_.member)),
        inbox_("r" + who_.run + "." + std::to_string(who_.member) + ".") {}

  bool line_first() const override { return true; }
  bool acknowledges() const override { return stream_; }

  void open(std::string& out) override {
    out +=
        "CONNECT {\"verbose\":false,\"pedantic\":false,\"tls_required\":true,\"lang\":\"c++\","
        "\"version\":\"1\",\"protocol\":1,\"name\":\"" +
        who_.name() + "\"}\r\n";
    if (stream_ && (who_.speaks || who_.listens)) out += "SUB " + inbox_ + "* 2\r\n";
    if (who_.listens) out += "SUB " + (pushed_ ? pushes_ : subject_) + " 1\r\n";
    out += "PING\r\n";
  }

  std::size_t feed(std::string_view in, std::string& out) override {
    std::size_t used = 0;
    while (!over_) {
      const std::string_view rest = in.substr(used);
      const std::size_t end = rest.find("\r\n");
      if (end == std::string_view::npos) break;
      const std::string_view line = rest.substr(0, end);
      if (!line.starts_with("MSG ")) {
        used += end + 2;
        take_line(line, out);
        continue;
      }
      const words w(line);
      std::uint64_t size = 0;
      if (w.count < 4 || !read_number(w.at[w.count - 1], size)) {
        to_.on_refused("a MSG that is none");
        break;
      }
      if (rest.size() < end + 2 + size + 2) break;
      used += end + 2 + size + 2;
      take_message(w, rest.substr(end + 2, size), out);
    }
    return used;
  }

  void publish(std::string_view body, std::string& out) override {
    out += "PUB ";
    out += subject_;
    if (stream_) {
      out += ' ';
      out += inbox_;
      out += std::to_string(published_);
    }
    out += ' ';
    out += std::to_string(body.size());
    out += "\r\n";
    out += body;
    out += "\r\n";
    ++published_;
  }

  void leave(std::string&) override { over_ = true; }

 private:
  enum class step { login, stream, consumer, ready };

  void take_line(std::string_view line, std::string& out) {
    if (line == "PING") {
      out += "PONG\r\n";
    } else if (line == "PONG") {
      if (step_ == step::login) go_on(out);
    } else if (line.starts_with("-ERR")) {
      to_.on_refused(std::string(line));
    }
  }

  /// One for all: the first connection, for which all others wait. One for each room of two: its
  /// listener, before it asks for its consumer.
  bool makes_stream() const {
    if (per_room_ && !who_.fan_out) return who_.listens;
    return stream_ && who_.prepares;
  }

  /// To the next step that this connection has.
  void go_on(std::string& out) {
    if (step_ == step::login && makes_stream()) {
      step_ = step::stream;
      const std::string subjects = per_room_ ? subject_ : "s" + who_.run + ".>";
      return request(out, "$JS.API.STREAM.CREATE." + stream_name_,
                     R"({"name":")" + stream_name_ + R"(","subjects":[")" + subjects +
                         R"("],"retention":"limits","storage":"file","num_replicas":1,)"
                         R"("discard":"old","max_consumers":-1,"max_msgs":-1,"max_bytes":-1,)"
                         R"("max_age":0})");
    }
    if (step_ < step::consumer && pushed_ && who_.listens) {
      step_ = step::consumer;
      const std::string name = "C" + std::to_string(who_.member);
      return request(out, "$JS.API.CONSUMER.DURABLE.CREATE." + stream_name_ + "." + name,
                     R"({"stream_name":")" + stream_name_ + R"(","config":{"durable_name":")" +
                         name + R"(","deliver_subject":")" + pushes_ + R"(","filter_subject":")" +
                         subject_ +
                         R"(","ack_policy":"explicit","deliver_policy":"all",)"
                         R"("replay_policy":"instant","max_ack_pending":20000}})");
    }
    step_ = step::ready;
    to_.on_ready();
  }

  void request(std::string& out, const std::string& subject, const std::string& text) const {
    out += "PUB " + subject + " " + inbox_ + "step " + std::to_string(text.size()) + "\r\n" + text +
           "\r\n";
  }

  void take_message(const words& w, std::string_view body, std::string& out) {
    if (w.at[2] == "1") {
      if (pushed_) {
        if (w.count != 5) return to_.on_refused("a push that cannot be acknowledged");
        out += "PUB ";
        out += w.at[3];
        out += " 4\r\n+ACK\r\n";
      }
      return to_.on_delivered(body);
    }
    // An answer: of the stream to a message, or of JetStream to a step of the set-up.
    if (body.find("\"error\"") != std::string_view::npos || body.empty()) {
      return to_.on_refused("JetStream: " + std::string(body));
    }
    const std::string_view what = w.at[1].substr(inbox_.size());
    std::uint64_t number = 0;
    if (what == "step") return go_on(out);
    if (!read_number(what, number)) return to_.on_refused("an answer to nothing");
    to_.on_acked(number);
  }

  role who_;
  events& to_;
  bool stream_;
  bool pushed_;
  bool per_room_;
  std::string stream_name_;
  std::string subject_;
  std::string pushes_;
  std::string inbox_;
  step step_ = step::login;
  std::uint64_t published_ = 0;
  bool over_ = false;
};

}  // namespace

std::unique_ptr<dialect> make_nats(role who, dialect::events& to, nats_use use) {
  return std::make_unique<nats>(std::move(who), to, use);
}

}  // namespace conclave::bench::peers
