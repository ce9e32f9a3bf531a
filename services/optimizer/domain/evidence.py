"""What a line of text shows of what it belongs to: patterns, each linear, that tell code, data and layout from prose.

Prose has to prove itself. A line that no pattern knows and that does not read as a sentence makes its block `unknown`,
and what is unknown is left as it came.
"""

import re
from collections.abc import Sequence

_CODE = re.compile(
    r"""^\s*+(?:
      (?:def|class|async\s+def|fn|pub|impl|func|interface|struct|enum|namespace|package|module|require|include|using)\s+[\w.:<"'(/]
    | (?:import|from)\s+[\w.{*"'<]
    | (?:const|let|var|public|private|protected|static|final|void|int|return|yield|raise|throw|assert|await)\b\s*[\w("'\[{*-]
    | (?:if|for|while|elif|else|try|except|finally|with|switch|case|do|then|fi|done|esac|end|begin)\b[^.!?]*+$
    | (?:export|alias|set|sudo|cd|ls|cat|echo|mkdir|rm|cp|mv|curl|wget|git|pip|npm|npx|yarn|docker|make|kubectl|apt|apt-get|
        brew|go|cargo|python3?|node)\s+\S+(?:\s+\S+){0,8}\s*$
    | (?:RUN|COPY|ADD|CMD|ENTRYPOINT|WORKDIR|ENV|EXPOSE|ARG|USER|VOLUME|LABEL)\s
    | (?:SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|FROM|WHERE|JOIN|LEFT|INNER|GROUP\s+BY|ORDER\s+BY|HAVING|VALUES|LIMIT|UNION|
        WITH|GRANT|COMMIT|BEGIN)\b
    | (?:select\b.{0,200}\bfrom\b|insert\s+into\b|update\s+\w+\s+set\b|delete\s+from\b|create\s+(?:table|index|view)\b|alter\s+table\b)
    | (?://|/\*|\*/|\*\s*@|\#!|\#\s*(?:include|define|ifdef|ifndef|endif|pragma)\b|--(?:\s|$)|;;|%|<!--|\"{3}|'{3}|@\w|:\w+:|\.\.\s)
    | (?:\$|>>>|\.\.\.|\#)\s*(?:[a-z./~]|$)
    | (?:@@|diff\s--git|index\s[0-9a-f]{6}|\+\+\+\s|---\s\S|rename\s|new\sfile)
    | [}\])]+[;,)]*\s*$
    | [A-Za-z_][\w.\-\[\]"']*\s*(?:[-+*/|&:]?=)(?!=)
    | \w+\s*:\s*(?:\||>-?|&\w+|\*\w+)\s*$
    | Traceback\s\(|File\s"|at\s[\w$.<>]+\(
    )""",
    re.VERBOSE,
)
# Anywhere in a line: operators, calls, tags, escapes and TeX that no sentence holds.
_SIGNS = re.compile(
    r"[{};]\s*$|=>|->|::|:=|==|!=|<=|>=|&&|\|\||\+=|-=|\*\*\w+[,)]|</?\w|/>|\w\(\w*\)|\w\(['\"\w]|"
    r"\\[A-Za-z]+|\\[\\(\[]|\$[A-Za-z_]|\$\$|\$\{|\w\[\w*\]|__\w|\w_\w|\b[a-z]+[A-Z]\w*\(|#\w|\.\w+\(|\*\w+\*\w|\w/\w+/|~/|\b0x[0-9a-f]"
)
_LOG = re.compile(
    r"^\s*+(?:\[?\d{4}-\d\d-\d\d|\[?\d\d:\d\d:\d\d|\w{3}\s+\d{1,2}\s\d\d:\d\d|\[\w{3}\s\w{3}\s\d|\d{1,3}(?:\.\d{1,3}){3}\s|"
    r"\[?(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL)\b|<\d{1,3}>|\d{9,13}\b)"
)
_PAIR = re.compile(r"""^\s*+(?:["']?[\w][\w .\-/()]{0,40}["']?)\s*[:=]\s*(?P<value>.*)$""")
_GAP = re.compile(r"[^\s.!?:;,]  +\S|\S {3,}\S")
_WIDE = re.compile(r"\S {4,}\S")
_TABLE = re.compile(r"^\s*+\||\|\s*+$|^\s*+[+|][-=+|]+\s*+$|[\u2500-\u259f]")
_QUOTED = re.compile(r"^\s*>")
_RULE = re.compile(r"^\s*+(?:[-=_*~#+.]\s*+){3,}+$")
_SLOT = re.compile(r"\{\{|\{%|<%|_{3,}|\.{4,}|\[[A-Z][\w ]{0,40}\]|\[\s?[xX ]?\]|<[A-Z][A-Z_ ]{1,30}>|%[sd]\b|\{\w*\}")
ITEM = re.compile(r"^\s*+(?:[-*•+‣–]|\(?(?:\d{1,3}|[A-Za-z])[.)]|[①-⑳])\s+(?=\S)")
HEADING = re.compile(r"^#{1,6}\s+\S")
_TAG_LINE = re.compile(r"^\s*</?[A-Za-z][\w.-]{0,60}>\s*$")
# What stands for one word when a sentence is looked at: code in ticks, links, addresses, quotations.
_INLINE = re.compile(
    r"`[^`\n]{1,200}`|https?://[^\s<>]{1,500}|[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{1,64}|\"[^\"\n]{1,400}\"|“[^”\n]{1,400}”|«[^»\n]{1,400}»"
)
_NOT_PROSE = re.compile(r"[={}\[\]<>|\\^~\t@\u200b-\u200f]|\$(?!\d)|_\w|\w_|&\w|#\d")
_ENDS = (".", "!", "?", ":", "…", "。", "！", "？", "：", ")", '"', "”", "»", ";", ",", "*", "।", "؟", "．", "」")
_FIGURE = re.compile(r"\d")
# A number, a date, a time or an amount, as one.
_NUMBER = re.compile(r"[$€£¥+-]?\d[\d.,:/-]*%?")
_WRAPPED = 50
_VERSE = 60


def is_code(line: str) -> bool:
    """Whether the line looks like source, a shell session, a patch or TeX."""
    bare = _INLINE.sub("x", line)
    return bool(_CODE.match(bare) or _SIGNS.search(bare))


def is_data(lines: Sequence[str]) -> bool:
    """Whether the lines look like a log, a table, name-value pairs, or hold figures rather than words."""
    if any(_LOG.match(line) for line in lines):
        return True
    if any("\t" in line.strip() for line in lines):
        return True
    if len(lines) > 1 and (_delimited(lines) or _pairs(lines) > 1):
        return True
    if len(lines) > 1 and len(set(lines)) < len(lines):
        return True
    words = [word for line in lines for word in line.split()]
    figures = sum(bool(_FIGURE.search(word)) for word in words)
    return 3 * figures > len(words) and figures > 1


def is_layout(lines: Sequence[str]) -> bool:
    """Whether blanks, marks or line ends look meant: tables, quotations, templates, art, verse."""
    if any(_TABLE.search(line) or _QUOTED.match(line) or _SLOT.search(line) for line in lines):
        return True
    if sum(bool(_RULE.match(line)) for line in lines) > (len(lines) == 1):
        return True
    if any(_WIDE.search(line) for line in lines) or sum(bool(_GAP.search(line)) for line in lines) > 1:
        return True
    plain = [line for line in lines if not ITEM.match(line) and not HEADING.match(line)]
    short = [
        line
        for line in plain
        if len(line) < _VERSE and not line.rstrip().endswith((".", "!", "?", ":", "。", "！", "？"))
    ]
    return len(plain) > 1 and 2 * len(short) > len(plain)


def reads(lines: Sequence[str]) -> bool:
    """Whether every line is a sentence, an item of a list of sentences, a heading, or a tag by itself."""
    said, in_item = 0, False
    for i, line in enumerate(lines):
        if _TAG_LINE.match(line):
            continue
        item, heading = ITEM.match(line), HEADING.match(line)
        if line[:1].isspace() and not (item or in_item):
            return False
        in_item = bool(item) or (in_item and line[:1].isspace())
        bare = _INLINE.sub("x", line[item.end() if item else 0 :].lstrip("# ").replace("**", ""))
        if not _sentence(bare):
            return False
        listed = bool(item or heading) or in_item
        wrapped = i > 0 and len(lines[i - 1]) >= _WRAPPED
        if not (listed or wrapped or _opens(bare)):
            return False
        if not (
            listed or bare.rstrip().endswith(_ENDS) or _goes_on(lines, i) or (len(lines) == 1 and len(bare.split()) > 3)
        ):
            return False
        said += not heading
    return said > 0 or (len(lines) == 1 and HEADING.match(lines[0]) is not None)


def _sentence(bare: str) -> bool:
    bare = _NUMBER.sub("0", bare)
    marks = [c for c in bare if not c.isspace()]
    if not marks or _NOT_PROSE.search(bare):
        return False
    letters = sum(c.isalpha() or not c.isascii() for c in marks)
    words = bare.split()
    figures = sum(bool(_FIGURE.search(word)) for word in words)
    return 4 * letters >= 3 * len(marks) and 3 * figures <= len(words)


def _opens(bare: str) -> bool:
    first = next((c for c in bare if c.isalnum() or not c.isascii()), "")
    return bool(first) and (not first.islower() or not first.isascii()) and not first.isdigit()


def _goes_on(lines: Sequence[str], i: int) -> bool:
    return len(lines[i]) >= _WRAPPED and i + 1 < len(lines)


def _delimited(lines: Sequence[str]) -> bool:
    """The same number of commas, semicolons or colons in every line, as rows have and sentences have not."""
    for sign in (",", ";", "|", "/"):
        counts = {line.count(sign) for line in lines}
        if len(counts) == 1 and min(counts) > (1 if sign == "," else 0) and not all(_ended(line) for line in lines):
            return True
    return any(line.count(",") > 1 and line.count(", ") < line.count(",") - 1 for line in lines)


def _ended(line: str) -> bool:
    return line.rstrip().endswith((".", "!", "?"))


def _pairs(lines: Sequence[str]) -> int:
    return sum(bool((pair := _PAIR.match(line)) and pair["value"].strip()) for line in lines)
