#!/usr/bin/env bash
# `make demo`: tracks a real clip of four cameras, scores the result, and says what to look at. Where the public weights
# cannot be had, those that are part of the program take their place; where the clip cannot, a made-up recording does.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --release --locked
mvmhat="${CARGO_TARGET_DIR:-target}/release/mvmhat"

# A checkout that stands beside test data with weights needs no download.
if [ -z "${MVMHAT_WEIGHTS_MIRROR:-}" ] && [ -d "${MVMHAT_SHARED:-../shared}/weights" ]; then
    MVMHAT_WEIGHTS_MIRROR="$(cd "${MVMHAT_SHARED:-../shared}/weights" && pwd)"
    export MVMHAT_WEIGHTS_MIRROR
fi
networks=()
"$mvmhat" weights pull yolox-nano osnet-x0.25-msmt17 || {
    networks=(--config configs/track-builtin.yaml)
    echo "demo: the weights that are part of the program are used instead, which are weaker" >&2
}

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
"$mvmhat" track "$footage" --out "$out" --overwrite "${networks[@]}" --overlay --rrd "$out/run.rrd"
echo
"$mvmhat" eval --gt "$truth" --tracks "$out" --json "$out/scores.json"
cat <<EOF

Look at it:
  $out/overlay.mp4   all cameras with boxes and identities, any video player
  $out/run.rrd       the same in the Rerun viewer: rerun $out/run.rrd
Now your own cameras, one video or one folder of pictures each in a folder:
  $mvmhat track FOLDER --out OUT --overlay
EOF
