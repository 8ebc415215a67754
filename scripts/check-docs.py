#!/usr/bin/env python3
"""Checks the documents: links between files lead somewhere, the README is short, its Rust example is one that is tested, and
the configuration reference is current.

One line per finding; exit status 1 where there is one.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
README_LINES = 110
LINK = re.compile(r"\[[^\]\[]*(?:\[[^\]]*\][^\]\[]*)?\]\(([^)\s]+)\)")


def anchors(text):
    """The names under which the headings of a Markdown file can be linked to."""
    for heading in re.findall(r"^#+ +(.*)$", text, re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def check_links(path):
    text = path.read_text()
    outside_code = re.sub(r"```.*?```", lambda match: "\n" * match.group().count("\n"), text, flags=re.DOTALL)
    for match in LINK.finditer(outside_code):
        target, _, anchor = match[1].partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        line = outside_code.count("\n", 0, match.start()) + 1
        file = (path.parent / target) if target else path
        if not file.exists():
            yield f"{path.relative_to(ROOT)}:{line}: {match[1]} is not there"
        elif anchor and file.suffix == ".md" and anchor not in set(anchors(file.read_text())):
            yield f"{path.relative_to(ROOT)}:{line}: {match[1]}: no such heading"


def check_readme():
    text = (ROOT / "README.md").read_text()
    if (lines := text.count("\n")) > README_LINES:
        yield f"README.md: {lines} lines, more than {README_LINES}"
    tested = "\n".join(path.read_text() for path in sorted(ROOT.glob("*/README.md")))
    # The README of a crate is part of its documentation, whose examples are tests; hidden lines begin with `# `.
    known = [line for line in tested.splitlines() if line.strip() and not line.startswith("# ")]
    for example in re.findall(r"```rust\n(.*?)```", text, re.DOTALL):
        code = [line for line in example.splitlines() if line.strip()]
        if not any(known[start : start + len(code)] == code for start in range(len(known))):
            yield "README.md: the Rust example stands in no README of a crate, where it would be tested"


def main():
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", "*.md"],
        cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True,
    ).stdout
    found = []
    for name in sorted(set(listed.splitlines())):
        if (ROOT / name).is_file():
            found += check_links(ROOT / name)
    found += check_readme()
    print("\n".join(found), end="\n" if found else "")
    current = subprocess.run([sys.executable, ROOT / "scripts" / "configuration-reference.py", "--check"])
    return 1 if found or current.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
