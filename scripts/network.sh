#!/usr/bin/env bash
# network.sh start [four|two] | test [FILTER...]: a network of several nodes on this machine, left
# running or tested for faults. The workspace in zombienet/ is built beside the ordinary one, in a
# target directory of its own.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$CLEARPROOF_ROOT"

[ $# -gt 0 ] || fail "network" "nothing to do" "use: network.sh start, or network.sh test"
command=$1
shift

step "network: building node and prover"
cargo build --release --workspace --bin clearproof-node --bin clearproof-prover

export CARGO_TARGET_DIR=$CARGO_TARGET_DIR-network
cd zombienet

case $command in
    start)
        step "network: building its runner (some minutes the first time)"
        cargo build --release --locked
        step "network: starting"
        exec "$CARGO_TARGET_DIR/release/clearproof-network" "$@"
        ;;
    test)
        step "network: tests, one network at a time"
        if cargo nextest --version >/dev/null 2>&1; then
            exec cargo nextest run --release --locked --no-fail-fast "$@"
        fi
        exec cargo test --release --locked --tests --no-fail-fast "$@" -- --test-threads 1
        ;;
    *) fail "network" "no command is called $command" "use: network.sh start, or network.sh test" ;;
esac
