"""Cuts a question into words, numbers and literals; a literal is anything that only its exact spelling means."""

import itertools
import re
from typing import Literal

import msgspec

from services.cache.domain.lexicon import COPULAS
from services.cache.domain.normalise import plain
from services.cache.domain.topics import NUMBER_WORDS, UNITS

Kind = Literal["word", "number", "literal", "mark"]


class Token(msgspec.Struct, frozen=True, gc=False):
    """`text` is lower case for words, canonical for numbers, as written for literals; `titled` words began with an
    upper-case letter.
    """

    text: str
    kind: Kind
    titled: bool = False


_END = Token("", "mark")
# A run of ticks begins once, and an opening sign in a quotation begins another: no sign is read again for each before it.
QUOTED = re.compile(r"(?<!`)`++[^`]+`+|\"[^\"]+\"|“[^“”]+”")
_EDGES = ".,;:!?…()[]{}\"'«»“”*"
_NUMBER = re.compile(r"[+-]?\d+(?:,\d{3})*(?:\.\d+)?|[+-]?\.\d+")
_WITH_UNIT = re.compile(r"([$€£¥])?(\d+(?:,\d{3})*(?:\.\d+)?)(%|°?[a-zA-Z]{1,3})?")
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)", re.IGNORECASE)
_LITERAL = re.compile(r"_|[a-z][A-Z]|\w[./\\:=@<>#+*]++\w|\(\)|\+\+|#|->|::|[/\\@<>=&|^~%]")
# ".env", "-v", "--all", ":q!", "f(x)", "a[i]": without its marks it would be a word.
_MARKED = re.compile(
    r"[\"'(]*((?:\.|--?)[A-Za-z][\w.-]*\w|--?[A-Za-z]|:[A-Za-z]+!?|\w+[(\[{<][^\s)\]}>]+[)\]}>])[\"').,;:!?]*"
)
_ABBREVIATION = re.compile(r"(?:[A-Za-z]\.){2,}[A-Za-z]?")
# Short names that stand for one thing only.
_ALIASES = {"js": "javascript", "ts": "typescript", "golang": "go", "postgres": "postgresql", "k8s": "kubernetes",
            "mt": "mount", "vs": "versus", "repo": "repository", "db": "database", "config": "configuration",
            "app": "application", "apps": "applications", "info": "information", "photo": "photograph",
            "photos": "photographs", "dr": "doctor", "movie": "film", "movies": "films"}  # fmt: skip
_SCALES = {"k": 1e3, "m": 1e6, "bn": 1e9, "b": 1e9}
_SYMBOLS = {"$": "dollar", "€": "euro", "£": "gbp", "¥": "yen", "%": "percent", "c": "celsius", "f": "fahrenheit"}


def tokenise(text: str) -> tuple[Token, ...]:
    """The tokens of a question without its courtesies, possessives expanded, contractions spelled out."""
    read = [token for piece in _pieces(plain(text)) for token in _read(piece)]
    tokens: list[Token] = []
    for token, following in zip(read, [*read[1:], _END], strict=False):
        tokens.append(_in_place(token, tokens, following))
    return tuple(tokens)


def _in_place(token: Token, before: list[Token], following: Token) -> Token:
    """What a word is can depend on the words beside it: "am" behind a number, a letter that stands for something, the "used" of
    "is used by" and that of "used to smoke".
    """
    if token.text == "used" and (following.text != "to" or any(earlier.text in COPULAS for earlier in before)):
        return Token("utilised", "word")
    if token.text == "am" and before and before[-1].kind == "number":
        return Token("a.m.", "word")
    if token.text == "a" and before and following.kind == "mark":
        return Token("A", "literal")  # "section 6 a", "vitamin a", which "5 a day" is not
    if before and before[-1].kind != "mark" and token.titled and len(token.text) == 1 and token.text != "i":
        return Token(token.text.upper(), "literal")
    return token


def _pieces(text: str) -> list[str]:
    pieces: list[str] = []
    at = 0
    for quoted in QUOTED.finditer(text):
        pieces += text[at : quoted.start()].split()
        # Quoted words are words; code in backticks is a literal, whatever is in it.
        pieces += [quoted[0]] if quoted[0].startswith("`") else quoted[0][1:-1].split()
        at = quoted.end()
    return pieces + text[at:].split()


def _read(piece: str) -> list[Token]:
    if piece.isalpha() and piece.islower():
        return [_word(piece)]
    if piece.startswith("`"):
        return [Token(piece.strip("`").strip(), "literal")]
    if (spelled := _MARKED.fullmatch(piece)) is not None:
        return [Token(spelled[1], "literal"), *([Token(piece[-1], "mark")] if piece[-1] in ".,;:!?" else [])]
    core = piece.strip(_EDGES)
    if piece.endswith("()"):
        core += "()"
    ends_phrase = piece.rstrip("\"')]}*")[-1:] in {",", ";", ":", ".", "!", "?"}
    tokens = _read_core(core) if core else []
    return [*tokens, Token(piece[-1], "mark")] if ends_phrase and tokens else tokens or _marks(piece)


def _marks(piece: str) -> list[Token]:
    """A lone sign is arithmetic or code, except where it is a dash or a dot between words."""
    return [] if piece in {"-", "–", "—", "•", "..."} or piece[0] in _EDGES else [Token(piece, "literal")]


def _read_core(core: str) -> list[Token]:
    if core.isalpha() and (core.islower() or core[1:].islower()):
        return [_word(core)]
    if _ABBREVIATION.fullmatch(core + "."):
        return [Token(core.replace(".", "").lower(), "word", titled=core[0].isupper())]
    if _NUMBER.fullmatch(core):
        return [Token(_number(core), "number")]
    if (ordinal := _ORDINAL.fullmatch(core)) is not None:
        return [Token(f"{_number(ordinal[1])}th", "number")]
    if (measured := _WITH_UNIT.fullmatch(core)) is not None and _has_unit(measured):
        return _measured(measured)
    parts = re.split("[-/]", core)
    if all(part.isalpha() for part in parts):
        # "e-mail" is one word; "time-zone" may be two.
        one = "/" not in core and min(map(len, parts)) == 1
        return _camel(core) or ([_word("".join(parts))] if one else [_word(part) for part in parts])
    if _LITERAL.search(core) or any(sign.isdigit() for sign in core):
        return [Token(core, "literal")]
    return [_word(part) for part in re.findall(r"[^\W_]+(?:'[^\W_]+)?", core)] or [Token(core, "literal")]


def _camel(core: str) -> list[Token]:
    inner = any(one.islower() and other.isupper() for one, other in itertools.pairwise(core))
    return [Token(core, "literal")] if inner and "-" not in core and "/" not in core else []


def _has_unit(match: re.Match[str]) -> bool:
    """Whether a sign or a known unit goes with the number: "6a" and "6s" are names of something."""
    suffix = (match[3] or "").lower().lstrip("°")
    return bool(
        match[1] if not suffix else suffix in UNITS or suffix in _SCALES or suffix in _SYMBOLS or suffix == "am"
    )


def _measured(match: re.Match[str]) -> list[Token]:
    sign, digits, suffix = match[1], match[2], (match[3] or "").lower().lstrip("°")
    if suffix in _SCALES and (sign or suffix != "m"):
        return [Token(_number(digits, _SCALES[suffix]), "number"), *_unit(sign)]
    return [Token(_number(digits), "number"), *_unit(sign), *_unit(suffix)]


def _unit(name: str | None) -> list[Token]:
    return [Token(_SYMBOLS.get(name, name), "word")] if name else []


def _word(part: str) -> Token:
    low = part.lower()
    if (value := NUMBER_WORDS.get(low)) is not None:
        return Token(value, "number")
    return Token(_ALIASES.get(low, low), "word", titled=part[0].isupper())


def _number(digits: str, scale: float = 1) -> str:
    return f"{float(digits.replace(',', '')) * scale:.12g}"
