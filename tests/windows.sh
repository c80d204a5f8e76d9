#!/usr/bin/env bash
# Builds the adapter for Windows on Linux and runs under Wine what only Windows has: named pipes.
#
#   tests/windows.sh             the build, and the transport's tests
#   tests/windows.sh --session   and a whole session of the Windows build over a named pipe
#
# Takes about 5 minutes the first time (cross compiler, Wine, the standard library, dependencies), under a minute after.
# What is installed goes to $KDAP_WINDOWS, or target/windows. Where ../shared/tools/windows is missing, nothing is done.
set -euo pipefail
cd "$(dirname "$0")/.."

tools=../shared/tools/windows
target=x86_64-pc-windows-gnu
if [ ! -f "$tools/setup.sh" ]; then
    echo "tests/windows.sh: skipped, $tools is missing"
    exit 0
fi

step() { printf -- '-- windows: %s (after %ss)\n' "$1" "$SECONDS"; }

step "tools"
# The setup looks for what it builds in the folder that cargo takes by itself.
cache=${KDAP_WINDOWS:-${CARGO_TARGET_DIR:-target}/windows}
mkdir -p "$cache"
env -u CARGO_TARGET_DIR bash "$tools/setup.sh" "$cache" >"$cache/setup.log" 2>&1 || { tail -n 30 "$cache/setup.log" >&2; exit 1; }
# shellcheck disable=SC1091
. "$cache/env.sh"

step "the adapter"
cargo build -p kdap --target "$target"

step "the transport's tests"
# Named: rustdoc doesn't find this target's standard library.
cargo test -p kdap-transport --lib --tests --target "$target"

# The session over a named pipe: a bridge (a small Windows program that serves \\.\pipe\name and joins it to a TCP port),
# the sample kernel's serial port on that TCP port, and kdap.exe under wine, driven over its standard streams.
if [ "${1:-}" = --session ]; then
    step "a session"
    cargo build -p tests --example pipe_bridge --target "$target"
    programs=$(realpath "${CARGO_TARGET_DIR:-target}/$target/debug")
    KDAP_WINDOWS_PROGRAMS=$programs cargo test -p tests --test dap_windows -- --nocapture
fi

step "done"
