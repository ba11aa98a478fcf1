/// The names of the protocols. Pure; any thread.
#include "bench/peers/dialect.h"

namespace conclave::bench::peers {

std::unique_ptr<dialect> make_dialect(const std::string& protocol, role who, dialect::events& to) {
  if (protocol == "mqtt") return make_mqtt(std::move(who), to);
  if (protocol == "nats") return make_nats(std::move(who), to, nats_use::core);
  if (protocol == "jetstream") return make_nats(std::move(who), to, nats_use::stream);
  if (protocol == "jetstream-rooms") {
    return make_nats(std::move(who), to, nats_use::stream_per_room);
  }
  if (protocol == "jetstream-core") return make_nats(std::move(who), to, nats_use::stream_unread);
  if (protocol == "amqp") return make_amqp(std::move(who), to);
  return nullptr;
}

}  // namespace conclave::bench::peers
