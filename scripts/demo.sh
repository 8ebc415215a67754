#!/usr/bin/env bash
# `make demo`: tracks a real clip of four cameras, scores the result, and says what to look at.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --release --locked
mvmhat="${CARGO_TARGET_DIR:-target}/release/mvmhat"

# A checkout that stands beside test data with weights needs no download.
if [ -z "${MVMHAT_WEIGHTS_MIRROR:-}" ] && [ -d "${MVMHAT_SHARED:-../shared}/weights" ]; then
    MVMHAT_WEIGHTS_MIRROR="$(cd "${MVMHAT_SHARED:-../shared}/weights" && pwd)"
    export MVMHAT_WEIGHTS_MIRROR
fi
"$mvmhat" weights pull yolox-nano osnet-x0.25-msmt17
footage="$(scripts/footage.sh)"

out=out/demo
"$mvmhat" track "$footage" --out "$out" --overwrite --overlay --rrd "$out/run.rrd"
echo
"$mvmhat" eval --gt tests/fixtures/treadmill-hall --tracks "$out" --json "$out/scores.json"
cat <<EOF

Look at it:
  $out/overlay.mp4   all cameras with boxes and identities, any video player
  $out/run.rrd       the same in the Rerun viewer: rerun $out/run.rrd
Now your own cameras, one video or one folder of pictures each in a folder:
  $mvmhat track FOLDER --out OUT --overlay
EOF
