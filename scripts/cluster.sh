#!/usr/bin/env bash
# ./dev cluster: four nodes on this machine with a demo tenant, all under run/cluster (ignored by
# git). Three voters at three pretend sites (metro3: what is acknowledged is on two of them) and a
# learner far away. Ctrl-C ends all four, and nothing else. A node that is killed stays away until
# it is started again by the command that is printed; that one then ends with its own terminal.
# ./dev cluster who: which of them leads, asked from outside.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
source scripts/lib.sh
source scripts/certificates.sh

cluster="demo"
numbers=(1 2 3 4)
sites=("" berlin potsdam leipzig lisbon)
voters=(1 2 3)
users=(alice bob)
home="$PWD/run/cluster"
bin="$PWD/build/dev/bin"

usage="usage: ./dev cluster [--port N] | ./dev cluster who"
command_name="start"
port=7543
case "${1:-}" in
  "") ;;
  who) command_name="who" ;;
  --port) port="${2:?--port needs a number}" ;;
  *) refuse "$usage" ;;
esac
[[ "$port" =~ ^[0-9]+$ && "$port" -ge 1 && "$port" -le 65500 ]] ||
  refuse "--port needs a number from 1 to 65500; each node takes four from ten on."

# Ten apart: clients, operators, metrics, nodes.
client_port() { printf '%s' $((port + 10 * ($1 - 1))); }
admin_port() { printf '%s' $(($(client_port "$1") + 1)); }
metrics_port() { printf '%s' $(($(client_port "$1") + 2)); }
peer_port() { printf '%s' $(($(client_port "$1") + 3)); }

is_taken() { (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }

# -- who leads ------------------------------------------------------------------------------------

# Says HELLO and looks at the type of the answer: WELCOME comes from the one that leads only.
hello='\x00\x00\x00\x1c\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01'
hello+='\x94\x01\x01\x00\xabexample/0.1'
state_of() {
  local type
  type="$({ printf "$hello"; sleep 1; } |
    timeout 5 openssl s_client -quiet -alpn conclave/1 -verify_return_error \
      -CAfile "$home/ca.pem" -connect "localhost:$(client_port "$1")" 2> /dev/null |
    od -An -tx1 -j5 -N1 | tr -d ' ' || true)"
  case "$type" in
    41) printf 'leads' ;;
    40) printf 'follows' ;;
    *) printf 'does not answer' ;;
  esac
}

if [[ "$command_name" == who ]]; then
  [[ -s "$home/port" ]] || refuse "There is no cluster yet; start one: ./dev cluster"
  port="$(< "$home/port")"
  for n in "${numbers[@]}"; do
    printf 'node %s  %-8s localhost:%s  %s\n' \
      "$n" "${sites[$n]}" "$(client_port "$n")" "$(state_of "$n")"
  done
  exit 0
fi

# -- configuration and profiles -------------------------------------------------------------------

write_config() {
  local n="$1" other role
  cat > "$home/node$n/node.toml" << END
# Written by ./dev cluster at each start.
[node]
name = "node$n"
data_dir = "data"
[listen]
client_port = $(client_port "$n")
admin_port = $(admin_port "$n")
metrics_port = $(metrics_port "$n")
[tls]
certificate_file = "../server.pem"
key_file = "../server.key"
[log]
file = "node.log"
[cluster]
name = "$cluster"
node = $n
mode = "metro3"
founder = 1
listen_port = $(peer_port "$n")
ca_file = "../cluster-ca.pem"
certificate_file = "peer.pem"
key_file = "peer.key"
END
  for other in "${numbers[@]}"; do
    role=learner
    [[ " ${voters[*]} " == *" $other "* ]] && role=voter
    cat >> "$home/node$n/node.toml" << END
[[cluster.nodes]]
node = $other
site = "${sites[$other]}"
address = "127.0.0.1:$(peer_port "$other")"
client_address = "localhost:$(client_port "$other")"
role = "$role"
END
  done
}

# servers PORT_FUNCTION: those of the voters, with commas.
servers() {
  local n list=""
  for n in "${voters[@]}"; do list="$list${list:+,}localhost:$("$1" "$n")"; done
  printf '%s' "$list"
}

# -- the nodes ------------------------------------------------------------------------------------

declare -A node_pid=()
finish() {
  local n
  trap '' INT TERM
  for n in "${!node_pid[@]}"; do kill -TERM "${node_pid[$n]}" 2> /dev/null || true; done
  for n in "${!node_pid[@]}"; do wait "${node_pid[$n]}" 2> /dev/null || true; done
}

start_node() {
  "$bin/conclaved" --config "$home/node$1/node.toml" 2>> "$home/node$1/node.err" &
  node_pid[$1]=$!
}

# The demo is made through whoever leads.
provision() {
  local answer="" n
  for _ in $(seq 1 60); do
    for n in "${numbers[@]}"; do
      kill -0 "${node_pid[$n]}" 2> /dev/null ||
        refuse "Node $n has ended by itself; run/cluster/node$n/node.err and node.log say why."
    done
    answer="$(as operator admin tenant list 2>&1)" && break
    sleep 0.5
  done
  if ! grep -qw demo <<< "$answer"; then
    as operator admin tenant create demo > /dev/null ||
      refuse "The tenant demo could not be created."
  fi
  if [[ ! -s "$home/alice.token" || ! -s "$home/bob.token" ]]; then
    as operator admin user add --tenant demo "${users[@]}" --out "$home" > /dev/null ||
      refuse "The users ${users[*]} could not be created."
  fi
  if ! as alice conv list | grep -qw lobby; then
    as alice conv create lobby --with bob > /dev/null ||
      refuse "The conversation lobby could not be created."
  fi
}

for n in "${numbers[@]}"; do
  first="$(client_port "$n")"
  for number in "$first" $((first + 1)) $((first + 2)) $((first + 3)); do
    ! is_taken "$number" || refuse "Port $number is in use, perhaps by an earlier ./dev cluster;" \
      "stop that or choose: ./dev cluster --port N"
  done
done

set_up build
build dev conclaved conclave

umask 077
mkdir -p "$home"
printf '%s\n' "$port" > "$home/port"
make_certificates "$home"
make_cluster_certificates "$home" "$cluster" "${numbers[@]}"
for n in "${numbers[@]}"; do write_config "$n"; done
write_profile operator "$(servers admin_port)"
for user in "${users[@]}"; do write_profile "$user" "$(servers client_port)"; done
if [[ ! -s "$home/operator.token" ]]; then
  # On the founder, before the cluster is founded: the others receive it as everything else.
  "$bin/conclaved" operator add operator --config "$home/node1/node.toml" \
    > "$home/operator.token.new" ||
    refuse "The first operator could not be created;" \
      "./dev clean --all removes the demo and begins anew."
  mv "$home/operator.token.new" "$home/operator.token"
fi

trap finish EXIT
trap 'exit 0' INT TERM
for n in "${numbers[@]}"; do start_node "$n"; done
provision

say ""
say "The cluster is ready: three voters, and a learner in ${sites[4]}."
say "In other terminals, start to chat with:"
say ""
for user in "${users[@]}"; do
  say "    build/dev/bin/conclave --profile run/cluster/$user.toml chat lobby"
done
say ""
say "Who leads:              ./dev cluster who"
say "Kill one, and watch:"
for n in "${numbers[@]}"; do
  say "    kill -9 ${node_pid[$n]}        # node $n, ${sites[$n]}"
done
say "Start it again:         build/dev/bin/conclaved --config run/cluster/node1/node.toml"
say "What they say:          tail -F run/cluster/node*/node.log"
say ""
say "Ctrl-C here stops all four."

# Nodes that are killed by hand are part of the play; the others go on.
while [[ ${#node_pid[@]} -gt 0 ]]; do
  sleep 1
  for n in "${!node_pid[@]}"; do
    if ! kill -0 "${node_pid[$n]}" 2> /dev/null; then
      say "Node $n has ended."
      unset "node_pid[$n]"
    fi
  done
done
