#!/bin/sh
# Everything that wants a GPU, in at most nine minutes, with one file of results:
#   sh benchmarks/gpu.sh [--out gpu.json] [--minutes 9] [--dry]
# --dry runs the same steps in small sizes on a CPU. PYTHON names another interpreter.
set -eu
cd "$(dirname "$0")/.."
exec "${PYTHON:-python}" -m benchmarks.gpu "$@"
