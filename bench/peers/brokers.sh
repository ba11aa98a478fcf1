# How each broker is set up for a measurement: start_BROKER writes its configuration into $home and
# starts it on 127.0.0.1:$port, TLS 1.3 with $home/server.pem; it leaves its process in $server, and in
# $helpers what else it started. Sourced by bench/peers/measure.sh.

start_mosquitto() {
  # Nagle's algorithm is on by default and would hold small packets back. The limits on what waits for
  # a receiver would lose messages of QoS 1. Persistence as Debian has it: on, saved every 30 minutes.
  cat > "$home/mosquitto.conf" << END
user root
listener $port 127.0.0.1
certfile $home/server.pem
keyfile $home/server.key
tls_version tlsv1.3
allow_anonymous true
set_tcp_nodelay true
max_queued_messages 0
max_inflight_messages 1000
persistence true
persistence_location $data/
connection_messages false
log_type error
log_dest stderr
END
  mosquitto -c "$home/mosquitto.conf" > "$home/log" 2>&1 &
  server=$!
}

start_nats() {
  cat > "$home/nats.conf" << END
listen: "127.0.0.1:$port"
server_name: bench
jetstream { store_dir: "$data" }
tls { cert_file: "$home/server.pem", key_file: "$home/server.key", timeout: 10 }
END
  nats-server -c "$home/nats.conf" > "$home/log" 2>&1 &
  server=$!
}

start_rabbitmq() {
  local names=$((port + 1)) cluster=$((port + 2)) # of the name server, and between nodes
  cat > "$home/rabbitmq.conf" << END
listeners.tcp = none
listeners.ssl.1 = 127.0.0.1:$port
ssl_options.cacertfile = $home/ca.pem
ssl_options.certfile = $home/server.pem
ssl_options.keyfile = $home/server.key
ssl_options.verify = verify_none
ssl_options.fail_if_no_peer_cert = false
ssl_options.versions.1 = tlsv1.3
log.console = false
END
  : > "$home/rabbitmq-env.conf"
  echo "[]." > "$home/enabled_plugins"
  # In the foreground, so that Erlang does not leave one behind that is nobody's child.
  ERL_EPMD_ADDRESS=127.0.0.1 epmd -port "$names" > /dev/null 2>&1 &
  helpers=$!
  # "Under systemd" the script becomes the Erlang machine in place of waiting for it as its child.
  env HOME="$home" RUNNING_UNDER_SYSTEMD=true ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT="$names" \
    RABBITMQ_NODENAME=bench@localhost RABBITMQ_DIST_PORT="$cluster" \
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1}" \
    RABBITMQ_CONF_ENV_FILE="$home/rabbitmq-env.conf" RABBITMQ_CONFIG_FILE="$home/rabbitmq.conf" \
    RABBITMQ_ADVANCED_CONFIG_FILE="$home/none.config" \
    RABBITMQ_ENABLED_PLUGINS_FILE="$home/enabled_plugins" RABBITMQ_MNESIA_BASE="$data" \
    RABBITMQ_LOG_BASE="$home" RABBITMQ_PID_FILE="$home/pid" \
    /usr/lib/rabbitmq/bin/rabbitmq-server > "$home/log" 2>&1 < /dev/null &
  server=$!
}
