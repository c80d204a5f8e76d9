#!/usr/bin/env bash
# Sessions over a bad line, as many as asked for: tests/lossy.sh [SESSIONS] [FIRST SEED]
set -euo pipefail
cd "$(dirname "$0")/.."
export KDAP_LOGS=${KDAP_LOGS:-$(mktemp -d)}
echo "the adapters' logs: $KDAP_LOGS"
KDAP_LOSSY_SESSIONS=${1:-300} KDAP_LOSSY_SEED=${2:-1} cargo test --release -p tests --test lossy_line -- --nocapture
