#!/usr/bin/env bash
# `make demo`: tracks a real clip of four cameras with the networks that are part of the program, scores the result, and says
# what to look at. Where the clip cannot be had, a made-up recording takes its place.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --release --locked
mvmhat="${CARGO_TARGET_DIR:-target}/release/mvmhat"

out=out/demo
truth=tests/fixtures/treadmill-hall
footage="$(scripts/footage.sh)" || {
    footage=out/demo-recording
    truth="$footage"
    echo "demo: a recording is made up instead" >&2
    [ -e "$footage/ground_truth_world.csv" ] || {
        rm -rf "$footage"
        "$mvmhat" synth --out "$footage" --people 8 --frames 250
    }
}
"$mvmhat" track "$footage" --out "$out" --overwrite --overlay --rrd "$out/run.rrd"
echo
"$mvmhat" eval --gt "$truth" --tracks "$out" --json "$out/scores.json"
cat <<EOF

Look at it:
  $out/overlay.mp4   all cameras with boxes and identities, any video player
  $out/run.rrd       the same in the Rerun viewer: rerun $out/run.rrd
Now your own cameras, one video or one folder of images each in a folder:
  $mvmhat track FOLDER --out OUT --overlay
EOF
