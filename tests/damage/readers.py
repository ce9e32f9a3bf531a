"""What a file says, by the reader of its kind: two texts that read alike say the same."""

import ast
import configparser
import csv
import io
import json
import re
import tomllib
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import yaml

_HUNK = re.compile(r"@@ -(\d+),(\d+) \+(\d+),(\d+) @@")


class Unreadable(ValueError):
    """The reader of the kind refuses the text."""


def read(kind: str, text: str) -> object:
    """What the text says. Raises `Unreadable`."""
    try:
        return _READERS.get(kind, _lines)(text)
    except (ValueError, SyntaxError, yaml.YAMLError, configparser.Error, ET.ParseError, IndexError) as refused:
        raise Unreadable(str(refused)) from refused


def _lines(text: str) -> object:
    return text.splitlines()


def _python(text: str) -> object:
    return ast.dump(ast.parse(text))


def _json(text: str) -> object:
    # As text, so that 1 and 1.0 and true are three values.
    return repr(json.loads(text))


def _json_lines(text: str) -> object:
    return [repr(json.loads(line)) for line in text.splitlines()]


def _comma(text: str) -> object:
    return list(csv.reader(io.StringIO(text, newline="")))


def _tab(text: str) -> object:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter="\t"))


def _fixed_width(text: str) -> object:
    lines = text.splitlines()
    return [[line[a:b] for a, b in ((0, 12), (12, 36), (36, 52), (52, 64), (66, 74))] for line in lines]


def _cells(text: str) -> object:
    return [
        [cell.strip() for cell in line.split("|")] if line.startswith("|") else [line] for line in text.splitlines()
    ]


def _counts(text: str) -> object:
    """How many lines hold each word: what a question about a log counts."""
    return Counter(word for line in text.splitlines() for word in set(line.split())), len(text.splitlines())


def _ini(text: str) -> object:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    return {name: dict(section) for name, section in parser.items()}


def _pairs(text: str) -> object:
    return [tuple(line.split("=", 1)) for line in text.splitlines()]


def _yaml(text: str) -> object:
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _xml(text: str) -> object:
    return ET.canonicalize(text)


class _Events(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.seen: list[object] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        self.seen.append(data)

    def handle_endtag(self, tag: str) -> None:
        self.seen.append(f"/{tag}")


def _html(text: str) -> object:
    parser = _Events()
    parser.feed(text)
    parser.close()
    return parser.seen


def _patch(text: str) -> object:
    """Each hunk's place, and the lines before and after: alike exactly where both apply to the same file alike."""
    found: list[tuple[object, ...]] = []
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        head = _HUNK.match(lines[at])
        if head is None:
            found.append((lines[at],))
            at += 1
            continue
        before, after = int(head[2]), int(head[4])
        old: list[str] = []
        new: list[str] = []
        at += 1
        while len(old) < before or len(new) < after:
            mark, line = lines[at][:1], lines[at][1:]
            if mark not in (" ", "-", "+"):
                raise Unreadable(f"line {at + 1} of the patch has no mark")
            old += [line] * (mark != "+")
            new += [line] * (mark != "-")
            at += 1
        if (len(old), len(new)) != (before, after):
            raise Unreadable("a hunk is longer than its head says")
        found.append((head[0], tuple(old), tuple(new)))
    return found


_READERS: dict[str, Callable[[str], object]] = {
    "python": _python,
    "json": _json,
    "json, odd blanks": _json,
    "notebook": _json,
    "jsonl": _json_lines,
    "json log": _json_lines,
    "csv": _comma,
    "tsv": _tab,
    "fixed width": _fixed_width,
    "markdown table": _cells,
    "apache log": _counts,
    "syslog": _counts,
    "app log": _counts,
    "toml": tomllib.loads,
    "yaml": _yaml,
    "ini": _ini,
    "env": _pairs,
    "properties": _pairs,
    "xml": _xml,
    "xml records": _xml,
    "chat export": _counts,
    "html": _html,
    "diff": _patch,
    "diff with blanks": _patch,
}
