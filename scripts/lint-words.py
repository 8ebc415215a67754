#!/usr/bin/env python3
"""Keeps words out of the project that its field has other words for: scripts/lint-words.txt says which, and what to say.

    scripts/lint-words.py            # everything that git knows
    scripts/lint-words.py PATH...    # some files and folders
    scripts/lint-words.py --count    # how often each word occurs

One line per finding: FILE:LINE: `the words`: say what stands in lint-words.txt. Exit status 1 where there is one.
"""

import fnmatch
import pathlib
import re
import subprocess
import sys

try:
    from re import _parser as parser
except ImportError:  # before Python 3.11
    import sre_parse as parser

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIST = ROOT / "scripts" / "lint-words.txt"
ENDINGS = (".rs", ".md", ".yaml", ".yml", ".py", ".sh", "Cargo.toml", "Makefile")
# The list itself has to name the words.
SKIPPED = {"scripts/lint-words.txt", "scripts/lint-words.py"}

# What a line begins and ends with besides its words; a phrase may be wrapped inside a comment.
MARGIN = re.compile(r"[ \t]*\n[ \t]*(?:(?://[/!]?|#|>)[ \t]*)?")
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# Rust's comments and strings; lifetimes and characters are left alone.
COMMENT_OR_STRING = re.compile(r"//[^\n]*|/\*.*?\*/|(?<!')r(#*)\".*?\"\1|\"(?:\\.|[^\"\\])*\"", re.DOTALL)


def literals(parsed):
    """Strings of which every match contains one, or None: to look for them first is twenty times as fast."""
    best, run = None, ""
    for operation, value in [*parsed, (None, None)]:
        if operation is parser.LITERAL:
            run += chr(value)
            continue
        options = [run] if run else None
        if options and (best is None or min(map(len, best)) < len(run)):
            best = options
        run, options = "", None
        if operation is parser.SUBPATTERN:
            options = literals(value[-1])
        elif operation is parser.MAX_REPEAT and value[0] > 0:
            options = literals(value[2])
        elif operation is parser.BRANCH:
            branches = [literals(branch) for branch in value[1]]
            options = None if None in branches else sum(branches, [])
        if options and (best is None or min(map(len, best)) < min(map(len, options))):
            best = options
    return best


class Word:
    """A word to avoid: `kind` says what part of a file it is looked for in, `where` in which files."""

    def __init__(self, kind, pattern, say, where):
        self.kind, self.pattern, self.say = kind, pattern, say
        self.where = [glob.strip() for glob in where.split(",")] if where else []
        if kind == "text":
            pattern = rf"\b(?:{pattern})\b".replace(" ", r"[ \n]")
        self.regex = re.compile(pattern)
        self.literals = literals(parser.parse(pattern)) or [""]

    def applies_to(self, path):
        return not self.where or any(fnmatch.fnmatch(path, glob) for glob in self.where)

    def find(self, text):
        """(line, what stands there, this word) for each place in the text."""
        if any(literal in text for literal in self.literals):
            for match in self.regex.finditer(text):
                yield text.count("\n", 0, match.start()) + 1, " ".join(match.group().split()), self


def read_list():
    words, phrases, allowed = [], [], []
    for number, line in enumerate(LIST.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        kind, _, rest = line.partition(":")
        # A pattern may use `|` without blanks around it.
        fields = [field.strip() for field in rest.split(" | ")]
        if kind in ("text", "key", "code") and len(fields) in (2, 3):
            words.append(Word(kind, *fields, *[""] * (3 - len(fields))))
        elif kind == "phrase" and len(fields) == 2:
            phrases.append(fields[0])
        elif kind == "allow" and len(fields) == 3:
            allowed.append((fields[0], re.compile(fields[1])))
        else:
            sys.exit(f"{LIST}:{number}: not an entry: {line}")
    return words, re.compile("|".join(phrases)), allowed


def blank(match):
    """Nothing in place of a match, on as many lines."""
    return " " + "\n" * match.group().count("\n")


def spoken(text):
    """Identifiers as words: `HeldBack` and `held_back` read `held back`."""
    text = MARGIN.sub("\n", text)
    return CAMEL.sub(" ", text).replace("_", " ").replace("-", " ").lower()


def findings(path, text, words, phrases, allowed):
    """(line, what stands there, its word) for each word to avoid; line 0 is the file's name."""
    text = phrases.sub(blank, text)
    parts = {"text": spoken(text), "key": text}
    if path.endswith(".rs"):
        parts["code"] = COMMENT_OR_STRING.sub(blank, text)
    name = spoken(path)
    found = []
    for word in words:
        if word.applies_to(path):
            found += word.find(parts.get(word.kind, ""))
            if word.kind == "text":
                found += [(0, *rest) for _, *rest in word.find(name)]
    for line, what, word in sorted(found, key=lambda each: each[0]):
        excepted = any(fnmatch.fnmatch(path, glob) and regex.search(what) for glob, regex in allowed)
        if not excepted:
            yield line, what, word


def files(arguments):
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *arguments],
        stdout=subprocess.PIPE, check=True, cwd=pathlib.Path.cwd() if arguments else ROOT,
    ).stdout.decode()
    base = pathlib.Path.cwd() if arguments else ROOT
    for name in sorted(set(filter(None, listed.split("\0")))):
        path = base / name
        inside = path.resolve().relative_to(ROOT).as_posix()
        if inside.endswith(ENDINGS) and inside not in SKIPPED and path.is_file():
            yield inside, path


def main(arguments):
    count = "--count" in arguments
    arguments = [argument for argument in arguments if argument != "--count"]
    words, phrases, allowed = read_list()
    counts = {}
    for inside, path in files(arguments):
        text = path.read_text(errors="replace")
        for line, found, word in findings(inside, text, words, phrases, allowed):
            counts[word.pattern] = counts.get(word.pattern, 0) + 1
            if not count:
                print(f"{inside}:{line}: `{found}`: say {word.say}")
    if count:
        for pattern, times in sorted(counts.items(), key=lambda each: -each[1]):
            print(f"{times:6} {pattern}")
    total = sum(counts.values())
    if total:
        print(f"words: {total} to replace (scripts/lint-words.txt; exceptions have their reasons there)", file=sys.stderr)
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
