#!/usr/bin/env python3
"""Our networks beside ONNX Runtime, one thread each, in alternating runs on one machine.

    scripts/bench-inference.py WEIGHTS_FOLDER

The folder holds `<network>.safetensors` and `<network>.onnx`. For each network the best time per image on either
side and their ratio are printed. ONNX Runtime is installed into a virtual environment in the user's cache folder.
"""

import os
import pathlib
import subprocess
import sys
import time

import peers

ROUNDS = 5
RUNS = 20
# Network -> batch, height, width.
NETWORKS = {"yolox_nano": (4, 416, 416), "osnet_x0_25_msmt17": (32, 256, 128)}
ROOT = pathlib.Path(__file__).resolve().parent.parent


def peer(folder):
    """Milliseconds per image of every network in ONNX Runtime."""
    import numpy
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    times = {}
    for name, (batch, height, width) in NETWORKS.items():
        session = onnxruntime.InferenceSession(str(folder / f"{name}.onnx"), options, ["CPUExecutionProvider"])
        source = session.get_inputs()[0]
        # Some exports are of a fixed batch.
        batch = source.shape[0] if isinstance(source.shape[0], int) else batch
        images = numpy.random.default_rng(0).random((batch, 3, height, width), dtype=numpy.float32)
        best = float("inf")
        for _ in range(RUNS):
            start = time.perf_counter()
            session.run(None, {source.name: images})
            best = min(best, time.perf_counter() - start)
        times[name] = 1e3 * best / batch
    return times


def ours(program, folder):
    """Milliseconds per image of every network here."""
    lines = subprocess.run([program, folder], check=True, capture_output=True, text=True).stdout.splitlines()
    return {name: float(ms) for name, ms in (line.rsplit(maxsplit=1) for line in lines)}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        import onnxruntime  # noqa: F401
    except ImportError:
        python = peers.python("bench-inference", ["onnxruntime", "numpy"])
        os.execv(python, [str(python), *sys.argv])
    folder = pathlib.Path(sys.argv[1])
    build = ["cargo", "build", "--release", "--quiet", "--workspace", "--example", "forward"]
    subprocess.run(build, cwd=ROOT, check=True)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    program = target / "release" / "examples" / "forward"
    best = {name: [float("inf")] * 2 for name in NETWORKS}
    for _ in range(ROUNDS):
        for side, times in enumerate((ours(program, folder), peer(folder))):
            # Ours has networks that nobody else has.
            for name, row in best.items():
                row[side] = min(row[side], times[name])
    print(f"{'network':24}{'ours ms':>10}{'ONNX Runtime ms':>18}{'ratio':>8}")
    for name, (own, other) in best.items():
        print(f"{name:24}{own:>10.2f}{other:>18.2f}{own / other:>8.2f}")


if __name__ == "__main__":
    main()
