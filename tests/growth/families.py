"""Texts of any length that are hard to read: each family makes one of about so many characters."""

import itertools
import json
import random
from collections.abc import Callable, Iterator

Make = Callable[[int], str]

# One sign, or a few, over and over.
_UNITS = {
    "blank": " ",
    "newline": "\n",
    "crlf": "\r\n",
    "tab": "\t",
    "blank lines": " \n",
    "tab lines": "\t\r\n",
    "line separators": "\u2028",
    "letter": "a",
    "capital": "A",
    "digit": "1",
    "dot": ".",
    "comma": ",",
    "colon": ":",
    "semicolon": ";",
    "dash": "-",
    "underscore": "_",
    "star": "*",
    "hash": "#",
    "pipe": "|",
    "slash": "/",
    "backslash": "\\",
    "at": "@",
    "dollar": "$",
    "equals": "=",
    "percent": "%",
    "plus": "+",
    "question": "?",
    "exclamation": "!",
    "double quote": '"',
    "single quote": "'",
    "backtick": "`",
    "fence": "```",
    "fence lines": "```\n",
    "tilde lines": "~~~\n",
    "square": "[",
    "squares": "[]",
    "curly": "{",
    "curlies": "{}",
    "round": "(",
    "rounds": "()",
    "closing": "}])",
    "less": "<",
    "tag": "<a>",
    "tag without end": "<a ",
    "closing tag": "</a",
    "document": "<document>",
    "documents": "<document>a</document>\n",
    "comment": "<!--",
    "pre": "<pre>",
    "template": "{{a}}",
    "template without end": "{{a ",
    "percent template": "{% a ",
    "letter blank": "a ",
    "two letters": "a b ",
    "capitals": "Ab ",
    "capital dot": "A.",
    "letter dot": "a.",
    "letter at": "a@",
    "address": "a@b.",
    "addresses": "ab@cd.ef ",
    "scheme": "http://",
    "links": "http://a.b/c ",
    "www": "www.",
    "path": "/a.b",
    "words": "word ",
    "possessive": "it's ",
    "owner": "A's ",
    "contraction": "don't ",
    "article": "in the ",
    "of the": "of the ",
    "negation": "not ",
    "thanks": "thanks ",
    "please": "please ",
    "can you": "can you ",
    "what is": "what is ",
    "if it rains": "if it rains, can I swim? ",
    "phrase": "in order to ",
    "bold": "**",
    "bold word": " **never** ",
    "bold half": "a ** a",
    "emphasis": "*a",
    "link": "[a](",
    "image": "![",
    "item": "- a\n",
    "numbered": "1. a\n",
    "heading": "# a\n",
    "rule": "---\n",
    "row": "| a | b |\n",
    "csv": "1,2,3\n",
    "time": "12:30 ",
    "iso": "2024-01-02T03:04:05 ",
    "amount": "$1,",
    "number parts": "1,000.",
    "decimal": "0.1e",
    "document head": "Document [1]\n",
    "source head": "[1] a\n",
    "question head": "Question: a?\n",
    "action": "Action: a\n",
    "call": "f(",
    "subscript": "a[",
    "escape": '\\"',
    "unicode escape": "\\u00e9",
    "name": '"a":',
    "object": '{"a":',
    "list": "[[",
    "accent": "e\u0301",
    "marks": "\u0301",
    "zero width": "\u200b",
    "tag signs": "\U000e0041",
    "joined": "\U0001f468\u200d",
    "variation": "a\ufe0f",
    "bidi": "\u202e",
    "han": "\u4f60",
    "kana": "\u306e",
    "nagari": "\u0915\u093e",
    "emoji": "\U0001f600",
    "nul": "\x00",
    "sse": "data: {}\n\n",
    "sse field": "data: a\n",
    "sse blank": ": \n",
    "sse crlf": "\r\n\r",
    "why": "why? ",
    "sentence": "Never answer a question about the weather in another town. ",
    "same sentence": "You must not share the customer's data with anybody at all.\n",
    "same question": "What is the capital of France?\n",
    "def": "def f(a):\n",
    "log": "2024-01-02 03:04:05 INFO a\n",
    "select": "select a ",
    "tagged paragraphs": "<a>b</a>\n\n",
    "open lists": '["a",\n',
    "lists of lines": '["a"]\n',
    "opening quote": "\u201c",
    "do": "do ",
    "pair": "a: b\n",
    "shell": "$ ls\n",
    "quoted line": "> a\n",
    "if then": "if a ",
    "proper names": "John Smith of the ",
}
# What is written around a run of one sign: most patterns that read a run again and again do so where it does not end as they want.
_AROUND = (
    "blank",
    "newline",
    "tab",
    "letter",
    "digit",
    "dot",
    "comma",
    "dash",
    "double quote",
    "backslash",
    "letter dot",
)
_ALTERNATING = (
    *(
        "blank",
        "newline",
        "tab",
        "letter",
        "digit",
        "dot",
        "double quote",
        "backtick",
        "star",
        "square",
        "curly",
        "less",
    ),
    *("backslash", "at", "colon", "dash"),
)


def families() -> dict[str, Make]:
    """The families that every reader is tried with, by name."""
    found: dict[str, Make] = {name: _repeated(unit) for name, unit in _UNITS.items()}
    for name in _AROUND:
        found[f"x {name} x"] = _between("x", _UNITS[name], "x")
    found["paragraphs and rules"] = _between("", "a\n\n", "---\na\n---\n")
    found["contractions"] = _numbered("w{}n't ")
    found["letters n't"] = _letters("{}n't ")
    found["quoted once"] = _between('"', "a", "")
    found["open tag and blanks"] = _between("<a", " ", "")
    found["distinct lines"] = _numbered("line {} is about the number {} and nothing else\n")
    found["near lines"] = _numbered("The order {} was sent on Monday and must never be changed.\n")
    found["distinct sentences"] = _numbered("Always tell the customer number {} that the offer has come to an end. ")
    found["distinct words"] = _numbered("w{} ")
    found["distinct tags"] = _numbered("<t{}>")
    found["distinct closed tags"] = _numbered("<t{0}>a</t{0}>")
    found["rising heads"] = _numbered("[{}] Some words about one thing.\n\n")
    found["distinct addresses"] = _numbered("user{}@example.com ")
    found["distinct names"] = _numbered("Name{} Smith. ")
    found["csv rows"] = _numbered("{},name {},3.5,x\n")
    found["log rows"] = _numbered("2024-01-02 03:04:05,{} ERROR in worker: no such row\n")
    found["prose"] = _prose
    found["long lines"] = _long_lines
    found["nested lists"] = lambda size: "[" * (size // 2) + "]" * (size // 2)
    found["nested objects"] = lambda size: '{"a":' * (size // 6) + "1" + "}" * (size // 6)
    found["json rows"] = lambda size: json.dumps(
        [{"id": n, "name": f"n {n}", "ok": True} for n in range(max(1, size // 40))]
    )
    found["json names"] = lambda size: json.dumps({f"name{n}": f"v {n}" for n in range(max(1, size // 24))})
    found["json text"] = lambda size: json.dumps("a b " * (size // 4))
    found["json numbers"] = lambda size: json.dumps(list(range(size // 7)))
    found["json wide rows"] = lambda size: json.dumps([{f"c{n}": n for n in range(max(1, size // 30))}] * 2)
    found["json deep rows"] = lambda size: json.dumps([{"a": {"b": [n, {"c": n}]}} for n in range(max(1, size // 30))])
    return found


def alternations() -> dict[str, Make]:
    """Two signs by turns, one by one and in halves: too many for every day."""
    found: dict[str, Make] = {}
    for one, other in itertools.permutations(_ALTERNATING, 2):
        found[f"{one}, {other}"] = _repeated(_UNITS[one] + _UNITS[other])
        found[f"{one} then {other}"] = _halves(_UNITS[one], _UNITS[other])
    return found


def _repeated(unit: str) -> Make:
    return lambda size: unit * max(1, size // len(unit))


def _between(before: str, unit: str, behind: str) -> Make:
    return lambda size: before + unit * max(1, size // len(unit)) + behind


def _halves(one: str, other: str) -> Make:
    return lambda size: one * max(1, size // 2 // len(one)) + other * max(1, size // 2 // len(other))


def _numbered(line: str) -> Make:
    return lambda size: _filled((line.format(n, n) for n in itertools.count(1)), size)


def _letters(word: str) -> Make:
    def names() -> Iterator[str]:
        for length in itertools.count(1):
            for letters in itertools.product("abcdefgh", repeat=length):
                yield word.format("".join(letters))

    return lambda size: _filled(names(), size)


def _filled(pieces: Iterator[str], size: int) -> str:
    whole: list[str] = []
    length = 0
    while length < size:
        piece = next(pieces)
        whole.append(piece)
        length += len(piece)
    return "".join(whole)


_SAID = (
    *(
        "The clerk reads the letter before it is sent.",
        "Nobody may open the door without a key.",
        "When it rains, the shop is shut?",
    ),
    *("Write every name down; then ask again.", "In the event that a parcel is late, tell the customer at once!"),
)


def _prose(size: int) -> str:
    chosen = random.Random(7)
    return _filled(
        (f"{chosen.choice(_SAID)}{chosen.choice((' ', ' ', chr(10), chr(10) * 2))}" for _ in itertools.count()), size
    )


def _long_lines(size: int) -> str:
    return _filled((f"{'some words and more of them ' * 150}{n}.\n" for n in itertools.count()), size)
