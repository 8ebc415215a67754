#!/usr/bin/env python3
"""What each loss of `mvmhat train` is worth on the same sequences: a table, mean and spread over seeds.

    scripts/ablation-training.py --validate RECORDING --out DIR RECORDING... [--seeds 3] [--set KEY=VALUE]...

Every loss is trained from the same initialization for about as many steps, with the boxes of the ground truth and without its
identities, and the crops of the labelled recording are told apart by the averaged weights. Runs that are complete in DIR
are not done again; one that was killed goes on. The table is printed as Markdown and kept as DIR/table.md.
"""

import argparse
import csv
import json
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MVMHAT = ROOT / "target" / "release" / "mvmhat"

# Name, title and settings. One epoch of the published losses is a step for every timestep; one of ours as many steps as it
# takes to see as many crops as there are, so its epochs are chosen to give about as many steps.
PUBLISHED = ["train.trainer.epochs=1"]
OURS = ["train.loss.name=identities", "train.pk_sampling.relabel_every=1"]
VARIANTS = [
    ("symmetric", "symmetric only", ["train.loss.name=mvmhat", "train.loss.transitive=false", *PUBLISHED]),
    ("transitive", "transitive only", ["train.loss.name=mvmhat", "train.loss.symmetric=false", *PUBLISHED]),
    ("mvmhat", "both (MvMHAT)", ["train.loss.name=mvmhat", *PUBLISHED]),
    ("mvmhat_pp", "MvMHAT++", ["train.loss.name=mvmhat_pp", *PUBLISHED]),
    ("identities", "identities (ours)", OURS),
]
LDA = "identities, LDA head (ours)"


def history(run):
    """The rows of a run's history."""
    with open(run / "history.csv", newline="") as file:
        return list(csv.DictReader(file))


def scores(run):
    """Steps, cross-view accuracy and rank-1 of the last validation of a run."""
    row = [row for row in history(run) if row["validation.rank1"]][-1]
    return int(row["step"]), float(row["validation.cross_view_accuracy"]), float(row["validation.rank1"])


def lda(run, validate):
    """The same of the weights that were written, which have the closed-form LDA head."""
    command = [MVMHAT, "eval-reid", validate, "--json", run / "scores.json", "--overwrite"]
    command += ["--set", f"embedder.weights={run / 'weights.safetensors'}"]
    with open(f"{run}.log", "ab") as log:
        subprocess.run(command, stdout=log, stderr=log, check=True)
    overall = json.loads((run / "scores.json").read_text())["overall"]
    return scores(run)[0], overall["Hungarian"] / 100, overall["rank1"] / 100


def row(title, results):
    """A line of the table: mean and spread over seeds."""
    steps, *columns = zip(*results)
    told = [f"{statistics.mean(column):.3f} ± {statistics.pstdev(column):.3f}" for column in columns]
    return f"| {title} | {steps[0]} | {' | '.join(told)} |"


def train(run, seed, settings, options):
    """Runs `mvmhat train` until its weights are there."""
    if (run / "weights.safetensors").exists():
        return
    command = [MVMHAT, "train", *options.recordings, "--boxes", "gt", "--validate", options.validate, "--out", run]
    command += ["--crops", options.out / "crops"]
    if (run / "config.yaml").exists():
        command.append("--resume")
    for setting in [f"train.trainer.seed={seed}", *settings, *options.set]:
        command += ["--set", setting]
    print(f"{run.name} ...", file=sys.stderr, flush=True)
    with open(options.out / f"{run.name}.log", "ab") as log:
        subprocess.run(command, stderr=log, stdout=log, check=True)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recordings", nargs="+", type=pathlib.Path)
    parser.add_argument("--validate", required=True, type=pathlib.Path, help="a labelled recording, a folder")
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--our-epochs", type=int, default=4, help="epochs of `loss: identities` [default: 4]")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="for every run")
    return parser.parse_args()


def main():
    options = arguments()
    if not MVMHAT.exists():
        sys.exit(f"{MVMHAT.relative_to(ROOT)} is missing: cargo build --release")
    if not options.validate.is_dir():
        sys.exit(f"--validate {options.validate}: no such folder")
    options.out.mkdir(parents=True, exist_ok=True)
    lines = ["| loss | steps | cross-view accuracy | other-frame rank-1 |", "|---|---|---|---|"]
    for name, title, settings in VARIANTS:
        if name == "identities":
            settings = [*settings, f"train.trainer.epochs={options.our_epochs}"]
        runs = [options.out / f"{name}-{seed}" for seed in range(options.seeds)]
        for seed, run in enumerate(runs):
            train(run, seed, settings, options)
        lines.append(row(title, map(scores, runs)))
        if name == "identities":
            lines.append(row(LDA, [lda(run, options.validate) for run in runs]))
    table = "\n".join(lines) + "\n"
    (options.out / "table.md").write_text(table)
    print(table, end="")


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"mvmhat {error.cmd[1]} failed with status {error.returncode}; see the log beside the run's folder")
