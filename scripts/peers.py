"""The virtual environments that the benchmarks install their peers into, in the user's cache folder."""

import os
import pathlib
import subprocess
import venv


def python(name, packages):
    """The Python of the environment `name`, which has these packages; it is made where it is missing or has others."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    folder = cache / "mvmhat" / name
    program, installed = folder / "bin" / "python", folder / "installed.txt"
    if not installed.exists() or installed.read_text().split() != packages:
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([program, "-m", "pip", "install", "--quiet", *packages], check=True)
        installed.write_text("\n".join(packages))
    return program
