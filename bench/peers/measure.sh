#!/usr/bin/env bash
# bench/peers/measure.sh NAME [SCENARIO...]: starts that broker in a scratch folder, anew for each scenario,
# loads it and prints a line per scenario. Ends what it started, and nothing else.
#
# NAME: mosquitto, jetstream, jetstream-rooms, jetstream-core, nats or rabbitmq. SCENARIO: pair-at-500, pair,
# group, login, login-resumed, group-delayed-acks; without any, the first four. PEER_LOAD names a program that
# bench/peers/build.sh made.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."
source scripts/lib.sh
source scripts/certificates.sh
source bench/peers/brokers.sh

name="${1:-}"
case "$name" in
  mosquitto) broker=mosquitto protocol=mqtt ;;
  jetstream | jetstream-rooms | jetstream-core | nats) broker=nats protocol="$name" ;;
  rabbitmq) broker=rabbitmq protocol=amqp ;;
  *) refuse "Usage: bench/peers/measure.sh mosquitto|jetstream|jetstream-rooms|jetstream-core|nats|rabbitmq [SCENARIO...]" ;;
esac
shift
[[ $# -gt 0 ]] || set -- pair-at-500 pair group login

umask 077
home="$(mktemp -d "${TMPDIR:-/tmp}/conclave_peers.XXXXXX")"
data="$home/data"
server="" helpers="" load=""
stop() {
  local pid
  for pid in $load $server $helpers; do
    kill "$pid" 2> /dev/null || continue
    # An orderly end may take its time; it is waited for, but not for ever.
    for _ in $(seq 1 150); do
      kill -0 "$pid" 2> /dev/null || continue 2
      sleep 0.1
    done
    kill -9 "$pid" 2> /dev/null || true
    wait "$pid" 2> /dev/null || true
  done
  server="" helpers="" load=""
}
finish() {
  stop
  rm -rf "$home"
}
trap finish EXIT
trap 'exit 130' INT TERM

is_taken() { (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }
for port in $(seq 28443 10 29443); do
  is_taken "$port" || is_taken $((port + 1)) || is_taken $((port + 2)) || break
done

peer_load="${PEER_LOAD:-}"
if [[ -z "$peer_load" ]]; then
  peer_load="$home/peer_load"
  bench/peers/build.sh "$peer_load"
fi
make_certificates "$home" > /dev/null
ulimit -n "$(ulimit -H -n)"

start() {
  rm -rf "$data"
  mkdir "$data"
  "start_$broker"
  for _ in $(seq 1 600); do
    kill -0 "$server" 2> /dev/null || {
      cat "$home/log" >&2
      refuse "The broker ended by itself."
    }
    is_taken "$port" && break
    sleep 0.1
  done
  is_taken "$port" || refuse "The broker does not answer."
  sleep 1
}

failed=0
run() {
  local scenario="$1"
  shift
  start
  "$peer_load" "$scenario" --protocol "$protocol" --port "$port" --ca "$home/ca.pem" \
    --server-pid "$server" "$@" &
  load=$!
  wait "$load" || failed=$?
  load=""
  stop
}

for scenario in "$@"; do
  case "$scenario" in
    pair-at-500) run pair --rate 500 --seconds 8 ;;
    pair) run pair --window 64 --seconds 10 ;;
    group) run group --members 100 --rate 10 --seconds 8 ;;
    group-delayed-acks) run group --members 100 --rate 10 --seconds 8 --delayed-acks ;;
    login) run login --seconds 6 --warmup 1 ;;
    login-resumed) run login --resume --seconds 6 --warmup 1 ;;
    *) refuse "There is no scenario $scenario." ;;
  esac
done
exit "$failed"
