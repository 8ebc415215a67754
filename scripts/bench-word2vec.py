#!/usr/bin/env python3
"""Our word2vec beside gensim's, one thread each, in alternating runs on one machine.

    scripts/bench-word2vec.py DATA

DATA holds `ptb/ptb.zip` or `ptb/ptb.train.txt`, the Penn Treebank. Both learn CBOW with negative sampling with the settings of
configs/papers/word2vec.yaml. The words per second of the best round on either side and their ratio are printed; reading the text
and building the vocabulary do not count, for the time of a short run is taken off that of a longer one. gensim is installed
into a virtual environment in the user's cache folder.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import time
import zipfile

import peers

ROUNDS = 3
EPOCHS = (1, 3)
ROOT = pathlib.Path(__file__).resolve().parent.parent
CONFIG = ROOT / "configs" / "papers" / "word2vec.yaml"


def sentences(data):
    """The lines of the text to learn from, as words, each with the end that our corpus counts as a word."""
    text, packed = data / "ptb" / "ptb.train.txt", data / "ptb" / "ptb.zip"
    if text.exists():
        content = text.read_text()
    else:
        with zipfile.ZipFile(packed) as archive:
            name = next(name for name in archive.namelist() if name.endswith("ptb.train.txt"))
            content = archive.read(name).decode()
    return [line.split() + ["<eos>"] for line in content.strip().split("\n")]


def peer(lines):
    """Seconds of an epoch in gensim."""
    from gensim.models import Word2Vec

    # gensim draws how far each company reaches, up to the window, unless told to take all of it.
    settings = {"vector_size": 100, "window": 5, "negative": 5, "sg": 0, "cbow_mean": 1, "min_count": 1, "sample": 0}
    model = Word2Vec(**settings, workers=1, shrink_windows=False)
    model.build_vocab(lines)
    start = time.perf_counter()
    model.train(lines, total_examples=len(lines), epochs=1)
    return time.perf_counter() - start


def ours(program, data):
    """Seconds of an epoch here."""
    times = []
    for epochs in EPOCHS:
        with tempfile.TemporaryDirectory() as folder:
            command = [program, CONFIG, "--data", data, "--out", f"{folder}/out"]
            command += ["--set", f"trainer.epochs={epochs}", "--set", "threads=1"]
            start = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            times.append(time.perf_counter() - start)
    return (times[1] - times[0]) / (EPOCHS[1] - EPOCHS[0])


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip())
    try:
        import gensim  # noqa: F401
    except ImportError:
        python = peers.python("bench-word2vec", ["gensim==4.4.0"])
        os.execv(python, [str(python), *sys.argv])
    data = pathlib.Path(sys.argv[1])
    program = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / "papers"
    if not program.exists():
        sys.exit("target/release/papers is missing: cargo build --release -p mvmhat-papers")
    lines = sentences(data)
    words = sum(map(len, lines))
    best = [float("inf")] * 2
    for _ in range(ROUNDS):
        for side, seconds in enumerate((ours(program, data), peer(lines))):
            best[side] = min(best[side], seconds)
    own, other = (words / seconds for seconds in best)
    print(f"words a second: ours {own:,.0f}, gensim {other:,.0f}, ratio {own / other:.2f}")


if __name__ == "__main__":
    main()
