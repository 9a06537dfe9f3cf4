#!/usr/bin/env bash
# lint.sh [fmt] [features] [clippy] [deny]: formatting, features that crates pass on, lints with warnings as errors,
# dependencies. All four by default.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$CLEARPROOF_ROOT"

[ $# -gt 0 ] || set -- fmt features clippy deny

# Versions are fixed so that everyone gets the same answer. No default features of cargo-deny: it asks the installed
# cargo and git instead of bringing its own.
deny_version=0.20.2
zepter_version=1.88.2

# tool NAME VERSION FLAG...: installs a program once, unless that version is there.
tool() {
    local name=$1 version=$2
    shift 2
    [ "$("$name" --version 2>/dev/null)" = "$name $version" ] && return
    step "$name: installing $version (once, some minutes)"
    cargo install "$name" --version "=$version" --locked --root "$CLEARPROOF_CACHE/tools" \
        --target-dir "$CARGO_TARGET_DIR-tools" --quiet "$@" ||
        fail "$name" "$name $version could not be installed" \
            "check the network, then: cargo install $name --version =$version --locked"
    rm -rf "$CARGO_TARGET_DIR-tools"
}

features() {
    tool zepter "$zepter_version" --no-default-features --features logging
    step "features: what crates must pass on to their dependencies"
    zepter run --config .config/zepter.yaml check ||
        fail "features" "a manifest does not pass a feature on" "zepter run --config .config/zepter.yaml default"
}

deny() {
    tool cargo-deny "$deny_version" --no-default-features
    step "deny: licences, bans, sources"
    for manifest in Cargo.toml zombienet/Cargo.toml offchain-prover/cuda/Cargo.toml; do
        cargo deny --manifest-path $manifest --config deny.toml --log-level error check licenses bans sources ||
            fail "deny" "a dependency of $manifest breaks deny.toml" \
                "take another dependency, or change deny.toml with a reason"
    done
    # The database of advisories lives on a server that not every machine can reach.
    if GIT_TERMINAL_PROMPT=0 timeout 120 cargo deny --log-level off fetch db >/dev/null 2>&1; then
        step "deny: advisories"
        cargo deny --log-level error check --disable-fetch advisories ||
            fail "deny" "a dependency has an advisory" \
                "cargo update -p CRATE, or list the advisory in deny.toml with a reason"
    else
        step "deny: advisories left out, their database cannot be reached from here"
    fi
}

for check in "$@"; do
    case $check in
        fmt)
            step "fmt: checking"
            cargo fmt --all --check ||
                fail "fmt" "the files above are not formatted" "cargo fmt --all"
            # A workspace of its own, which is checked without being built.
            cargo fmt --check --manifest-path zombienet/Cargo.toml ||
                fail "fmt" "the files above are not formatted" "cargo fmt --manifest-path zombienet/Cargo.toml"
            ;;
        clippy)
            # Release, and the runtime's wasm as in a build: build scripts and macros are shared with it, and
            # no later build is spoilt by a skipped wasm.
            step "clippy: warnings are errors"
            cargo clippy --release --workspace --all-targets --quiet -- -D warnings ||
                fail "clippy" "the lints above" "mend the code; an allow needs a reason beside it"
            ;;
        deny) deny ;;
        features) features ;;
        *) fail "lint" "no check is called $check" "use: fmt, features, clippy, deny" ;;
    esac
done
