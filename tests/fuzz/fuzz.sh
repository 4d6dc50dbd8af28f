#!/usr/bin/env bash
# Runs one fuzzer from the committed corpus.  usage: fuzz.sh NAME SECONDS
# What it finds is kept in build/fuzz/found/; a crash prints how to run it again.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"
name="${1:?usage: fuzz.sh NAME SECONDS}"
seconds="${2:?usage: fuzz.sh NAME SECONDS}"
program="$root/build/fuzz/bin/fuzz_$name"
found="$root/build/fuzz/found/$name"

if [ ! -x "$program" ]; then
  echo "fuzz: $program is not built; run: deploy/build.sh fuzz fuzzers" >&2
  exit 1
fi
mkdir -p "$found/corpus"
exec "$program" "$found/corpus" "$here/corpus/$name" -max_total_time="$seconds" -timeout=10 \
  -rss_limit_mb=2048 -max_len=65536 -artifact_prefix="$found/" -print_final_stats=1 -verbosity=0
