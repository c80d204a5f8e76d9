#!/bin/sh
# Rebuilds the samples' binaries: the driver at -O0 and -O2, and the small kernel. Needs clang, lld and llvm 19.
# The output depends on the sources and on the compiler's version only: the same bytes wherever the repository lies.
set -eu
cd "$(dirname "$0")/.."

# Relative to the repository, because the PDBs name their object files.
build=target/samples
mkdir -p "$build"

# Source paths in the PDBs start with C:\kdap: map that to the repository (README.md).
CFLAGS="--target=x86_64-pc-windows-msvc /nologo /c /kernel /GS- /Zi /W4 /WX /X /Brepro
    -fdebug-compilation-dir=C:\\kdap -gno-codeview-command-line /clang:-ffreestanding /clang:-fasynchronous-unwind-tables -Isamples/include"
LDFLAGS="/nologo /debug /release /Brepro /incremental:no /nodefaultlib /subsystem:native,10.0 /osversion:10.0 /base:0x140000000
    /pdbaltpath:%_PDB% /pdbsourcepath:C:\\kdap"

# driver OPTIMIZATION FOLDER
driver() {
    mkdir -p "$build/$2" "samples/driver/$2"
    for source in driver crash; do
        # shellcheck disable=SC2086 # the flags are words
        clang-cl-19 $CFLAGS "$1" "-Fo$build/$2/$source.obj" "samples/driver/$source.c"
    done
    # shellcheck disable=SC2086
    lld-link-19 $LDFLAGS /driver /entry:DriverEntry "/out:samples/driver/$2/sampledrv.sys" \
        "/pdb:samples/driver/$2/sampledrv.pdb" "$build/$2/driver.obj" "$build/$2/crash.obj" "$build/ntoskrnl.lib"
    chmod -x "samples/driver/$2/sampledrv.sys"
}

llvm-lib-19 /nologo /machine:x64 /def:samples/driver/ntoskrnl.def "/out:$build/ntoskrnl.lib"
driver /Od O0
driver /O2 O2
