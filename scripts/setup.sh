#!/usr/bin/env bash
# Brings a machine to where the workspace builds. Steps already done are skipped.
set -euo pipefail
. "$(dirname "$0")/env.sh"

"$CLEARPROOF_ROOT/scripts/setup-packages.sh"
"$CLEARPROOF_ROOT/scripts/setup-rust.sh"
"$CLEARPROOF_ROOT/scripts/setup-wasm.sh"
