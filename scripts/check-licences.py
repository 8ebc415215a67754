#!/usr/bin/env python3
"""Checks that every dependency has a licence that deny.toml allows, and that no entry there is needless.

One line per finding; exit status 1 where there is one.
"""

import json
import pathlib
import re
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent


def satisfied(expression, allowed, used):
    """Whether an SPDX expression can be met with allowed licences; those that meet it are added to `used`."""
    tokens = re.findall(r"\(|\)|[^\s()]+", expression.replace("/", " OR "))

    def alternatives():
        results = [conjunction()]
        while tokens and tokens[0] == "OR":
            tokens.pop(0)
            results.append(conjunction())
        return any(results)

    def conjunction():
        results = [single()]
        while tokens and tokens[0] == "AND":
            tokens.pop(0)
            results.append(single())
        return all(results)

    def single():
        token = tokens.pop(0)
        if token == "(":
            result = alternatives()
            tokens.pop(0)
            return result
        if tokens and tokens[0] == "WITH":
            token += " WITH " + tokens[1]
            del tokens[:2]
        if token in allowed:
            used.add(token)
        return token in allowed

    return alternatives()


def main():
    deny = tomllib.loads((ROOT / "deny.toml").read_text())
    allowed, used, found = set(deny["licenses"]["allow"]), set(), []
    command = ["cargo", "metadata", "--locked", "--format-version", "1"]
    for target in deny["graph"]["targets"]:
        command += ["--filter-platform", target]
    packages = json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)["packages"]
    for package in packages:
        licence = package["license"]
        if not licence or not satisfied(licence, allowed, used):
            found.append(f"{package['name']} {package['version']}: the licence {licence or 'is missing and'} is not allowed by deny.toml")
    found += [f"deny.toml: no dependency needs `{licence}`" for licence in sorted(allowed - used)]
    print("\n".join(found) or f"licences: {len(packages)} packages, all allowed by deny.toml")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
