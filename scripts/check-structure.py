#!/usr/bin/env python3
"""Checks the structure that ARCHITECTURE.md promises.

* A crate depends on those crates only that its row in the table "Crates" names, and rows only name crates further down.
* A Rust file has at most 300 lines, a function at most 80; exceptions have a reason (LONG_FILES, a comment `Long because …`).
* A public type name means one thing: no two crates that a third can see both of define the same one (SAME_NAMES has the exceptions).

One line per finding; exit status 1 where there is one.
"""

import collections
import pathlib
import re
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
FILE_LINES, FUNCTION_LINES = 300, 80

# Files that may be longer, each with its reason.
LONG_FILES = {}
# Public types that several crates define, each with its reason.
SAME_NAMES = {
    "Error": "every library's own error type, named with its crate (`mvmhat_weights::Error`)",
    "Result": "goes with `Error`",
    "ConfigError": "path, value and rule of a wrong key, as each library reports it; `settings` adds where the value is from",
}


def rust_files():
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "*.rs"],
        cwd=ROOT, stdout=subprocess.PIPE, check=True,
    ).stdout.decode()
    return [path for name in sorted(filter(None, listed.split("\0"))) if (path := ROOT / name).is_file()]


def crate_rows():
    """The crates of the table in ARCHITECTURE.md, uppermost first, with the crates that each may use."""
    rows = {}
    for line in (ROOT / "ARCHITECTURE.md").read_text().splitlines():
        if match := re.match(r"\| \[?`(\w+)/`\]?[^|]*\|[^|]*\|([^|]*)\|$", line):
            rows[match[1]] = set(re.findall(r"`(\w+)`", match[2]))
    return rows


def dependencies(crate):
    """The crates of this workspace that a crate is built with; those of its tests are left out."""
    manifest = tomllib.loads((ROOT / crate / "Cargo.toml").read_text())
    tables = [manifest, *manifest.get("target", {}).values()]
    names = [name for table in tables for name in table.get("dependencies", {})]
    return {name.removeprefix("mvmhat-") for name in names if name.startswith("mvmhat-")}


def check_arrows():
    members = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["members"]
    rows = crate_rows()
    order = list(rows)
    for crate in sorted(set(members) - set(order)):
        yield f"ARCHITECTURE.md: the crate `{crate}` has no row in the table of crates"
    for crate in order:
        if crate not in members:
            yield f"ARCHITECTURE.md: `{crate}` is no crate of the workspace"
            continue
        for used in sorted(rows[crate] & set(members)):
            if order.index(used) <= order.index(crate):
                yield f"ARCHITECTURE.md: `{crate}` may use `{used}`, which does not stand below it"
        for used in sorted(dependencies(crate) - rows[crate]):
            yield f"{crate}/Cargo.toml: depends on `{used}`, which its row in ARCHITECTURE.md does not name"


def check_lengths(path):
    name = path.relative_to(ROOT).as_posix()
    lines = path.read_text().splitlines()
    if len(lines) > FILE_LINES and name not in LONG_FILES:
        yield f"{name}: {len(lines)} lines; more than {FILE_LINES} need a reason in scripts/check-structure.py"
    for start, line in enumerate(lines):
        if not (match := re.match(r"( *)(?:pub(?:\([^)]*\))? )?(?:const |async |unsafe )*fn (\w+)", line)):
            continue
        if line.rstrip().endswith((";", "}")):
            continue
        # Formatted code closes a function in the column in which it begins.
        end = next((at for at in range(start + 1, len(lines)) if lines[at] == match[1] + "}"), None)
        if end is None or end - start + 1 <= FUNCTION_LINES:
            continue
        if not any("Long because" in near for near in lines[max(0, start - 12) : start + 12]):
            yield f"{name}:{start + 1}: `{match[2]}` has {end - start + 1} lines; more than {FUNCTION_LINES} need a comment `Long because …`"


def check_names(paths):
    """Public types with one name in two crates that some crate can see both of."""
    rows = crate_rows()
    defined = collections.defaultdict(dict)
    for path in paths:
        crate, folder, *_ = path.relative_to(ROOT).parts
        if crate not in rows or folder != "src":
            continue
        for match in re.finditer(r"^pub (?:struct|enum|trait|type|union) (\w+)", path.read_text(), re.MULTILINE):
            defined[match[1]].setdefault(crate, path.relative_to(ROOT).as_posix())

    def reached(crate):
        below = rows[crate] & set(rows)
        return below.union(*map(reached, below))

    reach = {crate: reached(crate) for crate in rows}
    for name, crates in sorted(defined.items()):
        users = [{crate for crate in crates if crate in reach[user] | {user}} for user in rows]
        together = sorted(set().union(*(used for used in users if len(used) > 1)))
        if together and name not in SAME_NAMES:
            yield f"{crates[together[0]]}: `{name}` is also " + ", ".join(f"in {crates[crate]}" for crate in together[1:])


def main():
    paths = rust_files()
    found = list(check_arrows())
    for path in paths:
        found += check_lengths(path)
    found += check_names(paths)
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
