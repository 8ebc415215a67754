#!/usr/bin/env bash
# Cuts libtorch for the CPU out of the PyTorch wheel into the user's cache folder, once for every checkout,
# and writes .cargo/config.toml so that plain `cargo build` finds it.
#
# A LIBTORCH or LIBTORCH_USE_PYTORCH that is already set wins: nothing is downloaded or written then.
set -euo pipefail
cd "$(dirname "$0")/.."

version=2.13.0 # what tch 0.26 binds
if [ -n "${LIBTORCH:-}" ] || [ -n "${LIBTORCH_USE_PYTORCH:-}" ]; then
    echo "libtorch: using LIBTORCH=${LIBTORCH:-} LIBTORCH_USE_PYTORCH=${LIBTORCH_USE_PYTORCH:-}"
    exit 0
fi

home="${XDG_CACHE_HOME:-$HOME/.cache}/mvmhat/libtorch-$version-cpu"
if [ ! -e "$home/complete" ]; then
    if [ "$(uname -s)-$(uname -m)" != Linux-x86_64 ]; then
        echo "libtorch: no recipe for $(uname -s) $(uname -m); install libtorch $version and set LIBTORCH to its folder" >&2
        exit 1
    fi
    work="$home.partial.$$"
    trap 'rm -rf "$work"' EXIT
    mkdir -p "$work/wheels"
    echo "libtorch: downloading the PyTorch $version wheel (527 MB) ..."
    fetch() {
        # A fixed Python version: the libraries inside do not depend on it.
        python3 -m pip download --quiet --no-deps --only-binary=:all: --python-version 3.11 \
            --platform manylinux_2_28_x86_64 --platform manylinux_2_25_x86_64 --platform manylinux2014_x86_64 \
            --dest "$work/wheels" "$@"
    }
    fetch "torch==$version"
    # libtorch_cpu is linked to these two even where there is no GPU.
    fetch "nvidia-cuda-runtime==13.5.37" "nvidia-cuda-cupti==13.5.25"
    python3 - "$work" <<'PY'
import glob, os, shutil, sys, zipfile

work = sys.argv[1]
wanted = {"libc10.so", "libtorch_cpu.so", "libgomp.so.1", "libcudart.so.13", "libcupti.so.13"}
os.makedirs(f"{work}/lib", exist_ok=True)
for wheel in glob.glob(f"{work}/wheels/*.whl"):
    with zipfile.ZipFile(wheel) as z:
        for name in z.namelist():
            base = os.path.basename(name)
            if name.startswith("torch/include/") and not name.endswith("/"):
                target = f"{work}/{name[len('torch/'):]}"
            elif base in wanted:
                target = f"{work}/lib/{base}"
                wanted.discard(base)
            else:
                continue
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with z.open(name) as src, open(target, "wb") as dst:
                shutil.copyfileobj(src, dst)
if wanted:
    sys.exit(f"libtorch: the wheels do not contain {sorted(wanted)}")
PY
    # The real libtorch.so only joins the CPU and the CUDA halves; this one joins what there is.
    printf 'int mvmhat_libtorch_stub;\n' |
        cc -shared -x c - -o "$work/lib/libtorch.so" -L"$work/lib" -Wl,--no-as-needed -ltorch_cpu -lc10 -Wl,-rpath,'$ORIGIN'
    echo "$version" > "$work/build-version"
    rm -rf "$work/wheels" "$home"
    touch "$work/complete"
    mv "$work" "$home"
    trap - EXIT
fi

mkdir -p .cargo
config="# Written by scripts/libtorch.sh. A LIBTORCH in the environment wins over this one.
[env]
LIBTORCH = { value = \"$home\", force = false }"
if [ -e .cargo/config.toml ] && [ "$(head -n 1 .cargo/config.toml)" != "$(head -n 1 <<<"$config")" ]; then
    echo "libtorch: .cargo/config.toml is not ours and stays as it is; see that it has these lines:" >&2
    tail -n +2 <<<"$config" >&2
elif [ "$(cat .cargo/config.toml 2>/dev/null)" != "$config" ]; then
    printf '%s\n' "$config" > .cargo/config.toml
fi
echo "libtorch: $home"
