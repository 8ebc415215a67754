#!/usr/bin/env bash
# Makes the animation of the README, docs/figures/demo.webp, from what `make demo` left: a third of the real speed,
# every second frame.
#
#   scripts/demo-animation.sh [OVERLAY]       default: out/demo/overlay.mp4
#
# Needs `ffmpeg` with libwebp (Debian: apt-get install ffmpeg). The clip is `Demo_MultiPerson` of pose2sim (BSD-3-Clause).
set -euo pipefail
cd "$(dirname "$0")/.."

overlay="${1:-out/demo/overlay.mp4}"
animation=docs/figures/demo.webp
limit=3000000
command -v ffmpeg >/dev/null || { echo "demo animation: ffmpeg is missing (Debian: apt-get install ffmpeg)" >&2; exit 1; }
[ -e "$overlay" ] || { echo "demo animation: $overlay is missing: run make demo" >&2; exit 1; }

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
ffmpeg -v error -i "$overlay" -vf "select='not(mod(n,2))',setpts=N/10/TB,scale=960:-2:flags=lanczos" -r 10 \
    -c:v libwebp_anim -quality 60 -compression_level 6 -loop 0 -an "$work/demo.webp"
size=$(stat -c %s "$work/demo.webp")
[ "$size" -lt "$limit" ] || { echo "demo animation: $size bytes, more than $limit" >&2; exit 1; }
mkdir -p "$(dirname "$animation")"
mv "$work/demo.webp" "$animation"
echo "demo animation: $animation, $size bytes"
