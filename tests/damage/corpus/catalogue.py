"""All files: which kinds there are, how each may be touched, and so many of each."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from tests.damage.corpus import code, data, languages, layout, operations, structured, tongues, unusual
from tests.damage.corpus.words import Dice

# exact: no byte may change. json: a whole message of it may be written shorter, with the same value. blanks: blanks at
# line ends and empty lines may go outside tool results, words never. parts: only its blocks of code are held to the byte.
Nature = Literal["exact", "json", "blanks", "parts"]
FILES_OF_A_KIND = 12
_SIZES = (5, 8, 14, 20, 28, 36, 48, 64, 90, 110, 400, 24)
_WITH_CRLF = (1, 5, 7, 8)  # which files of a kind have Windows line ends


@dataclass(frozen=True)
class File:
    """One text. `parts` are what has to be found in what is sent."""

    kind: str
    name: str
    text: str
    nature: Nature
    parts: tuple[str, ...]


@dataclass(frozen=True)
class Kind:
    """How files of a kind are written, and what they are called."""

    write: Callable[[Dice, int], str]
    extension: str
    nature: Nature = "exact"


KINDS: dict[str, Kind] = {
    "python": Kind(code.python, "py"),
    "typescript": Kind(code.typescript, "ts"),
    "go": Kind(code.go, "go"),
    "c": Kind(code.c, "c"),
    "java": Kind(code.java, "java"),
    "rust": Kind(code.rust, "rs"),
    "sql": Kind(operations.sql, "sql"),
    "shell session": Kind(operations.shell_session, "txt"),
    "makefile": Kind(operations.makefile, "mk"),
    "dockerfile": Kind(operations.dockerfile, "Dockerfile"),
    "stack trace": Kind(operations.stack_trace, "txt"),
    "crontab": Kind(operations.crontab, "crontab"),
    "diff": Kind(operations.diff, "diff"),
    "diff with blanks": Kind(operations.diff_blanks, "patch"),
    "regex list": Kind(operations.regex_list, "txt"),
    "csv": Kind(data.comma, "csv"),
    "tsv": Kind(data.tab, "tsv"),
    "fixed width": Kind(data.fixed_width, "txt"),
    "markdown table": Kind(data.markdown_table, "md"),
    "apache log": Kind(data.apache_log, "log"),
    "syslog": Kind(data.syslog, "log"),
    "app log": Kind(data.app_log, "log"),
    "json log": Kind(data.json_log, "log"),
    "jsonl": Kind(data.jsonl, "jsonl"),
    "key values": Kind(data.key_values, "txt"),
    "json": Kind(structured.json_pretty, "json", "json"),
    "json, odd blanks": Kind(structured.json_odd, "json", "json"),
    "notebook": Kind(structured.notebook, "ipynb", "json"),
    "yaml": Kind(structured.yaml, "yaml"),
    "toml": Kind(structured.toml, "toml"),
    "ini": Kind(structured.ini, "ini"),
    "env": Kind(structured.env, "env"),
    "properties": Kind(structured.properties, "properties"),
    "po": Kind(structured.po, "po"),
    "xml": Kind(structured.xml, "xml"),
    "html": Kind(structured.html, "html"),
    "latex": Kind(layout.latex, "tex"),
    "verse": Kind(layout.verse, "txt"),
    "ascii art": Kind(layout.ascii_art, "txt"),
    "jinja": Kind(layout.jinja, "j2"),
    "mustache": Kind(layout.mustache, "mustache"),
    "answer layout": Kind(layout.answer_layout, "md"),
    "examples": Kind(layout.few_shot_file, "txt"),
    "markdown breaks": Kind(layout.markdown_breaks, "md"),
    "ruby": Kind(languages.ruby, "rb"),
    "lisp": Kind(languages.lisp, "el"),
    "haskell": Kind(languages.haskell, "hs"),
    "assembly": Kind(languages.assembly, "s"),
    "css": Kind(languages.css, "css"),
    "lua": Kind(languages.lua, "lua"),
    "gherkin": Kind(languages.gherkin, "feature"),
    "yaml stream": Kind(unusual.yaml_stream, "yaml"),
    "xml records": Kind(unusual.xml_records, "xml"),
    "slides": Kind(unusual.slides, "md"),
    "references": Kind(unusual.references, "txt"),
    "subtitles": Kind(unusual.subtitles, "srt"),
    "calendar": Kind(unusual.calendar, "ics"),
    "hex dump": Kind(unusual.hex_dump, "txt"),
    "processes": Kind(unusual.processes, "txt"),
    "odd characters": Kind(unusual.odd_characters, "txt"),
    "minified": Kind(unusual.minified, "js"),
    "base64": Kind(unusual.base64_blob, "pem"),
    "chat export": Kind(unusual.chat_export, "txt"),
    "form": Kind(unusual.questionnaire, "txt"),
    "mail": Kind(layout.mail, "eml", "blanks"),
    "german": Kind(tongues.german, "txt", "blanks"),
    "french": Kind(tongues.french, "txt", "blanks"),
    "spanish": Kind(tongues.spanish, "txt", "blanks"),
    "portuguese": Kind(tongues.portuguese, "txt", "blanks"),
    "chinese": Kind(tongues.chinese, "txt", "blanks"),
}
PROSE_AND_CODE = "prose and code"


@cache
def files() -> tuple[File, ...]:
    """Every file, the same ones at each run."""
    found = [_file(name, kind, n) for name, kind in KINDS.items() for n in range(FILES_OF_A_KIND)]
    for n in range(FILES_OF_A_KIND):
        blocks = tongues.prose_and_code(Dice(f"{PROSE_AND_CODE}-{n}"), _size(n))
        text = "\n\n".join(blocks) + "\n"
        found.append(File(PROSE_AND_CODE, f"notes/page_{n}.md", text, "parts", tuple(blocks[1::2])))
    return tuple(found)


def kinds(part: int, parts: int) -> list[str]:
    """Every `parts`-th kind, so that several modules of tests can share the work."""
    return [name for i, name in enumerate((*KINDS, PROSE_AND_CODE)) if i % parts == part]


def of_kind(name: str) -> list[File]:
    """The files of one kind."""
    return [file for file in files() if file.kind == name]


def changed(file: File, seed: int) -> File:
    """A later version of a file: a few of its lines are other ones."""
    dice = Dice(f"{file.name}-{seed}")
    lines = file.text.split("\n")
    places = [i for i, line in enumerate(lines) if line.strip()]
    for i in dice.sample(places, min(len(places), 2)):
        lines[i] = lines[i].replace(lines[i].split()[0], f"{lines[i].split()[0]}{dice.randint(2, 9)}", 1)
    text = "\n".join(lines)
    return File(file.kind, file.name, text, file.nature, (text.strip("\r\n"),))


def _file(name: str, kind: Kind, n: int) -> File:
    dice = Dice(f"{name}-{n}")
    text = kind.write(dice, _size(n))
    if n in _WITH_CRLF and kind.nature == "exact" and "\r" not in text:
        text = text.replace("\n", "\r\n")
    title = f"{dice.noun()}/{dice.name()}_{n}.{kind.extension}"
    return File(name, title, text, kind.nature, (text.strip("\r\n"),))


def _size(n: int) -> int:
    return _SIZES[n % len(_SIZES)]
