"""YAML, TOML and JSON that a person wrote, read into plain values, with the line of each for messages.

PyYAML reads YAML 1.1, where `off` is a boolean, `1:30` a number and a date an object. Here the core schema of YAML 1.2 holds: only
`true` and `false` are booleans, and what is no JSON number is text. Sizes, depth and what aliases add up to are bounded before
anything is built.
"""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import msgspec
import yaml

Format = Literal["yaml", "toml", "json"]
T = TypeVar("T")

MAX_BYTES: Final = 1 << 18
MAX_DEPTH: Final = 32
MAX_NODES: Final = 50_000
_FORMATS: Final[Mapping[str, Format]] = {".yaml": "yaml", ".yml": "yaml", ".toml": "toml", ".json": "json"}
_AT: Final = re.compile(r" - at `(?:key in )?\$\.?([^`]*)`$")
_NAMED: Final = re.compile(r"(?:required|unknown) field `([^`]*)`")
_TAG: Final = "tag:yaml.org,2002:"
_TAGS: Final = frozenset(("str", "int", "float", "bool", "null", "map", "seq"))
_INT: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,18})$")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?:\.[0-9]*)?[eE][-+]?[0-9]{1,3})$")


class DocumentError(Exception):
    """A document cannot be used; the message is a sentence that names the line or the place."""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """`lines` has the line, from 1, of every place such as `rules[2].name`; it is empty where the format does not tell."""

    data: Any
    lines: Mapping[str, int] = {}

    def place(self, path: str) -> str:
        """A place for a message: its line and its path. A place without a line of its own has that of what it is in."""
        inner = path
        while inner and inner not in self.lines:
            inner = inner[: max(inner.rfind("."), inner.rfind("["), 0)]
        line = self.lines.get(inner)
        return f"line {line}: {path}" if line is not None and path else f"line {line}" if line is not None else path


def format_of(path: Path) -> Format:
    """The format that a file's name says; `DocumentError` for another name."""
    found = _FORMATS.get(path.suffix.lower())
    if found is None:
        raise DocumentError(f"{path.name}: the name of the file has to end in {', '.join(_FORMATS)}.")
    return found


def read(text: bytes, form: Format) -> Document:
    """The values of a document, a mapping at the top. `DocumentError` where it is none, or too large."""
    if len(text) > MAX_BYTES:
        raise DocumentError(f"The file has more than {MAX_BYTES >> 10} KiB.")
    try:
        decoded = text.decode()
    except UnicodeDecodeError as error:
        raise DocumentError(f"The file is not UTF-8 (at byte {error.start}).") from None
    document = _yaml(decoded) if form == "yaml" else Document(data=_toml(decoded) if form == "toml" else _json(text))
    if not isinstance(document.data, dict):
        raise DocumentError("The file has to hold names with their values, and holds something else.")
    return document


def convert(document: Document, shape: type[T]) -> T:
    """The document as `shape`; `DocumentError` names the line and the field that does not fit."""
    try:
        return msgspec.convert(document.data, shape)
    except msgspec.ValidationError as error:
        problem = str(error)
    at, named = _AT.search(problem), _NAMED.search(problem)
    path = at.group(1) if at else ""
    if named and "unknown" in problem:
        path = f"{path}.{named.group(1)}" if path else named.group(1)
        raise DocumentError(f"{document.place(path)}: there is no such field.")
    where = document.place(path)
    raise DocumentError(f"{where}: {_AT.sub('', problem)}." if where else f"{problem}.")


def written(data: Any) -> str:
    """Plain values as YAML that `read` reads as the same values."""
    text = _dumped(data, ascii_only=False)
    # YAML takes these for ends of lines or leaves them out, and PyYAML does not escape them among other letters.
    return _dumped(data, ascii_only=True) if set(text) & set("\x85\u2028\u2029\ufeff") else text


class _Loader(yaml.SafeLoader):
    """The pure Python loader: that of libyaml would end the process, not raise, where a document nests too deeply."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - the base class declares it so


class _Dumper(yaml.SafeDumper):
    """Quotes what either version of YAML would read as something else than text."""


for _cls in (_Loader, _Dumper):
    _cls.add_implicit_resolver(f"{_TAG}bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))
    _cls.add_implicit_resolver(f"{_TAG}null", re.compile(r"(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""])
    _cls.add_implicit_resolver(f"{_TAG}int", _INT, list("-+0123456789"))
    _cls.add_implicit_resolver(f"{_TAG}float", _FLOAT, list("-+0123456789."))
    _cls.add_implicit_resolver(f"{_TAG}merge", re.compile(r"<<$"), ["<"])


def _dumped(data: Any, *, ascii_only: bool) -> str:
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=not ascii_only, width=120)


def _yaml(text: str) -> Document:
    try:
        _check_depth(text)
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return Document(data={})
            _check_size(node)
            lines: dict[str, int] = {}
            _note_lines(node, "", lines)
            return Document(data=loader.construct_document(node), lines=lines)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}: " if mark is not None else ""
        raise DocumentError(f"{where}this is not valid YAML: {error.problem or error.context}.") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise DocumentError(f"This is not valid YAML: {type(error).__name__}.") from None


def _check_depth(text: str) -> None:
    """Events come without recursion, so that this ends before anything that recurses begins."""
    depth = 0
    for number, event in enumerate(yaml.parse(text, Loader=_Loader)):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH or number > MAX_NODES:
            what = f"nests deeper than {MAX_DEPTH} levels" if depth > MAX_DEPTH else f"has more than {MAX_NODES} parts"
            where = f"line {event.start_mark.line + 1}: " if event.start_mark is not None else ""
            raise DocumentError(f"{where}the file {what}.")


def _check_size(top: yaml.Node) -> None:
    """How many values there will be once every alias stands for what it repeats; one that repeats itself never ends."""
    sizes: dict[int, int] = {}
    open_: set[int] = set()

    def size(node: yaml.Node) -> int:
        if id(node) in open_:
            raise DocumentError(f"line {node.start_mark.line + 1}: this repeats itself.")
        if id(node) not in sizes:
            open_.add(id(node))
            sizes[id(node)] = 1 + sum(map(size, _inner(node)))
            open_.discard(id(node))
        return sizes[id(node)]

    if size(top) > MAX_NODES:
        raise DocumentError(f"With what its aliases repeat the file has more than {MAX_NODES} parts.")


def _inner(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _note_lines(node: yaml.Node, path: str, lines: dict[str, int]) -> None:
    """The line of every value; `DocumentError` for a name that comes twice, of which YAML would drop one."""
    lines.setdefault(path, node.start_mark.line + 1)
    if node.tag.removeprefix(_TAG) not in _TAGS:
        raise DocumentError(
            f"line {node.start_mark.line + 1}: values of the type {node.tag.removeprefix(_TAG)[:80]} are not read."
        )
    if isinstance(node, yaml.SequenceNode):
        for position, part in enumerate(node.value):
            _note_lines(part, f"{path}[{position}]", lines)
    elif isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise DocumentError(f"line {key.start_mark.line + 1}: a name has to be text.")
            if key.tag == f"{_TAG}merge":
                continue
            if key.value in seen:
                raise DocumentError(f"line {key.start_mark.line + 1}: {key.value} stands here twice.")
            seen.add(key.value)
            inner = f"{path}.{key.value}" if path else key.value
            lines[inner] = key.start_mark.line + 1
            _note_lines(value, inner, lines)


def _toml(text: str) -> Any:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DocumentError(f"This is not valid TOML: {error}.") from None
    except (RecursionError, ValueError):
        raise DocumentError("This is not valid TOML.") from None


def _json(text: bytes) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise DocumentError(f"This is not valid JSON: {error}.") from None
