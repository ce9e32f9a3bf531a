"""Readers of embeddings, and of calls that are passed through."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from services.gateway.domain import embeddings, multipart, passthrough
from services.gateway.domain.answer_usage import UsageReader, batch_tokens, used
from services.gateway.endpoints.openai_embeddings import OPENAI_EMBEDDINGS
from services.gateway.providers.google.embeddings import GOOGLE_EMBEDDINGS
from services.gateway.providers.openai.embeddings import COMPATIBLE_EMBEDDINGS
from services.gateway.providers.openai.embeddings import OPENAI_EMBEDDINGS as OPENAI_FORMAT
from tests.growth.reader import Reader, pieces, refused


def unrouted() -> Iterator[Reader]:
    yield Reader("an input to embed", refused(lambda text: _embedded({"model": "m", "input": text})), seldom=True)
    yield Reader(
        "many inputs to embed", refused(lambda text: _embedded({"model": "m", "input": pieces(text, 40)})), seldom=True
    )
    yield Reader(
        "token ids to embed",
        refused(lambda text: _embedded({"model": "m", "input": list(range(len(text)))})),
        seldom=True,
    )
    yield Reader("token ids as texts", refused(lambda text: embeddings.as_texts(_of_tokens(text))), seldom=True)
    yield Reader(
        "a body of embeddings", refused(lambda text: OPENAI_EMBEDDINGS.head(text.encode("utf-8", "replace"), {}, ""))
    )
    yield Reader("vectors of an answer", refused(_vectors), seldom=True)
    yield Reader("an answer that is no vectors", refused(lambda text: OPENAI_FORMAT.answer(_bytes(text), 1)))
    yield Reader(
        "an answer of Google's that is no vectors", refused(lambda text: GOOGLE_EMBEDDINGS.answer(_bytes(text), 1))
    )
    yield Reader("a row that is no vector", refused(lambda text: embeddings.vector_of(msgspec.Raw(_bytes(text)))))
    yield Reader("a form's file", lambda text: _scanned(_form(text)))
    yield Reader("a form's field", lambda text: _scanned(_form(text, file=False)))
    yield Reader("a form's head", lambda text: _scanned(b"--b\r\n" + _bytes(text)))
    yield Reader("a boundary", lambda text: multipart.boundary_of(f"multipart/form-data; boundary={text}"))
    yield Reader("a path", lambda text: passthrough.find("GET", f"/v1/files/{text}"))
    yield Reader("the usage of an answer", _usage)
    yield Reader("usage in pieces", lambda text: _fed(_bytes(text)))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _of_tokens(text: str) -> embeddings.EmbeddingsEnvelope:
    pieces_of = [[ord(letter) % 100_000 for letter in piece] for piece in pieces(text, 40)]
    return OPENAI_EMBEDDINGS.head(msgspec.json.encode({"model": "m", "input": pieces_of}), {}, "")


def _embedded(body: dict[str, Any]) -> object:
    envelope = OPENAI_EMBEDDINGS.head(msgspec.json.encode(body), {}, "")
    envelope = OPENAI_EMBEDDINGS.for_model(envelope, envelope.model)
    scope = embeddings.vector_scope(envelope, "p", None, envelope.model, None)
    fewer = msgspec.structs.replace(envelope, untouched=False)
    formats = (OPENAI_FORMAT, COMPATIBLE_EMBEDDINGS, GOOGLE_EMBEDDINGS)
    return (
        [embeddings.vector_key(scope, one) for one in envelope.inputs],
        [refused(lambda _, kind=kind: (kind.request(fewer, "other"), kind.check(fewer)))("") for kind in formats],  # type: ignore[misc]
    )


def _vectors(text: str) -> object:
    values = [float(1 + at % 7) for at in range(len(text) // 4 + 1)]
    rows = [{"object": "embedding", "index": at, "embedding": [value, 1.0]} for at, value in enumerate(values)]
    found = OPENAI_FORMAT.answer(json.dumps({"data": rows, "model": text}).encode(), len(rows))
    google = json.dumps({"embeddings": [{"values": [value]} for value in values]}).encode()
    GOOGLE_EMBEDDINGS.answer(google, len(values))
    vectors = [embeddings.vector_of(row, unit=True) for row in found.rows]
    packed = embeddings.vector_json(b"".join(vectors), "base64")
    embeddings.vector_of(msgspec.Raw(packed))
    whole = OPENAI_EMBEDDINGS.rows([b"".join(vectors)], 0, None)
    return OPENAI_EMBEDDINGS.answer([whole], text, 1)


def _form(text: str, *, file: bool = True) -> bytes:
    name = b'; filename="x"' if file else b""
    head = b'--b\r\nContent-Disposition: form-data; name="x"' + name + b"\r\n\r\n"
    return head + _bytes(text) + b'\r\n--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nm\r\n--b--\r\n'


def _scanned(body: bytes) -> object:
    scanner = multipart.MultipartScanner(b"b")
    for at in range(0, len(body), 512):
        scanner.feed(body[at : at + 512])
    return scanner.fields


def _usage(text: str) -> object:
    usage = {"input_tokens": 1, "output_tokens": 2, "note": text}
    found = _fed(json.dumps({"text": text, "model": "m", "usage": usage}).encode())
    kinds = ("image", "speech", "transcription")
    return [used(kind, usage, None) for kind in kinds], batch_tokens(usage), found  # type: ignore[arg-type]


def _fed(data: bytes) -> object:
    reader = UsageReader()
    for at in range(0, len(data), 256):
        reader.feed(data[at : at + 256])
    return reader.usage(), reader.model()
