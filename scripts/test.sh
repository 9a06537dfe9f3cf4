#!/usr/bin/env bash
# test.sh [FILTER...]: builds the programs and runs the workspace's tests, then the examples in its
# documentation. With cargo-nextest the quick tests come first and the end-to-end tests last, one
# at a time (.config/nextest.toml); without it, cargo test. A FILTER goes to that runner, and the
# examples are left out. The last line adds everything up: "N passed, N failed".
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$CLEARPROOF_ROOT"

step "test: building the programs that the end-to-end tests start"
cargo build --release --workspace

log=$(mktemp)
trap 'rm -f "$log"' EXIT
result=0

if cargo nextest --version >/dev/null 2>&1; then
    step "test: cargo nextest"
    cargo nextest run --release --workspace --no-fail-fast "$@" 2>&1 | tee "$log" || result=1
else
    step "test: cargo test (with cargo-nextest installed this is faster)"
    # The runner keeps the end-to-end tests from starting many nodes at once.
    cargo test --release --workspace --tests --no-fail-fast \
        --config "target.'cfg(all())'.runner = '$CLEARPROOF_ROOT/scripts/test-runner.sh'" \
        "$@" 2>&1 | tee "$log" || result=1
fi

# Neither runner above takes the examples in the documentation.
if [ $# -eq 0 ]; then
    step "test: examples in the documentation"
    cargo test --release --workspace --doc --no-fail-fast 2>&1 | tee -a "$log" || result=1
fi

[ $result -eq 0 ] || step "test: a program did not compile, or tests failed: see above"

# Lines of cargo test ("test result: ok. 3 passed; 0 failed; …") and of nextest
# ("Summary [1s] 5 tests run: 3 passed (1 slow), 1 failed, 1 timed out, 0 skipped").
sed 's/\x1b\[[0-9;]*m//g' "$log" | awk -v result=$result '
    /^test result: / { passed += $4; failed += $6 }
    /^ *Summary \[/ {
        for (i = 2; i <= NF; i++) {
            if ($i ~ /^passed/) passed += $(i - 1)
            if ($i ~ /^failed/) failed += $(i - 1)
            if ($i ~ /^(timed|exec)/) failed += $(i - 1)
        }
    }
    END {
        # What did not compile has no line of its own.
        if (result != 0 && failed == 0) failed = 1
        printf "%d passed, %d failed\n", passed, failed
        exit result
    }'
