#!/usr/bin/env bash
# fuzz.sh [TARGET [FLAG...]]: lets libFuzzer search for inputs that a decoder does not survive,
# until Ctrl-C. FLAGs go to libFuzzer, for instance -max_total_time=600. Without a TARGET, lists
# them.
#
# What it learns is kept in the cache folder and used next time. An input that breaks the decoder
# is written to fuzz/artifacts/TARGET; once the decoder is fixed, move it to fuzz/corpus/TARGET,
# where `make test` runs it from then on.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$CLEARPROOF_ROOT"

mapfile -t targets < <(basename -s .rs fuzz/fuzz_targets/*.rs)
if [ $# -eq 0 ]; then
    printf '%s\n' "${targets[@]}"
    exit
fi
target=$1
shift
[ -e "fuzz/fuzz_targets/$target.rs" ] ||
    fail "fuzz" "no target is called $target" "use: ${targets[*]}"

tool cargo-fuzz cargo-fuzz 0.13.2

# The compiler of the workspace, which is stable, counts the branches that are taken; it has no
# sanitizers. Code with counters lies in a target directory of its own.
learned=$CLEARPROOF_CACHE/fuzz/$target
mkdir -p "$learned"
step "fuzz: building $target (once, some minutes), then searching until Ctrl-C"
exec cargo fuzz run --sanitizer none --features libfuzzer --target-dir "$CARGO_TARGET_DIR-fuzz" \
    "$target" "$learned" "fuzz/corpus/$target" -- \
    -max_len=65536 -malloc_limit_mb=64 -rss_limit_mb=4096 -timeout=10 "$@"
