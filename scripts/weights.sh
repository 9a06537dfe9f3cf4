#!/usr/bin/env bash
# weights.sh [PALLET...]: measures the calls of our pallets (all, or the folders under pallets/ that are
# named) and writes pallets/*/src/weights.rs. Run it on an otherwise idle machine.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$CLEARPROOF_ROOT"

# A target directory of its own: the runtime's wasm has one place per target directory, and the wasm with
# benchmarks in it would end up in the ordinary node.
ordinary=$CARGO_TARGET_DIR
export CARGO_TARGET_DIR=$CARGO_TARGET_DIR-weights
node=$CARGO_TARGET_DIR/release/clearproof-node
runtime=$CARGO_TARGET_DIR/release/wbuild/clearproof-runtime/clearproof_runtime.compact.compressed.wasm

# Most dependencies know nothing of benchmarks: what an ordinary build has of them is taken over, which halves the first one.
if [ ! -d "$CARGO_TARGET_DIR/release" ] && [ -d "$ordinary/release/.fingerprint" ]; then
    step "weights: taking over what was built"
    mkdir -p "$CARGO_TARGET_DIR/release"
    for part in .fingerprint build deps; do
        cp -a --reflink=auto "$ordinary/release/$part" "$CARGO_TARGET_DIR/release/"
    done
fi

# The benchmark command carries a second runtime, for its benchmark of storage access, which this node does not offer; it
# cannot be built outside the SDK's own workspace either.
export SKIP_FRAME_STORAGE_ACCESS_TEST_RUNTIME_WASM_BUILD=1

step "weights: building the node with benchmarks (a long build the first time)"
cargo build --release --workspace --bin clearproof-node --features clearproof-node/runtime-benchmarks

if [ $# -eq 0 ]; then
    for file in pallets/*/src/benchmarking.rs; do
        set -- "$@" "$(basename "${file%/src/benchmarking.rs}")"
    done
fi

for folder in "$@"; do
    [ -f "pallets/$folder/src/benchmarking.rs" ] ||
        fail "weights" "pallets/$folder has no src/benchmarking.rs" "name a folder of pallets/ that has one"
    name=$(sed -n 's/^name *= *"\(.*\)"/\1/p' "pallets/$folder/Cargo.toml" | head -n 1)
    step "weights: $name"
    "$node" benchmark pallet --runtime "$runtime" --genesis-builder runtime \
        --genesis-builder-preset development --pallet "${name//-/_}" --extrinsic '*' \
        --steps "${STEPS:-20}" --repeat "${REPEAT:-10}" \
        --template scripts/weights.hbs --output "pallets/$folder/src/weights.rs" ||
        fail "weights" "the benchmarks of $name did not run" \
            "see the message above; list what the runtime offers: $node benchmark pallet --runtime $runtime --genesis-builder runtime --list"
    rustfmt --edition 2021 "pallets/$folder/src/weights.rs"
done
step "weights: written; read the differences before committing them"
