#!/usr/bin/env bash
# The target wasm32v1-none, which the chain's runtime is compiled for. First by rustup; where its
# server cannot be reached, core and alloc are compiled once from Debian's package of the compiler's
# sources. A folder `library` of those sources at hand can be given in CLEARPROOF_RUST_LIBRARY.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$CLEARPROOF_ROOT"

target=wasm32v1-none
version=$(rustc --version | cut -d' ' -f2)
sysroot=$(rustc --print sysroot)
libraries=$sysroot/lib/rustlib/$target/lib
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Links a small program as the runtime is linked: it fails when a library is missing, belongs to
# another compiler, or has no bitcode for link-time optimisation. A fraction of a second.
works() {
    rustc --edition 2021 --crate-type cdylib -O -C lto=fat -C panic=abort --target $target \
        -o "$work/probe.wasm" scripts/wasm-probe.rs >"$work/probe.log" 2>&1
}

# The runtime's own builds do not notice that core was replaced under them.
forget_old_runtime_builds() {
    rm -rf "$CARGO_TARGET_DIR/release/wbuild" "$CARGO_TARGET_DIR-weights/release/wbuild"
}

if works; then
    exit 0
fi

if command -v rustup >/dev/null && [ -z "${CLEARPROOF_RUST_LIBRARY:-}" ]; then
    step "wasm target: rustup target add $target"
    if RUST_BACKTRACE=0 timeout 300 rustup target add $target >"$work/rustup.log" 2>&1 && works; then
        forget_old_runtime_builds
        exit 0
    fi
    step "wasm target: rustup could not ($(grep -m 1 '^error' "$work/rustup.log" || echo "no answer")); compiling it from Debian's sources"
fi

[ -w "$sysroot/lib/rustlib" ] ||
    fail "wasm target" "$sysroot/lib/rustlib cannot be written to" "run this as the owner of that folder"

sources=${CLEARPROOF_RUST_LIBRARY:-}
if [ -z "$sources" ]; then
    scripts/fetch-rust-src.sh "$version" "$work/src"
    sources=$work/src/library
fi
[ -f "$sources/core/src/lib.rs" ] && [ -f "$sources/Cargo.lock" ] ||
    fail "wasm target" "$sources is not the folder library of the compiler's sources" \
        "set CLEARPROOF_RUST_LIBRARY to that folder of Rust $version"

step "wasm target: compiling core and alloc for $target"
destination=$sysroot/lib/rustlib/src/rust
mkdir -p "$destination"
rm -rf "$destination/library.new"
# Debian's package has symbolic links into other folders: copy what they point at.
cp -rL "$sources" "$destination/library.new"
rm -rf "$destination/library"
mv "$destination/library.new" "$destination/library"

mkdir -p "$work/crate/src"
echo '#![no_std]' >"$work/crate/src/lib.rs"
printf '[package]\nname = "wasm-target"\nversion = "0.0.0"\nedition = "2021"\n' >"$work/crate/Cargo.toml"
# The sysroot's own cargo: outside the checkout rustup could pick another toolchain. Bitcode is
# embedded because the runtime is linked with LTO.
(
    cd "$work/crate"
    unset CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_TARGET RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER
    RUSTC=$sysroot/bin/rustc RUSTC_BOOTSTRAP=1 RUSTFLAGS="-C embed-bitcode=yes" "$sysroot/bin/cargo" build \
        --quiet --release -Z build-std=core,alloc --target $target --target-dir "$work/build" >&2
) || fail "wasm target" "core and alloc of Rust $version did not compile for $target" \
    "read the compiler's message above; where rustup's server can be reached: rustup target add $target"

rm -rf "$libraries.new"
mkdir -p "$libraries.new"
for crate in core alloc compiler_builtins; do
    cp "$work/build/$target/release/deps/lib$crate"-*.rlib "$libraries.new/" ||
        fail "wasm target" "the build left no library of $crate" "rustup target add $target"
done
rm -rf "$libraries"
mv "$libraries.new" "$libraries"

if ! works; then
    cat "$work/probe.log" >&2
    fail "wasm target" "a program for $target does not link" "remove $libraries and run this again"
fi
forget_old_runtime_builds
step "wasm target: $target is in $sysroot"
