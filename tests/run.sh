#!/usr/bin/env bash
# Sets up, builds and runs every test through ctest.  Its summary is the last thing printed.
#   tests/run.sh [ctest arguments]      for example: tests/run.sh -L unit
# HIE_PRESET chooses the build preset (release by default; debug, asan, tsan).
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
preset="${HIE_PRESET:-release}"
cd "$root"

"$root/deploy/setup.sh"
"$root/deploy/build.sh" "$preset" all
"$root/deploy/build.sh" fuzz fuzzers

extra=()
# The packaged gRPC is not instrumented: what speaks over a wire gives false alarms under TSan.
[ "$preset" != tsan ] || extra=(-LE no_tsan)

echo "tests: running ctest in build/$preset"
exec ctest --test-dir "$root/build/$preset" --output-on-failure --no-tests=error \
  --parallel 2 "${extra[@]}" "$@"
