#!/usr/bin/env bash
# chain-specs.sh: writes the chain specifications in chain-spec/ from the runtime's presets. Only
# production.json, the template without the runtime's code, is kept in the repository; a test
# compares it with the presets.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$CLEARPROOF_ROOT"

step "chain-specs: building the node"
cargo build --release --workspace --bin clearproof-node

for chain in development local; do
    step "chain-specs: chain-spec/$chain.json"
    "$CLEARPROOF_NODE" export-chain-spec --chain "$chain" --output "chain-spec/$chain.json" >&2
done
step "chain-specs: chain-spec/production.json, to be filled in (docs/operate.md)"
"$CLEARPROOF_NODE" chain-spec-template --output chain-spec/production.json
