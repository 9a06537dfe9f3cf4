# Sourced by every script and make target: where things are built, and with which compiler.
# shellcheck shell=bash

CLEARPROOF_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CLEARPROOF_CACHE=${CLEARPROOF_CACHE:-${HOME:?set HOME, or CLEARPROOF_CACHE to a folder for build output}/.cache/clearproof}

# One persistent target directory outside the checkout: a fresh clone reuses what was built.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$CLEARPROOF_CACHE/target}

# The end-to-end tests and `clearproof-prover demo` start these.
export CLEARPROOF_NODE=$CARGO_TARGET_DIR/release/clearproof-node
export CLEARPROOF_PROVER=$CARGO_TARGET_DIR/release/clearproof-prover

# Tools that the scripts install for themselves.
export PATH=$CLEARPROOF_CACHE/tools/bin:${CARGO_HOME:-$HOME/.cargo}/bin:$PATH

step() { printf '==> %s\n' "$*" >&2; }

# fail STEP WHAT REMEDY...: one line each, so that the remedy can be copied.
fail() {
    printf '\nerror: step "%s" failed: %s\n' "$1" "$2" >&2
    shift 2
    printf '  remedy: %s\n' "$@" >&2
    exit 1
}
