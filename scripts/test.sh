#!/usr/bin/env bash
# test.sh [FILTER...]: builds the programs and runs the workspace's tests. With cargo-nextest the quick tests
# come first and the end-to-end tests last, one at a time (.config/nextest.toml); without it, cargo test.
# The last line is the runner's summary.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$CLEARPROOF_ROOT"

step "test: building the programs that the end-to-end tests start"
cargo build --release --workspace

log=$(mktemp)
trap 'rm -f "$log"' EXIT

if cargo nextest --version >/dev/null 2>&1; then
    step "test: cargo nextest"
    cargo nextest run --release --workspace --no-fail-fast "$@" 2>&1 | tee "$log" && exit 0
    # After a failure the summary is followed by the list of what failed: repeat it, so that it comes last.
    grep -E '^ *Summary \[' "$log" || true
    exit 1
fi

step "test: cargo test (with cargo-nextest installed this is faster)"
result=ok
# --tests leaves doc tests out. The runner keeps the end-to-end tests from starting many nodes at once.
cargo test --release --workspace --tests --no-fail-fast \
    --config "target.'cfg(all())'.runner = '$CLEARPROOF_ROOT/scripts/test-runner.sh'" "$@" 2>&1 |
    tee "$log" || result=FAILED

# cargo test ends with the summary of its last program only: the same line, over all of them.
awk -v result=$result '
    /^test result: / { passed += $4; failed += $6; ignored += $8 }
    END {
        printf "test result: %s. %d passed; %d failed; %d ignored\n", result, passed, failed, ignored
        exit result != "ok"
    }' "$log"
