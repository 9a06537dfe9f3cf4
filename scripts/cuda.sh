#!/usr/bin/env bash
# cuda.sh lib: builds libclearproof_cuda.so, the prover's GPU library, beside the programs that
#     cargo builds.
# cuda.sh check: builds gpu-check, a program that checks and times it where there is a GPU, and
#     needs nothing else there.
# cuda.sh standin: runs gpu-check's checks of up to 2^11 elements against the tests' stand-in, which
#     needs no GPU.
#
# The compiler is that of an installed CUDA toolkit (CUDA_HOME, or nvcc on PATH), 12.0 or later.
# Without one the compiler's packages for Python are installed into the cache folder, once.
# CLEARPROOF_CUDA_ARCHS lists compute capabilities (default "80 90"; "native" for this machine's
# GPU).
set -euo pipefail
. "$(dirname "$0")/env.sh"

folder=$CLEARPROOF_ROOT/offchain-prover/cuda
out=$CARGO_TARGET_DIR/release
archs=${CLEARPROOF_CUDA_ARCHS:-80 90}
packages=(nvidia-cuda-nvcc==13.0.88 nvidia-nvvm==13.0.88 nvidia-cuda-crt==13.0.88 nvidia-cuda-runtime==13.0.96
    nvidia-cuda-cccl==13.0.85)

# Sets toolkit, nvcc and libraries.
find_compiler() {
    if [ -n "${CUDA_HOME:-}" ]; then
        toolkit=$CUDA_HOME
        [ -x "$toolkit/bin/nvcc" ] ||
            fail "cuda" "CUDA_HOME is $CUDA_HOME, which has no bin/nvcc" "set CUDA_HOME to a CUDA toolkit's folder, or unset it"
    elif command -v nvcc >/dev/null; then
        toolkit=$(dirname "$(dirname "$(readlink -f "$(command -v nvcc)")")")
    else
        toolkit=$CLEARPROOF_CACHE/cuda/toolkit-13.0.88/nvidia/cu13
        [ -x "$toolkit/bin/nvcc" ] || fetch_compiler
    fi
    nvcc=$toolkit/bin/nvcc
    for libraries in "$toolkit/lib64" "$toolkit/lib" "$toolkit/targets/x86_64-linux/lib" "$toolkit/targets/sbsa-linux/lib"; do
        [ -e "$libraries/libcudart_static.a" ] && return
    done
    fail "cuda" "no libcudart_static.a in $toolkit" "install the CUDA toolkit with its runtime's development files"
}

fetch_compiler() {
    local place=$CLEARPROOF_CACHE/cuda/toolkit-13.0.88
    python3 -m pip --version >/dev/null 2>&1 ||
        fail "cuda" "neither nvcc nor pip is there" "install a CUDA toolkit of 12.0 or later, or python3 with pip (Debian: python3-pip)"
    step "cuda: fetching the compiler (100 MB, once)"
    rm -rf "$place" "$place.part"
    mkdir -p "$(dirname "$place")"
    python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --no-deps --only-binary=:all: \
        --target "$place.part" "${packages[@]}" ||
        fail "cuda" "pip could not install ${packages[*]}" "check the network, or install a CUDA toolkit and set CUDA_HOME"
    mv "$place.part" "$place"
}

# Sets sppark and blst: where cargo keeps these crates' sources.
find_sources() {
    local manifest=$folder/Cargo.toml described
    described=$(cargo metadata --format-version 1 --locked --manifest-path "$manifest") ||
        fail "cuda" "cargo could not fetch the sources of $manifest" "check the network, then: cargo fetch --manifest-path $manifest"
    crate() { sed -n "s|.*\"manifest_path\":\"\([^\"]*/$1-[0-9.]*\)/Cargo.toml\".*|\1|p" <<<"$described"; }
    sppark=$(crate sppark)/sppark
    blst=$(crate blst)/blst
    for file in "$sppark/msm/pippenger.cuh" "$blst/src/blst_t.hpp"; do
        [ -e "$file" ] || fail "cuda" "$file is not there" "rm -r the crate's folder, then: cargo fetch --manifest-path $manifest"
    done
}

# Compiles what has changed, two files at a time. Objects lie in a folder named by all that they
# depend on.
compile() {
    find_compiler
    find_sources
    local codes=() last flags
    if [ "$archs" = native ]; then
        codes=(-arch=native)
    else
        for last in $archs; do
            codes+=(-gencode "arch=compute_$last,code=sm_$last")
        done
        # Newer devices translate this when the library is loaded.
        codes+=(-gencode "arch=compute_$last,code=compute_$last")
    fi
    host=(-O3 -std=c++17 -DFEATURE_BN254 -DTAKE_RESPONSIBILITY_FOR_ERROR_MESSAGE -D__BLST_PORTABLE__
        "-I$folder/include" "-I$folder/src" "-I$sppark" "-I$blst/src")
    flags=("${host[@]}" "${codes[@]}" -Xcompiler
        "-fPIC,-Wno-unused-function,-Wno-subobject-linkage,-fmacro-prefix-map=$CLEARPROOF_ROOT/=")
    local id
    id=$({ cat "$folder"/src/* "$folder"/include/* "$folder/Cargo.lock" "$0"; "$nvcc" --version; echo "${codes[@]}"; } | sha256sum)
    objects=$CARGO_TARGET_DIR/cuda/${id:0:16}
    mkdir -p "$objects" "$out"
    step "cuda: compiling for $archs"
    printf '%s\0' "$folder"/src/*.cu "$folder/src/interface.cpp" "$sppark/util/all_gpus.cpp" |
        xargs -0 -P 2 -I {} bash -c '
            set -e
            source=$1 object=$2/$(basename "$1").o
            shift 2
            [ -e "$object" ] && exit
            "$@" -c "$source" -o "$object.part"
            mv "$object.part" "$object"' _ {} "$objects" "$nvcc" "${flags[@]}" ||
        fail "cuda" "nvcc could not compile the sources" \
            "see its messages above; CLEARPROOF_CUDA_ARCHS must be known to it, and its host compiler supported (gcc 12 is)"
    local source
    for source in "$blst/src/server.c" "$blst/build/assembly.S"; do
        ${CC:-cc} -O2 -fPIC -D__BLST_PORTABLE__ -fno-builtin -Wno-unused-function -c "$source" \
            -o "$objects/$(basename "$source").o" ||
            fail "cuda" "the C compiler could not compile $source" "install a C compiler, or set CC"
    done
    system=("-L$libraries" -lcudart_static -ldl -lrt -lpthread)
}

library() {
    compile
    step "cuda: linking $out/libclearproof_cuda.so"
    ${CXX:-c++} -shared -o "$out/libclearproof_cuda.so.part" "$objects"/*.o "-Wl,--version-script=$folder/src/exports.map" \
        -Wl,-z,defs "${system[@]}" ||
        fail "cuda" "linking failed" "see the linker's messages above"
    mv "$out/libclearproof_cuda.so.part" "$out/libclearproof_cuda.so"
    echo "$out/libclearproof_cuda.so"
}

# check_program OUTPUT WHAT_IT_IS_LINKED_WITH...
check_program() {
    local program=$1
    shift
    ${CXX:-c++} "${host[@]}" -Wall "$folder/check/gpu_check.cpp" -o "$program" "$@" ||
        fail "gpu-check" "the program could not be compiled and linked" "see the messages above"
}

check() {
    compile
    step "gpu-check: linking $out/gpu-check"
    check_program "$out/gpu-check" "$objects"/*.o "${system[@]}" -static-libstdc++ -static-libgcc
    echo "$out/gpu-check"
}

# The checks themselves, without a device: the stand-in is a C library as the real one is.
standin() {
    local standin=$out/libclearproof_cuda_standin.so
    [ -e "$standin" ] ||
        fail "gpu-check" "$standin is not there" "cargo build --release -p clearproof-cuda-standin"
    compile
    step "gpu-check: against the stand-in"
    check_program "$objects/check-standin" "$standin" "$objects"/{server.c,assembly.S}.o "-Wl,-rpath,$out" -lpthread
    "$objects/check-standin" 11
}

case ${1:-} in
    lib) library ;;
    check) check ;;
    standin) standin ;;
    *) fail "cuda" "no command is called '${1:-}'" "use: lib, check, standin" ;;
esac
