# What the parts of ./dev share: messages, the set-up of packages, building. Sourced, never run.

say() { printf '%s\n' "$*"; }
refuse() {
  printf '%s\n' "$*" >&2
  exit 1
}

jobs() { nproc; }

# packages_of GROUP...: the packages of these groups, one per line.
packages_of() {
  local group
  for group in "$@"; do
    awk -v group="$group" '!/^#/ && $2 == group { print $1 }' scripts/packages.txt
  done
}

# set_up GROUP...: installs what is missing. Silent, and without a need for root, when nothing is.
set_up() {
  local package missing=() as_root=()
  if ! command -v dpkg-query > /dev/null || ! command -v apt-get > /dev/null; then
    refuse "This system has no apt, so please install what scripts/packages.txt names and use the CMake presets."
  fi
  while read -r package; do
    if [[ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2> /dev/null)" != installed ]]; then
      missing+=("$package")
    fi
  done < <(packages_of "$@")
  [[ ${#missing[@]} -eq 0 ]] && return 0

  if [[ $EUID -ne 0 ]]; then
    command -v sudo > /dev/null ||
      refuse "Packages are missing and neither root nor sudo is at hand; please run as root: apt-get install --no-install-recommends ${missing[*]}"
    as_root=(sudo)
  fi
  say "Installing from the distribution: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  "${as_root[@]}" apt-get update -q ||
    refuse "The package lists cannot be read; please check the network and the sources of apt."
  for package in "${missing[@]}"; do
    apt-cache show "$package" > /dev/null 2>&1 ||
      refuse "This system has no package $package; Conclave is built and tested on Debian 12."
  done
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends "${missing[@]}" ||
    refuse "The packages could not be installed; the lines above say why."
}

# configure PRESET: once; ninja itself notices changed CMake files later.
configure() {
  local preset="$1" cache="build/$1/CMakeCache.txt"
  if [[ -f "$cache" ]] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" "$cache"; then
    say "The folder build/$preset belongs to another checkout and is made anew."
    rm -rf "build/$preset"
  fi
  if [[ ! -f "build/$preset/build.ninja" || CMakePresets.json -nt "$cache" ]]; then
    cmake --preset "$preset" || return 1
    touch "$cache"
  fi
}

# build PRESET [TARGET...]: returns non-zero on failure, also where `set -e` does not reach.
build() {
  local preset="$1" target targets=()
  shift
  configure "$preset" || return 1
  for target in "$@"; do targets+=(--target "$target"); done
  cmake --build --preset "$preset" -j "$(jobs)" "${targets[@]}"
}

# write_profile NAME SERVERS: who `conclave` is when it is called with --profile $home/NAME.toml.
write_profile() {
  cat > "$home/$1.toml" << END
server = "$2"
ca = "$home/ca.pem"
token_file = "$home/$1.token"
state_file = "$home/$1.state"
END
}

# as NAME ARGUMENT...: conclave, by that profile.
as() {
  local who="$1"
  shift
  timeout 20 "$bin/conclave" --profile "$home/$who.toml" "$@"
}
