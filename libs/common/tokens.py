"""Counts tokens the same way everywhere: the gateway, the optimizer and the demo's provider agree to the token.

The vocabularies come out of an installed package, never from the network. A chat request counts as OpenAI publishes it:
three tokens per message, the tokens of its role, its text and its name (and one more for having a name), the name and
the arguments of each tool call, and three that open the answer. Images, audio and files are not counted.
"""

import base64
import codecs
import gzip
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tiktoken import Encoding

_LONGEST_CHARACTER = 4  # bytes of UTF-8

PER_MESSAGE = 3
PER_REPLY = 3
PER_NAME = 1

_CL100K = re.compile(r"gpt-(?:3\.5|35-|4(?![.o\d]))|text-embedding-(?:3-|ada-002)")
_O200K = re.compile(r"(?:chat)?gpt-(?:4o|4\.|5|6|oss)|o\d+(?:-|$)")

_LETTERS = r"\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}", r"\p{Ll}\p{Lm}\p{Lo}\p{M}"
_ENDING = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
# How each vocabulary cuts text before merging: facts of the format, kept beside the ranks that they belong to.
_PATTERNS = {
    "o200k_base": "|".join(
        (
            rf"[^\r\n\p{{L}}\p{{N}}]?[{_LETTERS[0]}]*[{_LETTERS[1]}]+{_ENDING}",
            rf"[^\r\n\p{{L}}\p{{N}}]?[{_LETTERS[0]}]+[{_LETTERS[1]}]*{_ENDING}",
            r"\p{N}{1,3}",
            r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
            r"\s*[\r\n]+",
            r"\s+(?!\S)",
            r"\s+",
        )
    ),
    "cl100k_base": (
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+"
        r"| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
    ),
}

# The tokenizer's regex engine overflows its stack, and takes the process with it, on about a million blanks in a row.
_SLICE = 400_000
_MEMO_ENTRIES = 16_384
_MEMO_FROM = 48  # shorter texts are counted faster than they are hashed


class _Memo:
    """Counts by digest, oldest dropped first: history repeats on every call, and no text is kept."""

    def __init__(self, entries: int) -> None:
        self._counts: dict[tuple[str, bytes], int] = {}
        self._entries = entries
        self._lock = threading.Lock()

    def get(self, key: tuple[str, bytes]) -> int | None:
        return self._counts.get(key)

    def put(self, key: tuple[str, bytes], count: int) -> None:
        with self._lock:
            if len(self._counts) >= self._entries:
                del self._counts[next(iter(self._counts))]
            self._counts[key] = count


_memo = _Memo(_MEMO_ENTRIES)
_loading = threading.Lock()


def encoding_for(model: str) -> tuple[Encoding, bool]:
    """The vocabulary for a model's name, and whether it is the model's own (else a stand-in)."""
    name = model.removeprefix("ft:")
    if _CL100K.match(name):
        return _load("cl100k_base"), True
    return _load("o200k_base"), _O200K.match(name) is not None


def count_text(model: str, text: str) -> int:
    """Tokens of one text. What looks like a special token counts as the characters it is written with."""
    encoding, _ = encoding_for(model)
    if len(text) < _MEMO_FROM:
        return len(encoding.encode_ordinary(text))
    key = (encoding.name, blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest())
    if (known := _memo.get(key)) is not None:
        return known
    count = sum(len(encoding.encode_ordinary(text[i : i + _SLICE])) for i in range(0, len(text), _SLICE))
    _memo.put(key, count)
    return count


def count_message(model: str, message: Mapping[str, Any]) -> int:
    """What one message of an OpenAI chat request adds to its prompt tokens."""
    named = PER_NAME if isinstance(message.get("name"), str) else 0
    return PER_MESSAGE + named + sum(count_text(model, text) for text in _texts(message))


def count_messages(model: str, messages: Sequence[Mapping[str, Any]]) -> int:
    """The prompt tokens of a chat request's messages. Never fails: what has no text counts only as a message."""
    return PER_REPLY + sum(count_message(model, message) for message in messages)


def text_of(ids: Sequence[int]) -> str:
    """The text that token ids stand for in the vocabulary of OpenAI's embedding models (cl100k_base). Whoever cuts a long text by tokens
    may cut a character in two: its part at either end is left out. `ValueError` for ids that are no text in this vocabulary.
    """
    try:
        data = _load("cl100k_base").decode_bytes(ids)
    except (KeyError, OverflowError):
        raise ValueError("an id is not in the vocabulary") from None
    start = next((at for at, byte in enumerate(data[:_LONGEST_CHARACTER]) if byte & 0xC0 != 0x80), 0)
    return codecs.getincrementaldecoder("utf-8")().decode(data[start:])


def _texts(message: Mapping[str, Any]) -> Iterator[str]:
    content = message.get("content")
    candidates = [message.get("role"), message.get("name")]
    if isinstance(content, list):
        candidates += [part.get("text") for part in content if isinstance(part, dict) and part.get("type") == "text"]
    else:
        candidates.append(content)
    calls = message.get("tool_calls")
    functions = [call.get("function") for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []
    for function in (*functions, message.get("function_call")):
        if isinstance(function, dict):
            candidates += [function.get("name"), function.get("arguments")]
    return (text for text in candidates if isinstance(text, str))


def _load(name: str) -> Encoding:
    with _loading:
        return _build(name)


@cache
def _build(name: str) -> Encoding:
    # Found, not imported: the package's own code would load a 74 MB library that nothing here calls.
    package = find_spec("bpe_openai")
    if package is None or not package.submodule_search_locations:
        raise ImportError("The package bpe-openai, which carries the vocabularies, is not installed.")
    packed = Path(package.submodule_search_locations[0], "data", f"{name}.tiktoken.gz").read_bytes()
    ranks = {}
    for line in gzip.decompress(packed).splitlines():
        token, _, rank = line.partition(b" ")
        ranks[base64.b64decode(token)] = int(rank)
    return Encoding(name, pat_str=_PATTERNS[name], mergeable_ranks=ranks, special_tokens={})
