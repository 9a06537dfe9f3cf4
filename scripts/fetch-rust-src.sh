#!/usr/bin/env bash
# fetch-rust-src.sh VERSION FOLDER: puts the folder `library` of that compiler version's sources
# into FOLDER, from Debian's package rust-src. The machine's own mirrors and keyring are used,
# through a private apt configuration: nothing is installed and the machine's package lists stay as
# they are.
set -euo pipefail
. "$(dirname "$0")/env.sh"

version=$1 folder=$2
suites=(trixie-backports trixie sid bookworm-backports forky forky-backports bookworm trixie-updates)
by_hand="set CLEARPROOF_RUST_LIBRARY to the folder library of the sources of Rust $version (package rust-src, or the compiler's source archive)"

command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null ||
    fail "wasm target" "rustup has no wasm32v1-none here and this is no Debian system" \
        "give rustup access to its server and run: rustup target add wasm32v1-none" "$by_hand"

# apt reads its own configuration, in either format; the security archive has no such suites.
mapfile -t mirrors < <(apt-get indextargets --no-release-info --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    sort -u | grep -v security)
[ ${#mirrors[@]} -gt 0 ] ||
    fail "wasm target" "apt knows no package mirror" "add Debian's mirror to /etc/apt/sources.list.d" "$by_hand"

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
signed=
[ -f $keyring ] && signed=" signed-by=$keyring"

apt=$(mktemp -d)
trap 'rm -rf "$apt"' EXIT
options=(
    -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null
    -o Dir::State::lists="$apt/lists" -o Dir::Cache="$apt/cache"
    -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false
    -o Acquire::Retries=2 -o APT::Sandbox::User=
)

for mirror in "${mirrors[@]}"; do
    for suite in "${suites[@]}"; do
        rm -rf "$apt/lists" "$apt/cache"
        mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
        echo "deb [arch=$(dpkg --print-architecture)$signed] $mirror $suite main" >"$apt/sources.list"
        apt-get -qq "${options[@]}" update >"$apt/log" 2>&1 || continue
        package=$(apt-cache "${options[@]}" madison rust-src 2>/dev/null |
            awk -F' *[|] *' -v v="$version" 'index($2, v "+") == 1 || index($2, v "-") == 1 || index($2, v "~") == 1 { print $2; exit }')
        [ -n "$package" ] || continue
        step "wasm target: fetching rust-src $package of $suite"
        (cd "$apt" && apt-get -qq "${options[@]}" download "rust-src=$package" >"$apt/log" 2>&1) || {
            cat "$apt/log" >&2
            continue
        }
        mkdir -p "$apt/unpacked" "$folder"
        dpkg-deb -x "$apt"/rust-src_*.deb "$apt/unpacked"
        # The package holds other folders called library too (links for editors): only this one is
        # whole.
        cp -rL "$apt/unpacked/usr/src/rustc-$version/library" "$folder/library"
        exit 0
    done
done

fail "wasm target" "no suite of this machine's mirrors has rust-src of exactly $version (looked in: ${suites[*]})" \
    "give rustup access to its server and run: rustup target add wasm32v1-none" "$by_hand"
