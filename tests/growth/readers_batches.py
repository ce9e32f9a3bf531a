"""Readers of batches: what clients ask to wait for, and what providers answer."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from services.gateway.domain import deferral
from services.gateway.domain.attempts import Failure
from services.gateway.domain.batches import BatchFormat, BatchState
from services.gateway.providers.anthropic.batches import ANTHROPIC_BATCHES
from services.gateway.providers.openai.batches import OPENAI_BATCHES
from tests.growth.reader import Reader, pieces

_STATE = BatchState(id="b", status="ended", results=("/files/f/content",))


def batches() -> Iterator[Reader]:
    yield Reader("a preference", lambda text: deferral.prefers_async({"prefer": text}))
    formats: tuple[tuple[str, BatchFormat, str], ...] = (
        ("OpenAI's", OPENAI_BATCHES, "chat"),
        ("Anthropic's", ANTHROPIC_BATCHES, "messages"),
    )
    for name, form, surface in formats:
        yield Reader(f"{name} requests of a batch", partial(_made, form, surface), seldom=True)
        yield Reader(f"{name} batches", partial(_shown, form), seldom=True)
        yield Reader(f"{name} results of a batch", partial(_results, form), seldom=True)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def _made(form: BatchFormat, surface: str, text: str) -> object:
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": text}]}, indent=1).encode()
    lines = [form.line(f"req_{n}", surface, body) for n in range(3)]
    calls = form.look("b"), form.cancel("b"), form.recent(text), form.leftovers("f", _STATE)
    return form.upload(lines, "batch_1"), form.create(surface, lines, "f", "batch_1", {}), calls


def _shown(form: BatchFormat, text: str) -> object:
    about: dict[str, Any] = {"id": text, "status": text, "processing_status": "ended", "created_at": text}
    about |= {"metadata": {"promptly_batch": text}, "request_counts": {text: 1}, "output_file_id": text}
    return (
        form.state(_json(about)),
        form.states(_json({"data": [about] * 3})),
        [_refused(read, _bytes(text)) for read in (form.state, form.states, form.made)],
        _refused(form.made, _json(about)),
    )


def _refused(read: Any, data: bytes) -> object:
    try:
        return read(data)
    except Failure:
        return None


def _results(form: BatchFormat, text: str) -> object:
    said = {"type": "message", "content": pieces(text, 40)}
    failed = {"type": "error", "error": {"type": text, "message": text}}
    results: list[dict[str, Any]] = [{"type": "succeeded", "message": said}, {"type": "errored", "error": failed}]
    return (
        form.result(_bytes(text)),
        form.result(_json({"custom_id": text, "response": {"status_code": 200, "body": said}})),
        [form.result(_json({"custom_id": text, "result": result})) for result in results],
    )
