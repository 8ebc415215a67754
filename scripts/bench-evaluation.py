#!/usr/bin/env python3
"""Scores the published tracks of MvMHAT with our evaluation, with TrackEval and with motrics, one thread each.

usage: scripts/bench-evaluation.py [MVMHAT_DATA]       (default: ../shared/mvmhat beside the checkout, or $MVMHAT_SHARED/mvmhat)

Prints milliseconds (best of several rounds) and their ratios. Every program starts from rows in memory, grouped by frame
where it asks for that, and computes IoU and scores of every view; reading files is left out. The two wheels are
installed once, into a virtual environment in the user's cache folder.
"""
import json
import os
import pathlib
import subprocess
import sys
import time

import peers

ROOT = pathlib.Path(__file__).resolve().parent.parent
PEERS = ["trackeval==1.3.0", "motrics==0.3.0", "numpy", "scipy"]
ROUNDS = 5
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS", "MKL_NUM_THREADS")}


def ours(data):
    command = ["cargo", "run", "--quiet", "--release", "--package", "mvmhat-evaluation", "--example", "score", "--", str(data), str(ROUNDS)]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def views(data):
    """Ground truth and tracks of each view by frame: arrays of identities and of x, y, w, h."""
    import numpy as np

    def by_frame(path, window):
        rows = {}
        for line in path.read_text().splitlines():
            fields = [float(field) for field in line.split(",")[:6]]
            rows[int(fields[0]), int(fields[1])] = fields[2:]
        frames = {frame: ([], []) for frame in range(window["start"], window["end"] + 1)}
        for (frame, identity), box in rows.items():
            if frame in frames:
                frames[frame][0].append(identity)
                frames[frame][1].append(box)
        return [(np.array(ids, int), np.array(boxes, float).reshape(-1, 4)) for ids, boxes in frames.values()]

    for group, window in json.loads((data / "groups.json").read_text()).items():
        for view in range(1, window["views"] + 1):
            folder = data / group / str(view)
            yield by_frame(folder / "gt.txt", window), by_frame(folder / "published.txt", window)


def trackeval_scores(sequences):
    import numpy as np
    from trackeval.metrics import CLEAR, HOTA, Identity

    metrics = [HOTA(), CLEAR({"PRINT_CONFIG": False}), Identity({"PRINT_CONFIG": False})]

    def iou(a, b):
        a, b = a[:, None], b[None]
        low = np.maximum(a[..., :2], b[..., :2])
        high = np.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:])
        shared = np.prod(np.maximum(high - low, 0), axis=-1)
        return shared / (np.prod(a[..., 2:], axis=-1) + np.prod(b[..., 2:], axis=-1) - shared)

    hota = 0
    for ground_truth, tracks in sequences:
        data = {"similarity_scores": [iou(g[1], t[1]) for g, t in zip(ground_truth, tracks)], "num_timesteps": len(ground_truth)}
        for key, number, count, side in (("gt", "num_gt_ids", "num_gt_dets", ground_truth), ("tracker", "num_tracker_ids", "num_tracker_dets", tracks)):
            ids = np.unique(np.concatenate([frame[0] for frame in side]))
            data[f"{key}_ids"] = [np.searchsorted(ids, frame[0]) for frame in side]
            data[number], data[count] = len(ids), sum(len(frame[0]) for frame in side)
        results = [metric.eval_sequence(data) for metric in metrics]
        hota += float(np.mean(results[0]["HOTA"]))
    return hota / len(sequences)


def motrics_scores(prepared):
    import motrics

    return sum(motrics.evaluate(gt, tracks).hota.hota for gt, tracks in prepared) / len(prepared)


def best(function, argument, rounds):
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        result = function(argument)
        times.append(time.perf_counter() - start)
    return 1e3 * min(times), result


def other_programs(data):
    """Runs inside the virtual environment."""
    import motrics
    import numpy as np

    sequences = list(views(data))

    def corners(boxes):
        return np.ascontiguousarray(np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1))

    def frames(side):
        return motrics.Frames(ids=[ids.tolist() for ids, _ in side], boxes=[corners(boxes) for _, boxes in side])

    prepared = [(frames(gt), frames(tracks)) for gt, tracks in sequences]
    trackeval_ms, trackeval_hota = best(trackeval_scores, sequences, 2)
    motrics_ms, motrics_hota = best(motrics_scores, prepared, ROUNDS)
    print(json.dumps({"trackeval_ms": trackeval_ms, "trackeval_hota": trackeval_hota, "motrics_ms": motrics_ms, "motrics_hota": motrics_hota}))


def main():
    data = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(os.environ.get("MVMHAT_SHARED") or ROOT.parent / "shared") / "mvmhat").resolve()
    if not (data / "groups.json").exists():
        sys.exit(f"no groups.json in {data}: give the folder of the MvMHAT groups")
    if os.environ.get("BENCH_PEERS"):
        return other_programs(data)
    python = peers.python("bench-evaluation", PEERS)
    environment = {**os.environ, **ONE_THREAD, "BENCH_PEERS": "1"}
    output = subprocess.run([python, __file__, str(data)], env=environment, check=True, capture_output=True, text=True).stdout
    theirs = json.loads(output.splitlines()[-1])
    mine = ours(data)
    if max(abs(theirs[name] - mine["hota"]) for name in ("trackeval_hota", "motrics_hota")) > 1e-6:
        sys.exit(f"the programs disagree about HOTA: {theirs} {mine}")
    print(f"views of the dataset: {mine['views']}, mean HOTA of all three programs: {100 * mine['hota']:.4f}")
    print(f"{'':34}{'ms':>9}{'TrackEval':>12}{'motrics':>10}")
    rows = [
        ("TrackEval: CLEAR, ID, HOTA", theirs["trackeval_ms"]),
        ("motrics:   CLEAR, ID, HOTA", theirs["motrics_ms"]),
        ("ours:      CLEAR, ID, HOTA", mine["single_ms"]),
        ("ours:      and cross-view, STMA", mine["single_and_views_ms"]),
        ("ours:      and pooled and global", mine["everything_ms"]),
    ]
    for name, ms in rows:
        print(f"{name:34}{ms:9.1f}{theirs['trackeval_ms'] / ms:11.1f}x{theirs['motrics_ms'] / ms:9.1f}x")


if __name__ == "__main__":
    main()
