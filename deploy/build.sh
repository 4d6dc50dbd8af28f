#!/usr/bin/env bash
# Configures and builds one preset.  usage: deploy/build.sh PRESET TARGET...
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
preset="${1:?usage: deploy/build.sh PRESET TARGET...}"
shift

# A checkout elsewhere must find what this one compiled.
export CCACHE_BASEDIR="$root" CCACHE_NOHASHDIR=1
export CCACHE_MAXSIZE="${CCACHE_MAXSIZE:-5G}"

cd "$root"
echo "build: configuring $preset"
if ! configured="$(cmake --preset "$preset" 2>&1)"; then
  printf '%s\n' "$configured" >&2
  exit 1
fi
echo "build: building $preset: $*"
# One job a core; a job of the largest kind takes about 1 GB.
exec ninja -C "build/$preset" -j "$(nproc)" "$@"
