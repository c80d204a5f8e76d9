#!/bin/sh
# Rebuilds the samples' binaries: the drivers at -O0 and -O2, the small kernel and its boot loader. Needs clang, lld and
# llvm 19. The output depends on the sources and the compiler's version only: the same bytes wherever the repository is.
set -eu
cd "$(dirname "$0")/.."

# Relative to the repository, because the PDBs name their object files.
build=target/samples
rm -rf "$build"
mkdir -p "$build/kernel" "$build/boot" samples/minint/bin

# Source paths in the PDBs start with C:\kdap: map that to the repository (README.md).
CFLAGS="--target=x86_64-pc-windows-msvc /nologo /c /kernel /GS- /Zi /W4 /WX /X /Brepro
    -fdebug-compilation-dir=C:\\kdap -gno-codeview-command-line
    /clang:-ffreestanding /clang:-fasynchronous-unwind-tables -Isamples/include"
LDFLAGS="/nologo /debug /release /Brepro /incremental:no /nodefaultlib /subsystem:native,10.0 /osversion:10.0
    /pdbaltpath:%_PDB% /pdbsourcepath:C:\\kdap"
# shellcheck disable=SC2086 # the flags are words
compile() { clang-cl-19 $CFLAGS "$@"; }
# shellcheck disable=SC2086
link() { lld-link-19 $LDFLAGS "$@"; }
assemble() { clang-19 --target=x86_64-pc-windows-msvc -c -Isamples/minint/inc -o "$1" "$2"; }

# driver FOLDER OPTIMIZATION OUTPUT NAME SOURCES...: samples/FOLDER/OUTPUT/NAME.sys
driver() {
    folder=$1; optimization=$2; output=$1/$3; name=$4
    shift 4
    mkdir -p "$build/$output" "samples/$output"
    objects=
    for source in "$@"; do
        compile "/$optimization" "-Fo$build/$output/$source.obj" "samples/$folder/$source.c"
        objects="$objects $build/$output/$source.obj"
    done
    # shellcheck disable=SC2086 # the objects are words
    link /driver /base:0x140000000 /entry:DriverEntry "/out:samples/$output/$name.sys" \
        "/pdb:samples/$output/$name.pdb" $objects "$build/ntoskrnl.lib"
    chmod -x "samples/$output/$name.sys"
}

# Without tail calls: each call is a frame on the stack.
kernel() {
    for source in samples/minint/*/*.c; do
        folder=kernel
        case $source in */boot/*) folder=boot ;; esac
        compile /O2 /clang:-fno-optimize-sibling-calls -DNTKERNEL -Isamples/minint/inc \
            "-Fo$build/$folder/$(basename "$source" .c).obj" "$source"
    done
    for source in samples/minint/*/*.S; do
        folder=kernel
        case $source in */boot/*) folder=boot ;; esac
        assemble "$build/$folder/$(basename "$source" .S).obj" "$source"
    done
    # As in Windows: the file that is linked as ntoskrnl.exe is known to debuggers as ntkrnlmp.exe.
    link /base:0x140000000 /entry:KiSystemStartup /def:samples/minint/ntoskrnl.def "/out:$build/ntoskrnl.exe" \
        "/implib:$build/unused.lib" /pdb:samples/minint/bin/ntkrnlmp.pdb "$build"/kernel/*.obj
    cp "$build/ntoskrnl.exe" samples/minint/bin/ntkrnlmp.exe
    link /base:0x100000 /fixed /largeaddressaware:no /filealign:4096 /merge:.pdata=.rdata /entry:start \
        "/out:$build/boot.exe" "/pdb:$build/boot.pdb" "$build"/boot/*.obj "$build/kernel/memory.obj"
    cp "$build/boot.exe" samples/minint/bin/
    chmod -x samples/minint/bin/*
}

llvm-lib-19 /nologo /machine:x64 /def:samples/minint/ntoskrnl.def "/out:$build/ntoskrnl.lib"
driver driver Od O0 sampledrv driver crash
driver driver O2 O2 sampledrv driver crash
driver livedrv Od O0 livedrv live work mode
driver livedrv O2 O2 livedrv live work mode
kernel
