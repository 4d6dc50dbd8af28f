#!/usr/bin/env bash
# Builds release and measures the online index: first load, identifying, registering, restart, disk,
# memory.  Figures go to standard output, the rest to standard error.
#   tests/bench/mpi.sh [--skip-build] [RECORDS [FOLDER]]
# RECORDS: 1,000,000 unless said.  FOLDER: where the index is made (removed first); a new one in TMPDIR.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
if [ "${1:-}" = "--skip-build" ]; then
  shift
else
  "$root/deploy/build.sh" release mpi_load_bench mpi_index_bench >&2
fi
records="${1:-1000000}"
folder="${2:-${TMPDIR:-/tmp}/mpi-bench-$records}"
bin="$root/build/release/bin"
rm -rf "$folder"

echo "## The index online, $records records, generator seed 7"
echo "$(date -u +%F), commit $(git -C "$root" rev-parse --short HEAD), $(nproc) cores, $(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2-)"
"$bin/mpi_load_bench" --records "$records" --dir "$folder" --keep
"$bin/mpi_index_bench" --records "$records" --dir "$folder" --questions 20000 --registrations 20000 --rounds 3
rm -rf "$folder"
