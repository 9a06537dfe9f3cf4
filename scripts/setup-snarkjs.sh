#!/usr/bin/env bash
# snarkjs, which tests check exported files with: installs it once into the project's cache, with
# npm, and prints the path of its program. Ends with 69 where npm does not reach its registry.
set -euo pipefail
. "$(dirname "$0")/env.sh"

version=0.7.6
unreachable=69

folder=$CLEARPROOF_CACHE/snarkjs-$version
program=$folder/node_modules/snarkjs/build/cli.cjs

command -v node >/dev/null && command -v npm >/dev/null ||
    fail "snarkjs" "node and npm are not installed" \
        "scripts/setup-packages.sh, or install both with the system's package manager"

mkdir -p "$CLEARPROOF_CACHE"
# Tests run side by side: one of them installs.
exec 9>"$folder.lock"
flock 9

if [ ! -f "$program" ]; then
    step "snarkjs: installing $version (once)"
    work=$(mktemp -d "$folder.new-XXXXXX")
    trap 'rm -rf "$work"' EXIT
    # Packages are only unpacked: none of them runs anything at installation.
    if ! npm install --prefix "$work" --ignore-scripts --no-audit --no-fund --no-save "snarkjs@$version" >"$work/npm.log" 2>&1; then
        tail -n 15 "$work/npm.log" >&2
        if grep -qE 'ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT' "$work/npm.log"; then
            step "snarkjs: npm does not reach its registry"
            exit $unreachable
        fi
        fail "snarkjs" "npm could not install snarkjs $version" "read npm's message above, then run this again: $0"
    fi
    rm -rf "$folder"
    mv "$work" "$folder"
    trap - EXIT
fi
echo "$program"
