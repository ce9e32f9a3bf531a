"""Embeddings: the inputs of a request, the vectors of an answer, and what each of them is cached by.

A vector is the bytes of its little-endian 32-bit floats, whichever way it travels.
"""

import base64
import binascii
import hashlib
import math
import struct
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from libs.common import tokens
from libs.common.contracts.base import DECODE_ERRORS
from libs.common.errors import BadRequest
from services.gateway.domain.attempts import Failure
from services.gateway.domain.request import Envelope

MAX_INPUTS = 2048
MAX_TOKENS = 300_000
Encoding = Literal["float", "base64"]
# Fields that do not change a vector, or that the key holds in a form of its own.
_NOT_IN_KEY = ("model", "input", "encoding_format", "user")
_UNIT = 1e-4  # how far from 1 a vector's length may be before it is normalised

_floats = msgspec.json.Decoder(list[float])
_text = msgspec.json.Decoder(str)
_ids = msgspec.json.Decoder(list[int])


class EmbeddingInput(msgspec.Struct, frozen=True, kw_only=True):
    """One input: a text, or the ids of its tokens (`text` is None). `raw` is its JSON as it came, `digest` what it is known by."""

    raw: msgspec.Raw
    digest: bytes
    text: str | None = None
    tokens: int = 0


class EmbeddingsEnvelope(Envelope, frozen=True, kw_only=True):
    """An embeddings request. `untouched`: `inputs` are those of `raw`, all of them and in its order; `single`: `raw` has one
    input, not in a list; `encoding` is what the client named, None for nothing.
    """

    inputs: tuple[EmbeddingInput, ...]
    single: bool = False
    untouched: bool = True
    dimensions: int | None = None
    encoding: Encoding | None = None


class EmbeddingRows(msgspec.Struct, frozen=True, kw_only=True):
    """A provider's answer: vectors in the order of the inputs, each as it came; `tokens` is None where nothing is said of them."""

    rows: tuple[msgspec.Raw, ...]
    tokens: int | None = None
    model: str | None = None


def text_input(raw: msgspec.Raw, text: str) -> EmbeddingInput:
    """An input that is a text. Its bytes are not normalised: another text has another vector."""
    digest = hashlib.sha256(b"text\n" + text.encode("utf-8", "surrogatepass")).digest()
    return EmbeddingInput(raw=raw, digest=digest, text=text)


def token_input(raw: msgspec.Raw, ids: Sequence[int]) -> EmbeddingInput:
    """An input that is a list of token ids."""
    digest = hashlib.sha256(b"tokens\n" + msgspec.json.encode(ids)[1:-1]).digest()
    return EmbeddingInput(raw=raw, digest=digest, tokens=len(ids))


def as_texts(envelope: EmbeddingsEnvelope) -> EmbeddingsEnvelope:
    """The same request with texts in the place of token ids, for a provider that takes nothing else. `BadRequest` for ids that stand for
    no text, and for more of them than a request may have.
    """
    counted = sum(one.tokens for one in envelope.inputs)
    if counted > MAX_TOKENS:
        raise too_many_tokens(counted)
    inputs = tuple(one if one.text is not None else _as_text(one) for one in envelope.inputs)
    return msgspec.structs.replace(envelope, inputs=inputs, untouched=False)


def too_many_tokens(count: int) -> BadRequest:
    """The error of a request with so many tokens."""
    return BadRequest(
        f"Requested {count} tokens, max {MAX_TOKENS} tokens per request. Please reduce your prompt.",
        code="max_tokens_per_request",
        param="input",
    )


def _as_text(one: EmbeddingInput) -> EmbeddingInput:
    try:
        text = tokens.text_of(_ids.decode(one.raw))
    except ValueError:
        raise BadRequest(
            "'input': this model takes texts. Token ids are sent to it as the text that they stand for in cl100k_base, the vocabulary of "
            "OpenAI's embedding models, and these are no text there.",
            param="input",
        ) from None
    return text_input(msgspec.Raw(msgspec.json.encode(text)), text)


def vector_scope(
    envelope: EmbeddingsEnvelope, provider: str, server: str | None, model: str, application: str | None
) -> bytes:
    """A digest of everything but the input that a vector depends on, and of the application that alone may share it."""
    top = envelope.top
    shape = [(name, bytes(top[name]).decode()) for name in sorted(top) if name not in _NOT_IN_KEY]
    return hashlib.sha256(msgspec.json.encode([provider, server, model, shape, application])).digest()


def vector_key(scope: bytes, one: EmbeddingInput) -> str:
    """What the vector of an input is kept under, within its organisation."""
    return hashlib.sha256(scope + one.digest).hexdigest()


def vector_of(row: msgspec.Raw, *, dimensions: int | None = None, unit: bool = False) -> bytes:
    """The vector of a row, a list of numbers or base64; `unit` makes its length one.

    `Failure` "malformed" for another number of dimensions than requested, for what is not a number, and for zeros alone.
    """
    try:
        if bytes(memoryview(row)[:1]) == b'"':
            data = base64.b64decode(_text.decode(row), validate=True)
            values: Sequence[float] = struct.unpack(f"<{len(data) // 4}f", data)
        else:
            values = _floats.decode(row)
            data = struct.pack(f"<{len(values)}f", *values)
    except (*DECODE_ERRORS, binascii.Error, struct.error, OverflowError):
        raise Failure("malformed", "a vector cannot be read.") from None
    if dimensions is not None and len(values) != dimensions:
        raise Failure("malformed", f"a vector has {len(values)} dimensions instead of {dimensions}.")
    length = math.hypot(*values)
    if not math.isfinite(length) or length == 0.0:
        raise Failure("malformed", "a vector holds no direction.")
    if unit and abs(length - 1.0) > _UNIT:
        data = struct.pack(f"<{len(values)}f", *(value / length for value in values))
    return data


def vector_json(vector: bytes, encoding: Encoding | None) -> bytes:
    """A vector as JSON: a list of numbers, or base64 where the client wants that."""
    if encoding == "base64":
        return b'"' + base64.b64encode(vector) + b'"'
    return msgspec.json.encode(struct.unpack(f"<{len(vector) // 4}f", vector))


def scaled(counts: Sequence[int], total: int) -> list[int]:
    """Our counts of the inputs, scaled so that they sum to the provider's total."""
    ours = sum(counts)
    if ours == total:
        return list(counts)
    if ours == 0:
        counts, ours = [1] * len(counts), len(counts)
    parts = [count * total // ours for count in counts]
    for at in range(total - sum(parts)):
        parts[at % len(parts)] += 1
    return parts


def placed(indexed: Mapping[int, msgspec.Raw], count: int) -> tuple[msgspec.Raw, ...]:
    """Rows in the order of their indexes; `Failure` "malformed" where one is missing or too many."""
    if len(indexed) != count or any(at not in indexed for at in range(count)):
        raise Failure("malformed", f"there are not {count} vectors, one for each input.")
    return tuple(indexed[at] for at in range(count))
