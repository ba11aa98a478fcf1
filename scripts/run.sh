#!/usr/bin/env bash
# ./dev run: a node on this machine with a demo tenant, everything under run/dev (ignored by git).
# The node runs in the foreground, so that Ctrl-C stops it in its own orderly way; a helper in the
# background waits until it answers, creates what is missing and prints how to chat.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
source scripts/lib.sh
source scripts/certificates.sh

port=7443
case "${1:-}" in
  --port) port="${2:?--port needs a number}" ;;
  "") ;;
  *) refuse "usage: ./dev run [--port N]" ;;
esac
[[ "$port" =~ ^[0-9]+$ && "$port" -ge 1 && "$port" -le 65534 ]] ||
  refuse "--port needs a number from 1 to 65534; the operators' port is the next one."

is_taken() { (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }
for number in "$port" "$((port + 1))"; do
  ! is_taken "$number" ||
    refuse "Port $number is in use, perhaps by an earlier ./dev run; stop that or choose: ./dev run --port N"
done

set_up build
build dev conclaved conclave

home="$PWD/run/dev"
bin="$PWD/build/dev/bin"
users=(alice bob)
umask 077
mkdir -p "$home"

# -- configuration and profiles ---------------------------------------------------------------------

write_config() {
  cat > "$home/node.toml" << END
# Written by ./dev run at each start.
[node]
data_dir = "data"
[listen]
client_port = $port
admin_port = $((port + 1))
[tls]
certificate_file = "server.pem"
key_file = "server.key"
END
}

# -- the helper in the background ---------------------------------------------------------------------

# provision NODE_PID: ends the node with a sentence when the demo cannot be created.
provision() {
  local node="$1" answer="" user
  for _ in $(seq 1 150); do
    kill -0 "$node" 2> /dev/null || return 0
    answer="$(as operator admin tenant list 2>&1)" && break
    sleep 0.2
  done
  if ! grep -qw demo <<< "$answer"; then
    as operator admin tenant create demo > /dev/null || give_up "$node" "the tenant demo"
  fi
  if [[ ! -s "$home/alice.token" || ! -s "$home/bob.token" ]]; then
    as operator admin user add --tenant demo "${users[@]}" --out "$home" > /dev/null ||
      give_up "$node" "the users ${users[*]}"
  fi
  if ! as alice conv list | grep -qw lobby; then
    as alice conv create lobby --with bob > /dev/null || give_up "$node" "the conversation lobby"
  fi
  say ""
  say "The node is ready. In two other terminals, start to chat with:"
  say ""
  for user in "${users[@]}"; do
    say "    build/dev/bin/conclave --profile run/dev/$user.toml chat lobby"
  done
  say ""
  say "Ctrl-C here stops the node."
}

give_up() {
  printf 'The demo could not be set up: %s could not be created; the lines above say why.\n' "$2" >&2
  kill -TERM "$1"
  exit 1
}

make_certificates "$home"
write_config
write_profile operator "localhost:$((port + 1))"
for user in "${users[@]}"; do write_profile "$user" "localhost:$port"; done
if [[ ! -s "$home/operator.token" ]]; then
  "$bin/conclaved" operator add operator --config "$home/node.toml" > "$home/operator.token.new" ||
    refuse "The first operator could not be created; ./dev clean --all removes the demo and begins anew."
  mv "$home/operator.token.new" "$home/operator.token"
fi

(provision $$ &)
exec "$bin/conclaved" --config "$home/node.toml"
