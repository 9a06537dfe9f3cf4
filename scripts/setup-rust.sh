#!/usr/bin/env bash
# The compiler that rust-toolchain.toml names, with clippy and rustfmt.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$CLEARPROOF_ROOT"

wanted=$(sed -n 's/^channel *= *"\(.*\)"/\1/p' rust-toolchain.toml)
command -v cargo >/dev/null && command -v rustc >/dev/null ||
    fail "rust" "no cargo or rustc in PATH" "install Rust $wanted with rustup, then run this again"

# With rustup, the first call installs the toolchain when it is missing and can be reached.
if ! version=$(rustc --version 2>&1); then
    fail "rust" "$version" \
        "rustup toolchain install $wanted --profile minimal --component clippy --component rustfmt" \
        "where that compiler is installed under another name (see rustup toolchain list): rustup toolchain link $wanted \"\$(rustup run NAME rustc --print sysroot)\""
fi
case $version in
    "rustc $wanted "*) ;;
    *) fail "rust" "Rust $wanted is needed, this is $version" \
        "rustup toolchain install $wanted, and unset RUSTUP_TOOLCHAIN" ;;
esac
