#!/usr/bin/env python3
"""Writes the reference part of docs/configuration.md from the comments and values of the presets in configs/.

    scripts/configuration-reference.py            # writes it
    scripts/configuration-reference.py --check    # exit status 1 where the page is not current

A comment in a preset is about the keys of one section that follow it, down to the next comment or blank line.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "configuration.md"
BEGIN = "<!-- What follows is written by `make docs` from the presets. -->\n"
# Preset, title.
PRESETS = [
    ("configs/track.yaml", "`mvmhat track`"),
    ("configs/association-clustering.yaml", "`association.name: clustering`"),
    ("configs/association-mvmhat.yaml", "`association.name: mvmhat`"),
    ("configs/train-cpu.yaml", "`mvmhat train`"),
    ("configs/train-detector.yaml", "`mvmhat train-detector`"),
]
KEY = re.compile(r"( *)([\w-]+):(?: +(.*))?$")


class Group:
    """Keys that share a comment."""

    def __init__(self, comment):
        self.comment, self.keys, self.values = comment, [], []


def groups(lines):
    """The introduction of a preset, and its keys with their comments."""
    found, comment, path, group, section = [], [], [], None, None
    first = next(number for number, line in enumerate(lines) if KEY.match(line))
    # What stands before the first key, and apart from it, is about the whole file.
    head = max((number for number, line in enumerate(lines[:first]) if not line.strip()), default=first - 1)
    introduction = [line.lstrip("# ").rstrip() for line in lines[: head + 1]]
    for line in lines[head + 1 :]:
        text = line.strip()
        if not text:
            comment, group = [], None
        elif text.startswith("#"):
            comment = [*comment, text[1:].strip()]
            group = None
        elif match := KEY.match(line):
            depth = len(match[1]) // 2
            path = [*path[:depth], match[2]]
            # A key that begins a section, or stands in another one, does not share the comment of those before it.
            if group is None or match[3] is None or path[:-1] != section:
                group, comment, section = Group(comment), [], path[:-1]
                found.append(group)
            group.keys.append(".".join(path))
            group.values.append(match[3])
            if match[3] is None:
                group = None
        elif group is not None:
            # A value that goes on in the next line.
            group.values[-1] = f"{group.values[-1] or ''} {text}".strip()
        else:
            sys.exit(f"a line that is no key, comment or value: {line}")
    return [line for line in introduction if line], found


def cell(text):
    """Text in a table: what is in angle brackets is no HTML."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace(">", "&gt;")


def reference():
    parts = []
    for name, title in PRESETS:
        introduction, found = groups((ROOT / name).read_text().splitlines())
        parts.append(f"\n## {title}\n\nPreset [`{name}`](../{name}). {' '.join(introduction)}\n\n| key | default | meaning |\n|---|---|---|\n")
        for group in found:
            keys = [(key, value) for key, value in zip(group.keys, group.values)]
            if not group.comment and all(value is None for _, value in keys):
                continue
            names = "<br>".join(f"`{key}`" for key, _ in keys)
            values = "<br>".join(f"`{cell(value)}`" if value is not None else "" for _, value in keys)
            parts.append(f"| {names} | {values} | {cell(' '.join(group.comment))} |\n")
    return "".join(parts)


def main():
    text = PAGE.read_text()
    if BEGIN not in text:
        sys.exit(f"{PAGE.relative_to(ROOT)}: the line {BEGIN.strip()!r} is missing")
    wanted = text[: text.index(BEGIN) + len(BEGIN)] + reference()
    if "--check" in sys.argv[1:]:
        if wanted != text:
            print("docs/configuration.md: not current; run `make docs`")
            return 1
    elif wanted != text:
        PAGE.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
