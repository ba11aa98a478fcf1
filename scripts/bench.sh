#!/usr/bin/env bash
# ./dev bench: builds the release, starts a node of its own in a scratch folder and loads it: the standard
# set in under five minutes, or one scenario with the arguments given. Reports (JSON) and a page with plots
# are left in run/bench/<time>. Ends what it started, and nothing else.
#
# CONCLAVE_BENCH_PRESET=dev takes the default build; CONCLAVE_BENCH_SECONDS is the length of each load.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
source scripts/lib.sh
source scripts/certificates.sh

preset="${CONCLAVE_BENCH_PRESET:-release}"
seconds="${CONCLAVE_BENCH_SECONDS:-10}"
set_up build
build "$preset" conclave-bench conclaved
bench="$PWD/build/$preset/bin/conclave-bench"
conclaved="$PWD/build/$preset/bin/conclaved"

# What needs no node.
case "${1:-}" in
  compare | page | -h | --help | --version) exec "$bench" "$@" ;;
esac
for word in "$@"; do
  [[ "$word" == -h || "$word" == --help ]] && exec "$bench" "$@"
done

umask 077
out="$PWD/run/bench/$(date -u +%Y%m%dT%H%M%SZ)"
home="$(mktemp -d "${TMPDIR:-/tmp}/conclave_bench.XXXXXX")"
mkdir -p "$out"
node="" load=""
finish() {
  local pid
  for pid in $load $node; do
    kill "$pid" 2> /dev/null && wait "$pid" 2> /dev/null || true
  done
  rm -rf "$home"
}
trap finish EXIT
trap 'exit 130' INT TERM

is_taken() { (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }
free_ports() {
  local port
  for port in $(seq 27443 10 28443); do
    is_taken "$port" || is_taken $((port + 1)) || is_taken $((port + 2)) || break
  done
  printf '%s\n' "$port"
}

make_certificates "$home" > /dev/null
port="$(free_ports)"
cat > "$home/node.toml" << END
[node]
data_dir = "data"
[listen]
client_port = $port
admin_port = $((port + 1))
metrics_port = $((port + 2))
[tls]
certificate_file = "server.pem"
key_file = "server.key"
END
"$conclaved" operator add operator --config "$home/node.toml" > "$home/operator.token"
ulimit -n "$(ulimit -H -n)"
"$conclaved" --config "$home/node.toml" > "$out/node.log" 2>&1 &
node=$!
for _ in $(seq 1 100); do
  kill -0 "$node" 2> /dev/null || refuse "The node ended by itself; $out/node.log says why."
  is_taken "$port" && break
  sleep 0.1
done

commit="$(git describe --always --dirty 2> /dev/null || true)"
failed=0

# run NAME SCENARIO [ARGUMENT...]: the load, with what all have in common; its report is NAME.json.
run() {
  local name="$1" scenario="$2"
  shift 2
  "$bench" "$scenario" --server "localhost:$port" --admin "localhost:$((port + 1))" \
    --ca "$home/ca.pem" --operator-token-file "$home/operator.token" --server-pid "$node" \
    --metrics "127.0.0.1:$((port + 2))" ${commit:+--commit "$commit"} --json "$out/$name.json" "$@" &
  load=$!
  wait "$load" || failed=$?
  load=""
}

standard_set() {
  local logs=("${CONCLAVE_IRC_DIR:-../shared/data/irc}"/*.txt) held
  # Connections first: later loads leave memory behind that the node then takes for these.
  held=$(($(ulimit -n) - 1000))
  [[ $held -gt 5000 ]] && held=5000
  run 01-idle idle --connections "$held" --seconds 3 --warmup 0
  run 02-pair pair --seconds "$seconds"
  run 03-group group --seconds "$seconds"
  run 04-pair-at-500 pair --rate 500 --seconds "$seconds"
  run 05-group-at-10 group --senders 1 --rate 10 --seconds "$seconds"
  run 06-login login --seconds 5 --warmup 1
  run 07-login-resumed login --tls resumed --seconds 5 --warmup 1
  run 08-login-password login --by password --at-once 8 --seconds 5 --warmup 1
  run 09-history history --seconds 5 --warmup 1
  run 10-timers timers --hold 5 --spread 10
  run 11-mixed mixed --seconds "$seconds"
  # Real chat logs, where this machine has some.
  if [[ -f "${logs[0]}" ]]; then run 12-replay replay "${logs[@]}"; fi
}

if [[ $# -gt 0 ]]; then
  run "$1" "$@"
else
  standard_set
fi
reports=("$out"/*.json)
if [[ -f "${reports[0]}" ]]; then
  "$bench" page "${reports[@]}" --html "$out/report.html"
  say ""
  say "Reports: $out/*.json, for people: $out/report.html"
fi
exit "$failed"
