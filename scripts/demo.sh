#!/usr/bin/env bash
# `make demo`: tracks a real clip of four cameras with the networks that are part of the program, scores the result, and says
# what to look at. Where the clip cannot be downloaded, a synthetic sequence takes its place.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --release --locked
mvmhat="${CARGO_TARGET_DIR:-target}/release/mvmhat"

out=out/demo
ground_truth=tests/fixtures/treadmill-hall
recording="$(scripts/demo-clip.sh)" || {
    recording=out/demo-recording
    ground_truth="$recording"
    echo "demo: a synthetic sequence is rendered instead" >&2
    [ -e "$recording/ground_truth_world.csv" ] || "$mvmhat" synth --out "$recording" --overwrite --people 8 --frames 250
}
"$mvmhat" track "$recording" --out "$out" --overwrite --overlay --rrd "$out/run.rrd"
echo
"$mvmhat" eval --gt "$ground_truth" --tracks "$out" --json "$out/scores.json" --overwrite
cat <<EOF

Look at it:
  $out/overlay.mp4   all cameras with boxes and identities, any video player
  $out/run.rrd       the same in the Rerun viewer: rerun $out/run.rrd
Now your own cameras, a folder with one video or one folder of images per camera:
  $mvmhat track FOLDER --out OUT --overlay
EOF
