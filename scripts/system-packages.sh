#!/usr/bin/env bash
# Installs what the build needs from the system's packages, where it is missing: OpenCV with its headers, clang
# (the OpenCV bindings are generated from the headers), a C++ compiler, pkg-config, Python with pip.
set -euo pipefail

packages=(build-essential ca-certificates clang libclang-dev libopencv-dev pkg-config)
# Any Python with pip will do: it downloads and unpacks wheels, and the benches make environments for their peers.
python3 -c 'import ensurepip, pip' 2>/dev/null || packages+=(python3 python3-pip python3-venv)

if ! command -v dpkg-query >/dev/null; then
    echo "system packages: this is not a Debian system; install the equivalents of: ${packages[*]}"
    exit 0
fi
missing=()
for package in "${packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
    echo "system packages: installing ${missing[*]}"
    as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo)
    export DEBIAN_FRONTEND=noninteractive
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
echo "system packages: all there"
