/// What a node tells about itself; see metrics_page.h.
#include "node/metrics_page.h"

#include "conf/host_port.h"
#include "net/event_loop.h"

#include <algorithm>
#include <civetweb.h>
#include <optional>
#include <string_view>

namespace conclave::node {

namespace {

/// One request per connection: what else came, a body too, is not read.
int give_page(mg_connection* to, void* page) {
  mg_disable_connection_keep_alive(to);
  const bool asked_for = std::string_view(mg_get_request_info(to)->request_method) == "GET";
  const std::string text =
      asked_for ? static_cast<const metrics_page*>(page)->text() : "only GET is answered\n";
  mg_printf(to,
            "HTTP/1.1 %s\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: %zu\r\n"
            "Connection: close\r\n\r\n",
            asked_for ? "200 OK" : "405 Method Not Allowed", text.size());
  mg_write(to, text.data(), text.size());
  return asked_for ? 200 : 405;
}

}  // namespace

struct metrics_page::server {
  mg_context* http = nullptr;
};

metrics_page::metrics_page(const serving& clients, const storage::shard_writer& writer,
                           const storage::shard_clock& shard_time,
                           const storage::disk_watch& disk) {
  using actors::engine_counters;
  using storage::writer_counters;
  const auto total = [&](const char* name, const char* help,
                         std::uint64_t engine_counters::*field) {
    registered_.push_back(registry_.counter_from(
        name, help, [&clients, field] { return static_cast<double>(clients.counters().*field); }));
  };
  const auto now = [&](const char* name, const char* help, std::uint64_t engine_counters::*field) {
    registered_.push_back(registry_.gauge(
        name, help, [&clients, field] { return static_cast<double>(clients.counters().*field); }));
  };
  now("conclave_connections", "TLS connections", &engine_counters::connections);
  now("conclave_sessions", "Connections logged in", &engine_counters::sessions);
  now("conclave_open_requests", "Requests admitted and not answered yet",
      &engine_counters::open_requests);
  now("conclave_actors_awake", "Actors in memory", &engine_counters::actors_awake);
  now("conclave_actors_postponed", "Actors to be started when the reader pool has room",
      &engine_counters::actors_postponed);
  now("conclave_reader_queue_jobs", "Jobs waiting for the reader pool",
      &engine_counters::queued_reads);
  now("conclave_password_queue_jobs", "Passwords waiting to be hashed",
      &engine_counters::queued_passwords);
  now("conclave_login_limiter_entries", "Accounts and networks with failed logins remembered",
      &engine_counters::login_limiter_entries);
  total("conclave_requests_total", "Frames received after the handshake",
        &engine_counters::requests);
  total("conclave_answers_total", "Answers sent", &engine_counters::answers);
  total("conclave_pushes_total", "Events put into outboxes", &engine_counters::pushes);
  total("conclave_heads_owed_total", "Pushes that became HEAD hints for lagging connections",
        &engine_counters::heads_owed);
  total("conclave_overdue_requests_total", "Requests answered outcome_unknown by the deadline",
        &engine_counters::overdue);
  total("conclave_rejected_logins_total", "Logins refused", &engine_counters::rejected_logins);
  total("conclave_password_logins_total", "Passwords that were right",
        &engine_counters::password_logins);
  total("conclave_limited_logins_total", "Passwords not looked at after too many wrong ones",
        &engine_counters::limited_logins);
  total("conclave_actors_crashed_total", "Actors that died and were forgotten",
        &engine_counters::actors_crashed);
  total("conclave_actors_retired_total", "Actors put to sleep", &engine_counters::actors_retired);
  total("conclave_received_bytes_total", "Bytes received, decrypted", &engine_counters::bytes_in);
  total("conclave_sent_bytes_total", "Bytes sent, before encryption", &engine_counters::bytes_out);
  total("conclave_tls_writes_total", "TLS records flushed", &engine_counters::tls_writes);
  total("conclave_shared_tls_writes_total", "TLS records that a loop's helper flushed",
        &engine_counters::shared_tls_writes);
  total("conclave_tls_writes_together_total", "TLS records that shared a system call (io_uring)",
        &engine_counters::tls_writes_together);
  total("conclave_lent_loop_turns_total", "Turns of a sleeping loop that the shard writer took",
        &engine_counters::lent_loop_turns);
  total("conclave_handshakes_failed_total", "TLS handshakes that failed",
        &engine_counters::handshakes_failed);
  const auto written = [&](const char* name, const char* help,
                           std::uint64_t writer_counters::*field) {
    registered_.push_back(registry_.counter_from(
        name, help, [&writer, field] { return static_cast<double>(writer.counters().*field); }));
  };
  written("conclave_commits_total", "Group commits, one fsync each", &writer_counters::commits);
  written("conclave_log_entries_total", "Log entries written", &writer_counters::entries);
  written("conclave_proposals_total", "Proposals committed or refused",
          &writer_counters::proposals);
  written("conclave_refused_proposals_total", "Proposals refused by epoch, incarnation or version",
          &writer_counters::refused);
  written("conclave_redo_bytes_total", "Bytes of redo written", &writer_counters::bytes);
  written("conclave_commit_us_total", "Microseconds spent in synced writes",
          &writer_counters::fsync_us);
  registered_.push_back(
      registry_.gauge("conclave_clock_jump_held",
                      "1 while shard time is not the wall clock, which jumped or is behind the log",
                      [&shard_time] { return shard_time.holding() ? 1.0 : 0.0; }));
  const auto of_disk = [&](const char* name, const char* help, auto value) {
    registered_.push_back(
        registry_.gauge(name, help, [value] { return static_cast<double>(value()); }));
  };
  of_disk("conclave_disk_level", "0 fine, 1 alarm, 2 refuses growth, 3 refuses writes",
          [&disk] { return static_cast<int>(disk.level()); });
  of_disk("conclave_disk_used_permille",
          "Of the disk, or of storage.max_data_mib if that is fuller",
          [&disk] { return disk.figures().used_permille(); });
  of_disk("conclave_disk_free_bytes", "Free on the file system of the data folder",
          [&disk] { return disk.figures().free_bytes; });
  of_disk("conclave_ballast_bytes", "Kept to be given back when the disk is full",
          [&disk] { return disk.ballast_bytes(); });
}

namespace {

/// How far that node is behind; nothing while nobody leads or it never told.
std::optional<replication::shard_lag> lag_of(const replication::cluster& cluster,
                                             replication::node_id node) {
  const replication::cluster_view view = cluster.view();
  const replication::node_view* leader = replication::leader_of(view);
  if (leader == nullptr) return std::nullopt;
  for (const replication::node_view& each : view.nodes)
    if (each.node == node) return replication::worst_lag(each, *leader);
  return std::nullopt;
}

constexpr double never_heard = -1;

}  // namespace

void metrics_page::add(const serving& clients, const replication::cluster& cluster,
                       const conf::cluster_config& config) {
  const auto gauge = [&](const char* name, const char* help, metrics::labels labels,
                         std::function<double()> value) {
    registered_.push_back(registry_.gauge(name, help, std::move(value), std::move(labels)));
  };
  gauge("conclave_cluster_leads", "1 while this node leads", {},
        [&cluster] { return cluster.view().leads ? 1.0 : 0.0; });
  gauge("conclave_cluster_links", "Other nodes that are linked", {},
        [&cluster] { return static_cast<double>(cluster.links().live_links_up); });
  gauge("conclave_replica_out_of_service", "1 when a copy of this node takes no part", {},
        [&cluster] { return cluster.view().out_of_service.empty() ? 0.0 : 1.0; });
  gauge("conclave_door_connections", "Connections of clients that are sent to the leader", {},
        [&clients] { return static_cast<double>(clients.door_counters().connections); });
  gauge("conclave_seedings", "Snapshots on their way from or to this node", {}, [&cluster] {
    const auto now = cluster.seedings();
    return static_cast<double>(now.sources + now.targets);
  });
  for (const conf::cluster_node& each : config.nodes) {
    const replication::node_id node(each.number);
    const metrics::labels who{{"node", std::to_string(each.number)}};
    gauge("conclave_replica_lag_entries", "Entries behind the leader; -1: not known", who,
          [&cluster, node] {
            const auto lag = lag_of(cluster, node);
            return lag ? static_cast<double>(lag->entries) : never_heard;
          });
    gauge("conclave_replica_lag_seconds", "Age of what is missing; -1: not known", who,
          [&cluster, node] {
            const auto lag = lag_of(cluster, node);
            return lag ? static_cast<double>(lag->ms) / 1000.0 : never_heard;
          });
    gauge("conclave_replica_lag_alarm", "1 when the lag is above cluster.lag_alarm_s or not known",
          who, [&cluster, node, bound = config.lag_alarm_s] {
            const auto lag = lag_of(cluster, node);
            return !lag || lag->ms > std::uint64_t{bound} * 1000 ? 1.0 : 0.0;
          });
    if (each.number == config.node) continue;  // it is this one that the others are compared with
    const auto of_node = [&cluster, node](const auto& value) {
      const replication::cluster_view view = cluster.view();
      for (const replication::node_view& other : view.nodes)
        if (other.node == node) return value(other);
      return never_heard;
    };
    gauge("conclave_replica_differs", "1 when its state is not equal to this node's (P8)", who,
          [of_node] {
            return of_node([](const replication::node_view& n) { return n.differs ? 1.0 : 0.0; });
          });
    gauge("conclave_replica_equal_timestamp_seconds",
          "Unix time at which its state was last seen to be equal; 0: never", who, [of_node] {
            return of_node([](const replication::node_view& n) {
              return static_cast<double>(n.equal_at) / 1000.0;
            });
          });
  }
}

metrics_page::~metrics_page() {
  if (server_ != nullptr) mg_stop(server_->http);  // nobody is waited for
}

status metrics_page::start(const std::string& address, std::uint16_t port) {
  // Another node on it must not go unnoticed.
  if (auto free = net::event_loop::check_port_is_free(address, port); !free.ok())
    return std::move(free).error().prefixed("metrics");
  const std::string where = conf::to_string(conf::host_port{address, port});
  // Whoever may connect, an account of this machine, takes no more than this.
  const char* options[] = {"listening_ports",
                           where.c_str(),
                           "num_threads",
                           "2",
                           "connection_queue",
                           "8",
                           "request_timeout_ms",
                           "2000",
                           "max_request_size",
                           "4096",
                           "linger_timeout_ms",
                           "-1",
                           "enable_keep_alive",
                           "no",
                           nullptr};
  mg_callbacks callbacks{};
  callbacks.log_message = [](const mg_connection*, const char*) { return 1; };  // not to stderr
  mg_context* const http = mg_start(&callbacks, nullptr, options);
  if (http == nullptr)
    return failure{errc::io_error, "cannot listen for metrics on " + where +
                                       ": choose another listen.metrics port"};
  mg_set_request_handler(http, "/metrics$", give_page, this);
  server_ = std::make_unique<server>(server{http});
  return done{};
}

}  // namespace conclave::node
