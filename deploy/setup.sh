#!/usr/bin/env bash
# Installs what building and testing need: Debian 12 packages and buf (npm).
# Idempotent: installs only what is missing, and nothing when all is there.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
tools="${HIE_TOOLS_DIR:-$root/build/tools}"

packages=(
  # build
  g++ cmake ninja-build ccache mold clang-format python3
  # rpc and contracts
  libgrpc++-dev protobuf-compiler-grpc protobuf-compiler libprotobuf-dev libprotoc-dev grpc-proto
  # store
  librocksdb-dev liblz4-dev libzstd-dev libsnappy-dev libbz2-dev zlib1g-dev libgflags-dev
  # base, text, crypto
  libabsl-dev libboost1.81-dev libsimdjson-dev libpugixml-dev libicu-dev libssl-dev libfmt-dev
  libcli11-dev libtomlplusplus-dev prometheus-cpp-dev
  # gRPC's own dependencies, which its CMake package looks for
  libc-ares-dev libre2-dev
  # tests
  libgtest-dev libgmock-dev libbenchmark-dev openssl clang
)

say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: error: %s\n' "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null 2>&1; then
    sudo "$@"
  else
    fail "packages are missing and this is neither root nor is sudo installed; as root, run: $*"
  fi
}

missing_packages() {
  local name
  for name in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' || echo "$name"
  done
}

install_packages() {
  command -v dpkg-query >/dev/null 2>&1 || fail "this is not Debian; Debian 12 (bookworm) is what is supported"
  local -a missing
  mapfile -t missing < <(missing_packages)
  if ! command -v npm >/dev/null 2>&1; then missing+=(nodejs npm); fi
  if [ "${#missing[@]}" -eq 0 ]; then
    say "all ${#packages[@]} Debian packages are installed"
    return
  fi
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q >/dev/null ||
    fail "apt-get update failed: no network, or no Debian mirror is configured in /etc/apt/sources.list"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
    "${missing[@]}" >/dev/null ||
    fail "apt-get install failed (see above); without network the packages must be installed by hand: ${missing[*]}"
  mapfile -t missing < <(missing_packages)
  [ "${#missing[@]}" -eq 0 ] || fail "still missing after the installation: ${missing[*]}"
  say "Debian packages installed"
}

install_tools() {
  if [ -x "$tools/node_modules/.bin/buf" ] &&
    cmp -s "$root/deploy/tools/package.json" "$tools/package.json"; then
    say "npm tools are installed"
    return
  fi
  say "installing npm tools into ${tools#"$root"/}"
  mkdir -p "$tools"
  cp "$root/deploy/tools/package.json" "$tools/package.json.new"
  mv "$tools/package.json.new" "$tools/package.json"
  if ! (cd "$tools" && npm install --no-audit --no-fund --no-package-lock --silent); then
    rm -f "$tools/package.json"  # So that the next start tries again.
    fail "npm install failed: no network, or no npm registry is reachable"
  fi
}

install_packages
install_tools
say "done"
