#!/usr/bin/env bash
# The compiler that rust-toolchain.toml names, with clippy and rustfmt.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$CLEARPROOF_ROOT"

command -v cargo >/dev/null && command -v rustc >/dev/null ||
    fail "rust" "no cargo or rustc in PATH" "install Rust $RUST_WANTED with rustup, then run this again"

# With rustup, the first call installs the toolchain when it is missing and can be reached.
if ! version=$(RUST_BACKTRACE=0 rustc --version 2>&1); then
    fail "rust" "$version" \
        "rustup toolchain install $RUST_WANTED --profile minimal --component clippy --component rustfmt"
fi
case $version in
    "rustc $RUST_WANTED "*) ;;
    *) fail "rust" "Rust $RUST_WANTED is needed, this is $version" \
        "unset RUSTUP_TOOLCHAIN; rustup toolchain install $RUST_WANTED" ;;
esac
