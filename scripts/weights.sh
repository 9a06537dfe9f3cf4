#!/usr/bin/env bash
# weights.sh [PALLET...]: measures the calls of our pallets (all, or the folders under pallets/ that
# are named) and of the oracle (`oracle`), and writes pallets/*/src/weights.rs and
# runtime/src/weights/oracle.rs. Run it on an otherwise idle machine.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$CLEARPROOF_ROOT"

# A target directory of its own: the runtime's wasm has one place per target directory, and the wasm
# with benchmarks in it would end up in the ordinary node.
ordinary=$CARGO_TARGET_DIR
export CARGO_TARGET_DIR=$CARGO_TARGET_DIR-weights
node=$CARGO_TARGET_DIR/release/clearproof-node
runtime=$CARGO_TARGET_DIR/release/wbuild/clearproof-runtime/clearproof_runtime.compact.compressed.wasm

# Most dependencies know nothing of benchmarks: what an ordinary build has of them is taken over,
# which halves the first one.
if [ ! -d "$CARGO_TARGET_DIR/release" ] && [ -d "$ordinary/release/.fingerprint" ]; then
    step "weights: taking over what was built"
    mkdir -p "$CARGO_TARGET_DIR/release"
    for part in .fingerprint build deps; do
        cp -a --reflink=auto "$ordinary/release/$part" "$CARGO_TARGET_DIR/release/"
    done
fi

# The benchmark command carries a second runtime, for its benchmark of storage access, which this
# node does not offer; it cannot be built outside the SDK's own workspace either.
export SKIP_FRAME_STORAGE_ACCESS_TEST_RUNTIME_WASM_BUILD=1

step "weights: building the node with benchmarks (a long build the first time)"
cargo build --release --workspace --bin clearproof-node --features clearproof-node/runtime-benchmarks

if [ $# -eq 0 ]; then
    for file in pallets/*/src/benchmarking.rs; do
        set -- "$@" "$(basename "${file%/src/benchmarking.rs}")"
    done
    set -- "$@" oracle
fi

# Benchmarks run at the genesis block, where the timestamp pallet complains of every question for
# the time.
bench() {
    "$node" benchmark pallet --log info,runtime::timestamp=off --runtime "$runtime" --genesis-builder runtime \
        --genesis-builder-preset development --steps "${STEPS:-20}" --repeat "${REPEAT:-10}" "$@"
}

# measure PALLET TEMPLATE FILE: runs the benchmarks of a pallet's calls and writes their weights.
measure() {
    step "weights: $1"
    bench --pallet "$1" --extrinsic '*' --template "$2" --output "$3" ||
        fail "weights" "the benchmarks of $1 did not run" \
            "see the message above; list what the runtime offers: $node benchmark pallet --runtime $runtime --genesis-builder runtime --list"
    rustfmt --edition 2021 "$3"
}

for folder in "$@"; do
    if [ "$folder" = oracle ]; then
        # The SDK's pallet: its cost hangs on how many members this runtime allows, and on how it
        # combines their values.
        measure pallet_oracle scripts/weights-runtime.hbs runtime/src/weights/oracle.rs
        continue
    fi
    [ -f "pallets/$folder/src/benchmarking.rs" ] ||
        fail "weights" "pallets/$folder has no src/benchmarking.rs" "name a folder of pallets/ that has one, or oracle"
    name=$(sed -n 's/^name *= *"\(.*\)"/\1/p' "pallets/$folder/Cargo.toml" | head -n 1)
    name=${name//-/_}
    measure "$name" scripts/weights.hbs "pallets/$folder/src/weights.rs"
    if [ "$folder" = settlement ]; then
        step "weights: one proof verified, by host functions and all in wasm (no call's weight)"
        bench --pallet "$name" --extra --extrinsic 'verify_one_host,verify_one_wasm'
    fi
done
step "weights: written; read the differences before committing them"
