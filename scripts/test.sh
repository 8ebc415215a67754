#!/usr/bin/env bash
# `make test`: all tests that need nothing but the checkout, then those that need data, where the data are there.
#
#   scripts/test.sh [SHARED]       SHARED: the folder of the reference data
#
# A test that needs data says so: `#[ignore = "needs the reference data …"]`, `#[ignore = "needs the real clip …"]`.
set -euo pipefail
cd "$(dirname "$0")/.."
shared="${1:-${MVMHAT_SHARED:-../shared}}"

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
status=0

# Runs cargo's tests with more arguments; what they print is shown, and kept as $work/NAME without colors.
run() {
    local log="$work/$1"
    shift
    cargo test --release --locked --workspace --no-fail-fast "$@" 2>&1 | tee "$log" || status=$?
    sed -i 's/\x1b\[[0-9;]*m//g' "$log"
    grep -q '^test result: ' "$log" || status=1
}

# The sum of the numbers before WORD in cargo's lines "test result: …".
count() { awk -v word="$2" '/^test result: / { for (i = 2; i <= NF; i++) if ($i ~ "^" word) sum += $(i - 1) } END { print sum + 0 }' "$work/$1"; }

run plain
# "test NAME ... ignored, REASON"
sed -n 's/^test \(.*\) \.\.\. ignored, \(.*\)$/\1\t\2/p' "$work/plain" >"$work/ignored"

missing=()
if [ -d "$shared" ]; then
    MVMHAT_SHARED="$(cd "$shared" && pwd)"
    export MVMHAT_SHARED
else
    missing+=("reference data")
fi
! grep -q 'real clip' "$work/ignored" || scripts/demo-clip.sh >/dev/null || missing+=("real clip")
cp "$work/ignored" "$work/runnable"
for data in ${missing[@]+"${missing[@]}"}; do
    sed -i "/$data/d" "$work/runnable"
done

ran=0
if [ -s "$work/runnable" ]; then
    mapfile -t names < <(cut -f1 "$work/runnable" | sort -u)
    run data --lib --bins --tests -- --ignored --exact "${names[@]}"
    ran=$(count data passed)
fi
echo
echo "make test: $(count plain passed) passed; of $(wc -l <"$work/ignored") more that need data, $ran ran and passed"
for data in ${missing[@]+"${missing[@]}"}; do
    echo "make test: NOT run: $(grep -c "$data" "$work/ignored") that need the $data; there is none here (CONTRIBUTING.md, Tests)"
done
[ "$status" -eq 0 ] || echo "make test: there are failures, see above" >&2
exit "$status"
