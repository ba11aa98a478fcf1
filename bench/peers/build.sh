#!/usr/bin/env bash
# bench/peers/build.sh FILE: compiles peer_load to FILE. Apart from the build of Conclave, because it is
# a tool for comparing and needs neither the node nor the client library.
set -euo pipefail
out="$(realpath -m "${1:?where the program shall be}")"
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."
exec "${CXX:-g++}" -std=c++20 -O2 -Wall -Wextra -I. bench/peers/*.cc -o "$out" -lssl -lcrypto
