# Sourced by every script and make target: where things are built, and with which compiler.
# shellcheck shell=bash

CLEARPROOF_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CLEARPROOF_CACHE=${CLEARPROOF_CACHE:-${HOME:?set HOME, or CLEARPROOF_CACHE to a folder for build output}/.cache/clearproof}

# One persistent target directory outside the checkout: a fresh clone reuses what was built.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$CLEARPROOF_CACHE/target}

# The end-to-end tests and `clearproof-prover demo` start these.
export CLEARPROOF_NODE=$CARGO_TARGET_DIR/release/clearproof-node
export CLEARPROOF_PROVER=$CARGO_TARGET_DIR/release/clearproof-prover

# Tools that the scripts install for themselves, and cargo where no login shell has set PATH.
export PATH=$CLEARPROOF_CACHE/tools/bin:$PATH:${CARGO_HOME:-${HOME:-}/.cargo}/bin

# The compiler may be installed under another name, such as stable: that one is used, and nothing
# fetched.
RUST_WANTED=$(sed -n 's/^channel *= *"\(.*\)"/\1/p' "$CLEARPROOF_ROOT/rust-toolchain.toml")
rustup_toolchains=${RUSTUP_HOME:-${HOME:-}/.rustup}/toolchains
if [ -z "${RUSTUP_TOOLCHAIN:-}" ] && ! compgen -G "$rustup_toolchains/$RUST_WANTED-*" >/dev/null; then
    for toolchain in "$rustup_toolchains"/*; do
        case $("$toolchain/bin/rustc" --version 2>/dev/null) in
            "rustc $RUST_WANTED "*) export RUSTUP_TOOLCHAIN=${toolchain##*/} ;;
        esac
    done
fi
unset toolchain rustup_toolchains

step() { printf '==> %s\n' "$*" >&2; }

# fail STEP WHAT REMEDY...: one line each, so that the remedy can be copied.
fail() {
    printf '\nerror: step "%s" failed: %s\n' "$1" "$2" >&2
    shift 2
    printf '  remedy: %s\n' "$@" >&2
    exit 1
}

# tool CRATE PROGRAM VERSION FLAG...: installs a program once, unless that version is there.
tool() {
    local crate=$1 program=$2 version=$3
    shift 3
    case " $("$program" --version 2>/dev/null) " in *" $version "*) return ;; esac
    step "$crate: installing $version (once, some minutes)"
    cargo install "$crate" --version "=$version" --locked --root "$CLEARPROOF_CACHE/tools" \
        --target-dir "$CARGO_TARGET_DIR-tools" --quiet "$@" ||
        fail "$crate" "$crate $version could not be installed" \
            "check the network, then: cargo install $crate --version =$version --locked"
    rm -rf "$CARGO_TARGET_DIR-tools"
}
