#!/usr/bin/env bash
# Builds release and measures; prints Markdown to standard output, the rest to standard error.
#   tests/bench/run.sh [hie-bench arguments]     for example: tests/bench/run.sh --seed 7
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
"$root/deploy/setup.sh" >&2
"$root/deploy/build.sh" release hied hie-agent hie-bench >&2
exec "$root/build/release/bin/hie-bench" --programs "$root/build/release/bin" --sources "$root" "$@"
