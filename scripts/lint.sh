#!/usr/bin/env bash
# lint.sh [CHECK...]: what can be checked without running the programs. All of them by default:
#   fmt        formatting
#   width      100 columns in comments and documents
#   words      plain English: usual words, doc comments that begin with what is documented
#   subjects   subjects of commits: in the imperative, below 72 characters
#   typos      spelling
#   features   features that crates must pass on to their dependencies
#   unused     dependencies that no code names
#   clippy     lints, warnings are errors
#   doc        documentation of the crates: links that lead nowhere, warnings are errors
#   deny       licences, bans, sources and advisories of dependencies
# lint.sh ratchet lowers the numbers of findings that width and words still allow.
set -euo pipefail
. "$(dirname "$0")/env.sh"
cd "$CLEARPROOF_ROOT"

checks=(fmt width words subjects typos features unused clippy doc deny)
[ $# -gt 0 ] || set -- "${checks[@]}"

# Versions are fixed so that everyone gets the same result. No default features of cargo-deny: it
# uses the installed cargo and git instead of bringing its own.
deny_version=0.20.2
machete_version=0.9.2
typos_version=1.52.0
zepter_version=1.88.2

# Commits after this one must have proper subjects. A shallow clone may lack it: there, commits
# after its date count.
subjects_base=614c3eef4282593eb4e6e570b645a5fc37acb14d
subjects_date=2026-12-01T00:52:03Z

manifests=(Cargo.toml zombienet/Cargo.toml offchain-prover/cuda/Cargo.toml)

fmt() {
    step "fmt: checking"
    cargo fmt --all --check ||
        fail "fmt" "the files above are not formatted" "cargo fmt --all"
    # A workspace of its own, which is checked without being built.
    cargo fmt --check --manifest-path zombienet/Cargo.toml ||
        fail "fmt" "the files above are not formatted" \
            "cargo fmt --manifest-path zombienet/Cargo.toml"
}

# rules CHECK ARGUMENT...: runs the workspace's own program of rules (tests/rules). All members are
# named, so that its dependencies are those of every other build.
rules() {
    cargo build --release --workspace --bin clearproof-rules --quiet ||
        fail "$1" "the program of rules does not compile" "see the messages above: tests/rules"
    "$CARGO_TARGET_DIR/release/clearproof-rules" "$@"
}

width() {
    step "width: 100 columns in comments and documents"
    rules width ||
        fail "width" "the lines above are too wide, or a number may be lowered" \
            "wrap them at 100 columns; code, tables and links may be wider" \
            "where numbers fell: scripts/lint.sh ratchet"
}

words() {
    step "words: plain English"
    rules words ||
        fail "words" "the lines above use words that have a plainer form, or a number may be lowered" \
            "write what stands behind the colon; the list is tests/rules/words.txt" \
            "where numbers fell: scripts/lint.sh ratchet"
}

subjects() {
    if ! git rev-parse --git-dir >/dev/null 2>&1; then
        step "subjects: left out, this is no repository of git"
        return
    fi
    step "subjects: subjects of commits"
    rules subjects "$subjects_base" "$subjects_date" ||
        fail "subjects" "the commits above have subjects that break a rule" \
            "git rebase --interactive ${subjects_base:0:12}, with reword: imperative, below 72" \
            "a verb that is taken for another form goes into VERBS in tests/rules/src/subjects.rs"
}

typos_check() {
    tool typos-cli typos "$typos_version"
    step "typos: spelling"
    typos --config .config/typos.toml --format brief ||
        fail "typos" "the words above are misspelt" \
            "typos --config .config/typos.toml --write-changes" \
            "a word of the field goes into .config/typos.toml"
}

features() {
    tool zepter zepter "$zepter_version" --no-default-features --features logging
    step "features: what crates must pass on to their dependencies"
    zepter run --config .config/zepter.yaml check ||
        fail "features" "a manifest does not pass a feature on" \
            "zepter run --config .config/zepter.yaml default"
}

unused() {
    tool cargo-machete cargo-machete "$machete_version"
    step "unused: dependencies that no code names"
    cargo-machete --skip-target-dir . ||
        fail "unused" "the dependencies above are not used" \
            "take them out of the manifest; one that only a macro or a feature names goes into" \
            "[package.metadata.cargo-machete] of that manifest, with a reason"
}

# Release, and the runtime's wasm as in a build: build scripts and macros are shared with it, and no
# later build is spoilt by a skipped wasm. The same holds for doc.
clippy() {
    step "clippy: warnings are errors"
    cargo clippy --release --workspace --all-targets --keep-going --quiet -- -D warnings ||
        fail "clippy" "the lints above" "fix the code; an allow needs a reason beside it"
}

doc() {
    step "doc: warnings are errors"
    RUSTDOCFLAGS="${RUSTDOCFLAGS:-} -D warnings" \
        cargo doc --release --workspace --no-deps --document-private-items --quiet ||
        fail "doc" "the documentation above has errors" \
            "fix the link or the markup: [\`name\`] needs a path that leads to an item"
}

deny() {
    tool cargo-deny cargo-deny "$deny_version" --no-default-features
    step "deny: licences, bans, sources"
    for manifest in "${manifests[@]}"; do
        cargo deny --manifest-path "$manifest" --config deny.toml --log-level error \
            check licenses bans sources ||
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
        fmt | width | words | subjects | features | unused | clippy | doc | deny) "$check" ;;
        typos) typos_check ;;
        ratchet) rules ratchet ||
            fail "ratchet" "there are more findings than are allowed" "scripts/lint.sh width words" ;;
        *) fail "lint" "no check is called $check" "use: ${checks[*]}, ratchet" ;;
    esac
done
