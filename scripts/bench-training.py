#!/usr/bin/env python3
"""A training step here beside one in PyTorch, one thread each, in alternating runs on one machine.

    scripts/bench-training.py

The network is of MobileNetV2's shape, 16 images of 64x64. For each optimizer the best time of the whole step and of
the update alone on either side and their ratio are printed. PyTorch (with all it needs, 3 GB) is installed into a
virtual environment in the user's cache folder.
"""

import os
import pathlib
import subprocess
import sys
import time

import peers

ROUNDS = 5
STEPS = 12
STAGES = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
ROOT = pathlib.Path(__file__).resolve().parent.parent


def network():
    """The network of `learning/examples/training_step.rs`."""
    from torch import nn

    def layer(inputs, outputs, kernel=1, stride=1, groups=1, relu6=True):
        parts = [
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
            nn.BatchNorm2d(outputs),
        ]
        return nn.Sequential(*parts, *[nn.ReLU6()] * relu6)

    class Block(nn.Module):
        def __init__(self, inputs, outputs, expansion, stride):
            super().__init__()
            wide = inputs * expansion
            self.layers = nn.Sequential(
                *([layer(inputs, wide)] if expansion != 1 else []),
                layer(wide, wide, 3, stride, wide),
                layer(wide, outputs, relu6=False),
            )
            self.shortcut = stride == 1 and inputs == outputs

        def forward(self, xs):
            return self.layers(xs) + xs if self.shortcut else self.layers(xs)

    parts, inputs = [layer(3, 32, 3, 2)], 32
    for expansion, outputs, repeats, stride in STAGES:
        for i in range(repeats):
            parts.append(Block(inputs, outputs, expansion, stride if i == 0 else 1))
            inputs = outputs
    return nn.Sequential(*parts, layer(inputs, 1280), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1280, 100))


def peer():
    """Milliseconds of a step and of its update in PyTorch, by optimizer."""
    import torch

    torch.set_num_threads(1)
    optimizers = {
        "sgd": lambda parameters: torch.optim.SGD(parameters, lr=1e-3, momentum=0.9),
        "adam": lambda parameters: torch.optim.Adam(parameters, lr=1e-3),
        "adamw": lambda parameters: torch.optim.AdamW(parameters, lr=1e-3),
    }
    images, classes = torch.rand(16, 3, 64, 64), torch.arange(16)
    times = {}
    for name, make in optimizers.items():
        model = network()
        optimizer = make(model.parameters())
        whole = update = float("inf")
        for _ in range(STEPS):
            start = time.perf_counter()
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(images), classes).backward()
            middle = time.perf_counter()
            optimizer.step()
            end = time.perf_counter()
            whole, update = min(whole, end - start), min(update, end - middle)
        times[name] = [1e3 * whole, 1e3 * update]
    return times


def ours(program):
    """Milliseconds of a step and of its update here, by optimizer."""
    lines = subprocess.run([program], check=True, capture_output=True, text=True).stdout.splitlines()
    return {name: [float(ms) for ms in times] for name, *times in map(str.split, lines)}


def main():
    try:
        import torch  # noqa: F401
    except ImportError:
        python = peers.python("bench-training", ["torch==2.13.0", "numpy"])
        os.execv(python, [str(python), *sys.argv])
    build = ["cargo", "build", "--release", "--quiet", "-p", "mvmhat-learning", "--example", "training_step"]
    subprocess.run(build, cwd=ROOT, check=True)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    program = target / "release" / "examples" / "training_step"
    best = {}
    for _ in range(ROUNDS):
        for side, times in enumerate((ours(program), peer())):
            for name, pair in times.items():
                for what, ms in zip(("step", "update"), pair):
                    row = best.setdefault((name, what), [float("inf")] * 2)
                    row[side] = min(row[side], ms)
    print(f"{'optimizer':12}{'what':8}{'ours ms':>10}{'PyTorch ms':>12}{'ratio':>8}")
    for (name, what), (own, other) in best.items():
        print(f"{name:12}{what:8}{own:>10.2f}{other:>12.2f}{own / other:>8.2f}")


if __name__ == "__main__":
    main()
