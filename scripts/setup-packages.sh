#!/usr/bin/env bash
# System packages: C and C++ compilers, libclang for bindgen, protoc for the network protocols,
# cmake and pkg-config for C libraries, OpenSSL's headers; node and npm for snarkjs, which a test
# checks exports with; pip for the compiler of the CUDA library.
set -euo pipefail
. "$(dirname "$0")/env.sh"

packages=(build-essential clang libclang-dev protobuf-compiler libprotobuf-dev cmake pkg-config libssl-dev)
missing=()

# Node comes from elsewhere on many machines, npm with it: Debian's packages only where the programs
# are not there.
for program in node npm; do
    command -v "$program" >/dev/null || packages+=("${program/#node/nodejs}")
done

# The compiler of `make cuda` comes through pip where no toolkit is installed.
command -v nvcc >/dev/null || python3 -m pip --version >/dev/null 2>&1 || packages+=(python3-pip)

if command -v dpkg-query >/dev/null; then
    for package in "${packages[@]}"; do
        status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
        [ "$status" = installed ] || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && exit 0
    install="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        fail "system packages" "missing: ${missing[*]}" "as root: $install"
    fi
    step "system packages: installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq >&2 ||
        step "system packages: apt-get update reported an error; trying with the lists at hand"
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2 ||
        fail "system packages" "apt-get could not install: ${missing[*]}" \
            "check the package mirror and the network, then as root: $install"
    exit 0
fi

# Not a Debian system: look for the programs and headers themselves.
for program in cc c++ make clang protoc cmake pkg-config node npm; do
    command -v "$program" >/dev/null || missing+=("$program")
done
if command -v pkg-config >/dev/null && ! pkg-config --exists openssl; then
    missing+=("OpenSSL's headers")
fi
[ ${#missing[@]} -eq 0 ] ||
    fail "system packages" "missing: ${missing[*]}" \
        "install them with the system's package manager (Debian's names: ${packages[*]})"
