#!/usr/bin/env bash
# Builds release and measures matching; prints Markdown to standard output, the rest to standard error.
#   tests/bench/matching.sh [--people N] [--skip-build] [--keep FOLDER] ...   (see matching/figures.py)
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
if [ "${1:-}" = "--skip-build" ]; then
  shift
else
  "$root/deploy/build.sh" release hiectl matching_pairs_bench >&2
fi
exec python3 "$root/tests/bench/matching/figures.py" --root "$root" "$@"
