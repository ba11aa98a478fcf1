/// event_loop is the face; loop_state does the work.
#include "net/event_loop.h"

#include "net/loop_state.h"

#include <utility>

namespace conclave::net {

event_loop::event_loop(std::uint8_t number, loop_handler& handler, const loop_options& options)
    : state_(std::make_unique<loop_state>(*this, number, handler, options)) {}

event_loop::~event_loop() = default;

status event_loop::check_port_is_free(const std::string& address, std::uint16_t port) {
  auto addresses = resolve(address, port);
  if (!addresses) return std::move(addresses).error();
  auto socket = listening_socket(addresses->front(), false);
  if (!socket) return std::move(socket).error();
  return done{};
}

outcome<std::uint16_t> event_loop::listen(const std::string& address, std::uint16_t port,
                                          std::shared_ptr<const tls_context> tls,
                                          std::uint32_t tag) {
  return state_->listen(address, port, std::move(tls), tag);
}

void event_loop::replace_tls(std::uint32_t tag, std::shared_ptr<const tls_context> tls) {
  state_->replace_tls(tag, tls);
}

void event_loop::close_listeners() {
  state_->close_listeners();
}

connection_id event_loop::connect(const std::string& address, std::uint16_t port,
                                  std::shared_ptr<const tls_context> tls,
                                  const std::string& server_name, std::uint32_t tag) {
  return state_->connect(address, port, std::move(tls), server_name, tag);
}

connection* event_loop::find(connection_id id) {
  return state_->find(id);
}

void event_loop::for_each(const std::function<void(connection&)>& visit) {
  state_->for_each(visit);
}

void event_loop::post(std::function<void()> task) {
  state_->post(std::move(task));
}

void event_loop::post_brief(std::function<void()> task) {
  state_->post_brief(std::move(task));
}

void event_loop::after(std::chrono::milliseconds delay, std::function<void()> task) {
  state_->after(delay, std::move(task));
}

void event_loop::run() {
  state_->run();
}

void event_loop::stop() {
  state_->stop();
}

std::uint8_t event_loop::number() const {
  return state_->number();
}

bool event_loop::rests() const {
  return state_->rests();
}

bool event_loop::has_output() const {
  return state_->has_output();
}

void event_loop::at(std::chrono::steady_clock::time_point due, std::function<void()> task) {
  state_->at(due, std::move(task));
}

loop_counters event_loop::counters() const {
  const auto& c = state_->counters;
  loop_counters result;
  result.accepted = c.accepted.get();
  result.refused = c.refused.get();
  result.resumed = c.resumed.get();
  result.handshakes_failed = c.handshakes_failed.get();
  result.malformed = c.malformed.get();
  result.frames_in = c.frames_in.get();
  result.bytes_in = c.bytes_in.get();
  result.bytes_out = c.bytes_out.get();
  result.writes = c.writes.get();
  result.shared_writes = state_->shared_writes();
  result.writes_together = state_->writes_together();
  result.iterations = c.iterations.get();
  result.lent_turns = c.lent_turns.get();
  result.connections = c.connections.get();
  return result;
}

}  // namespace conclave::net
