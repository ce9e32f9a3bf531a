"""Calls that are passed through, vector by vector of their specification (§5.2)."""

import asyncio
import base64
import gzip
import hashlib
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from libs.common.contracts.events import CompletionFinished
from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack
from tests.fixtures.nats import until

SOUND = bytes(range(256)) * 96


def form(boundary: str, *parts: tuple[str, str | None, bytes]) -> bytes:
    """A multipart body of fields and files, in this order."""
    out = b""
    for name, filename, value in parts:
        file = f'; filename="{filename}"' if filename else ""
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'
        out += head.encode() + value + b"\r\n"
    return out + f"--{boundary}--\r\n".encode()


async def send(
    stack: Stack, method: str, path: str, content: Any = None, kind: str = "application/json", **headers: str
) -> httpx.Response:
    if isinstance(content, dict):
        content = json.dumps(content).encode()
    given: dict[str, str] = {
        "authorization": f"Bearer {stack.api_key}",
        **({"content-type": kind} if content is not None else {}),
    }
    async with httpx.AsyncClient(timeout=60) as http:
        return await http.request(method, f"{stack.url}{path}", content=content, headers=given | headers)


async def upload(
    stack: Stack, *parts: tuple[str, str | None, bytes], path: str, boundary: str = "XbX"
) -> httpx.Response:
    kind = f"multipart/form-data; boundary={boundary}"
    return await send(stack, "POST", path, form(boundary, *parts), kind)


async def last(stack: Stack, count: int = 1) -> CompletionFinished:
    await until(lambda: len(stack.finished) >= count)
    assert len(stack.finished) == count
    return stack.finished[-1]


async def test_01_a_large_form_with_its_model_last_arrives_as_it_was_sent(stack: Stack) -> None:
    parts = ("file", "a.m4a", SOUND * 1000), ("model", None, b"gpt-4o-transcribe")
    answer = await upload(stack, *parts, path="/v1/audio/transcriptions")
    assert answer.status_code == 200, answer.text
    body = form("XbX", *parts)
    assert len(body) > 24_000_000
    (entry,) = stack.provider.ledger
    assert entry["sha256"] == hashlib.sha256(body).hexdigest()
    assert answer.json()["usage"]["input_tokens"] == 100
    event = await last(stack)
    assert (event.kind, event.status, event.baseline_model) == ("passthrough", "success", "gpt-4o-transcribe")
    assert event.actual_cost_nano == 100 * 6_000 + 20 * 10_000
    assert event.units["audio_input"] == 100
    assert event.units["bytes_in"] == len(body)
    assert (event.target_surface, event.raw) == ("/v1/audio/transcriptions", True)


async def test_02_a_stream_of_pictures_is_passed_on_and_priced_by_its_last_event(stack: Stack) -> None:
    picture = base64.b64encode(bytes(200_000)).decode()
    used = {"input_tokens": 12, "input_tokens_details": {"text_tokens": 12, "image_tokens": 0}, "output_tokens": 272}
    events: list[dict[str, Any]] = [{"type": "image_generation.partial_image", "b64_json": picture}]
    events.append({"type": "image_generation.completed", "b64_json": picture, "usage": used})
    content = "".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n" for one in events)
    stack.provider.script.add("/v1/images/generations", [Step(content=content)])
    body = {"model": "gpt-image-1", "prompt": "A cat", "stream": True}
    answer = await send(stack, "POST", "/v1/images/generations", body)
    assert answer.text == content
    assert (await last(stack)).actual_cost_nano == 12 * 5_000 + 272 * 40_000


async def test_03_speech_is_passed_on_and_its_characters_are_counted(stack: Stack) -> None:
    answer = await send(stack, "POST", "/v1/audio/speech", {"model": "tts-1", "input": "Hello!", "voice": "alloy"})
    assert answer.content == hashlib.sha256(b"Hello!").digest() * 64
    assert answer.headers["content-type"] == "audio/mpeg"
    event = await last(stack)
    assert (event.units["characters"], event.actual_cost_nano) == (6, 6 * 15_000)


async def _batch(stack: Stack) -> tuple[str, str]:
    file = (await upload(stack, ("purpose", None, b"batch"), ("file", "in.jsonl", b"{}"), path="/v1/files")).json()[
        "id"
    ]
    body = {"input_file_id": file, "endpoint": "/v1/chat/completions", "completion_window": "24h"}
    answer = await send(stack, "POST", "/v1/batches", body)
    assert answer.status_code == 200, answer.text
    return file, answer.json()["id"]


def _other(stack: Stack, secret: str = "sk-provider-key") -> None:
    """From now on the same API key is another organisation's."""
    stack.org_id = "org_" + "f" * 32
    stack.change(org_id=stack.org_id, key_id="key_" + "f" * 32)
    stack.change(provider_keys=(stack.seal("openai", secret),))


async def test_04_a_batch_of_another_organisations_file_is_not_made(stack: Stack) -> None:
    file, _ = await _batch(stack)
    _other(stack)
    before = len(stack.provider.ledger)
    body = b'{"input_file_id": "file-x", "input\\u005ffile_id": "%b", "endpoint": "/v1/embeddings"}' % file.encode()
    answer = await send(stack, "POST", "/v1/batches", body)
    assert answer.status_code == 404
    assert len(stack.provider.ledger) == before


USED = {"input_tokens": 1000, "output_tokens": 100, "input_tokens_details": {"cached_tokens": 0}, "total_tokens": 1100}


def charges(stack: Stack) -> list[CompletionFinished]:
    return [event for event in stack.finished if event.service_tier == "batch"]


async def test_05_a_batch_is_charged_once_however_often_it_is_looked_at(stack: Stack) -> None:
    _, batch = await _batch(stack)
    stack.provider.side.finish(batch, "completed", "gpt-4o", USED)
    for _ in range(3):
        assert (await send(stack, "GET", f"/v1/batches/{batch}")).json()["status"] == "completed"
    await until(lambda: len(stack.finished) == 6)
    (event,) = charges(stack)
    assert event.actual_cost_nano == (1000 * 2_500 + 100 * 10_000) // 2
    assert (event.key_id, event.served_model) == (stack.principal.key_id, "gpt-4o")
    assert event.tokens.uncached_input == 1000


@pytest.mark.parametrize(
    "path", ["/v1/files/..%2fmodels", "/v1/files/a/b", "/v1/files/%61", "/v1/files/../models", "/v1/vector_stores"]
)
async def test_06_only_the_listed_paths_exist(stack: Stack, path: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", stack.app.port)
    head = f"GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {stack.api_key}\r\nconnection: close\r\n\r\n"
    writer.write(head.encode())
    answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 404")
    assert b'"error"' in answer
    assert stack.provider.ledger == []


async def test_07_a_moderation_costs_nothing(stack: Stack) -> None:
    answer = await send(stack, "POST", "/v1/moderations", {"input": "I will kill the process"})
    assert answer.json()["results"][0]["flagged"] is True
    event = await last(stack)
    assert (event.actual_cost_nano, event.baseline_cost_nano, event.unpriced) == (0, 0, ())


async def test_08_a_client_that_leaves_its_upload_is_recorded_without_a_charge(stack: Stack) -> None:
    boundary = "multipart/form-data; boundary=XbX"
    begun = form("XbX", ("file", "a.m4a", SOUND))[:-50]

    async def half() -> AsyncIterator[bytes]:
        yield begun
        await asyncio.sleep(0.2)
        raise ConnectionResetError

    with pytest.raises((httpx.HTTPError, ConnectionResetError)):
        await send(stack, "POST", "/v1/audio/transcriptions", half(), boundary)
    event = await last(stack)
    assert (event.status, event.status_code, event.actual_cost_nano) == ("cancelled", 499, 0)
    # The played provider takes a connection that is closed for the end of the body.
    await until(lambda: stack.provider.ledger)
    assert [entry["bytes"] for entry in stack.provider.ledger] == [len(begun)]


async def test_09_another_organisations_file_is_not_there(stack: Stack) -> None:
    file, batch = await _batch(stack)
    _other(stack)
    before = len(stack.provider.ledger)
    for method, path in (("GET", f"files/{file}"), ("GET", f"files/{file}/content"), ("DELETE", f"files/{file}")):
        assert (await send(stack, method, f"/v1/{path}")).status_code == 404
    assert (await send(stack, "GET", f"/v1/batches/{batch}")).status_code == 404
    assert (await send(stack, "POST", f"/v1/batches/{batch}/cancel")).status_code == 404
    assert (await send(stack, "GET", "/v1/files/file-nobodys")).status_code == 404
    assert len(stack.provider.ledger) == before


async def test_10_lists_are_for_keys_that_nobody_shares(stack: Stack) -> None:
    await _batch(stack)
    answer = await send(stack, "GET", "/v1/files?limit=5&after=file-a")
    assert answer.json()["has_more"] is False
    assert stack.provider.ledger[-1]["target"] == "/v1/files?limit=5&after=file-a"
    _other(stack)
    before = len(stack.provider.ledger)
    assert (await send(stack, "GET", "/v1/files")).status_code == 403
    assert (await send(stack, "GET", "/v1/batches")).status_code == 403
    assert len(stack.provider.ledger) == before
    _other(stack, "sk-another-key")
    assert (await send(stack, "GET", "/v1/files")).status_code == 200


@pytest.mark.parametrize("status", ["expired", "cancelled", "failed"])
async def test_11_a_batch_that_ended_early_is_charged_for_what_it_made(stack: Stack, status: str) -> None:
    _, batch = await _batch(stack)
    stack.provider.side.finish(batch, status, "gpt-4o", USED)
    await send(stack, "GET", f"/v1/batches/{batch}")
    await until(lambda: len(charges(stack)) == 1)
    _, empty = await _batch(stack)
    stack.provider.side.finish(empty, status, "gpt-4o", None)
    await send(stack, "GET", f"/v1/batches/{empty}")
    await until(lambda: len(stack.finished) == 7)
    assert len(charges(stack)) == 1


async def test_12_a_running_batch_charges_nothing_and_a_later_look_does(stack: Stack) -> None:
    _, batch = await _batch(stack)
    await send(stack, "GET", f"/v1/batches/{batch}")
    await until(lambda: len(stack.finished) == 3)
    assert charges(stack) == []
    assert all(event.actual_cost_nano == 0 for event in stack.finished)
    stack.provider.side.finish(batch, "completed", "gpt-4o", USED)
    await send(stack, "GET", f"/v1/batches/{batch}")
    await until(lambda: len(charges(stack)) == 1)


@pytest.mark.parametrize("size", [1, 7, 1000])
async def test_13_a_chunked_form_cut_anywhere_arrives_as_it_was_sent(stack: Stack, size: int) -> None:
    body = form("XbX", ("file", "a.m4a", b"\0\r\n--Xb\0" * 40), ("model", None, b"whisper-1"), ("x", None, b""))

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(body), size):
            yield body[at : at + size]

    answer = await send(stack, "POST", "/v1/audio/transcriptions", pieces(), "multipart/form-data; boundary=XbX")
    assert answer.status_code == 200
    assert stack.provider.ledger[0]["sha256"] == hashlib.sha256(body).hexdigest()
    event = await last(stack)
    assert (event.actual_cost_nano, event.units["second"]) == (60 * 100_000, 60)


async def test_14_subtitles_have_no_usage_and_no_price(stack: Stack) -> None:
    parts = ("file", "a.m4a", SOUND), ("model", None, b"whisper-1"), ("response_format", None, b"srt")
    answer = await upload(stack, *parts, path="/v1/audio/transcriptions")
    assert answer.text == f"Heard {len(SOUND)} bytes.\n"
    event = await last(stack)
    assert (event.actual_cost_nano, event.unpriced) == (None, ("usage",))


async def test_15_a_streamed_transcription_is_priced_by_its_last_event(stack: Stack) -> None:
    used = {"type": "tokens", "input_tokens": 14, "input_token_details": {"text_tokens": 0, "audio_tokens": 14}}
    done = {"type": "transcript.text.done", "text": '"usage":{"x":1}', "usage": {**used, "output_tokens": 45}}
    content = f'data: {{"type":"transcript.text.delta","delta":"I"}}\n\ndata: {json.dumps(done)}\n\n'
    stack.provider.script.add("/v1/audio/transcriptions", [Step(content=content)])
    parts = ("model", None, b"gpt-4o-mini-transcribe"), ("stream", None, b"true"), ("file", "a.m4a", SOUND)
    assert (await upload(stack, *parts, path="/v1/audio/transcriptions")).text == content
    assert (await last(stack)).actual_cost_nano == 14 * 3_000 + 45 * 5_000


async def test_16_a_model_that_the_key_may_not_use_is_refused_before_anything_goes_out(stack: Stack) -> None:
    stack.change(unrouted_models=("whisper-1",))
    file = ("file", "a.m4a", SOUND * 200)
    refused = await upload(stack, file, ("model", None, b"gpt-4o-transcribe"), path="/v1/audio/transcriptions")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "model_not_allowed")
    twice = ("model", None, b"whisper-1"), ("model", None, b"gpt-4o-transcribe")
    assert (await upload(stack, file, path="/v1/audio/transcriptions")).status_code == 403
    assert (await upload(stack, file, *twice, path="/v1/audio/transcriptions")).status_code == 400
    assert (await send(stack, "POST", "/v1/audio/speech", {"model": "tts-1", "input": "x"})).status_code == 403
    large = await upload(stack, ("file", "a.m4a", SOUND * 2200), path="/v1/audio/transcriptions")
    assert large.status_code == 413
    before = len(stack.provider.ledger)
    allowed = await upload(stack, file, ("model", None, b"whisper-1"), path="/v1/audio/transcriptions")
    assert allowed.status_code == 200
    body = form("XbX", file, ("model", None, b"whisper-1"))
    assert [entry["sha256"] for entry in stack.provider.ledger[before:]] == [hashlib.sha256(body).hexdigest()]


async def test_17_an_edit_of_three_pictures_arrives_as_it_was_sent_and_is_priced(stack: Stack) -> None:
    files = [("image[]", f"{at}.png", SOUND + bytes([at])) for at in range(3)]
    parts = *files, ("model", None, b"gpt-image-1"), ("prompt", None, b"A hat")
    answer = await upload(stack, *parts, path="/v1/images/edits")
    assert answer.status_code == 200
    assert stack.provider.ledger[0]["sha256"] == hashlib.sha256(form("XbX", *parts)).hexdigest()
    assert (await last(stack)).actual_cost_nano == 12 * 5_000 + 272 * 40_000


async def test_18_an_answer_that_is_compressed_is_unpacked(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.fake_provider import serving  # noqa: PLC0415

    plain = serving.respond

    async def packed(send_: Any, status: int, body: bytes, headers: Any = None, **more: Any) -> None:
        await plain(send_, status, gzip.compress(body), {**(headers or {}), "content-encoding": "gzip"}, **more)

    monkeypatch.setattr(serving, "respond", packed)
    answer = await send(stack, "POST", "/v1/audio/speech", {"model": "tts-1", "input": "Hello!", "voice": "alloy"})
    assert answer.content == hashlib.sha256(b"Hello!").digest() * 64
    assert "content-encoding" not in answer.headers


async def test_19_the_providers_refusal_is_passed_on_as_it_is(stack: Stack) -> None:
    step = Step(status=429, message="Slow down.", headers={"retry-after": "7"})
    stack.provider.script.add("/v1/moderations", [step])
    answer = await send(stack, "POST", "/v1/moderations", {"input": "x"})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert answer.json()["error"]["message"] == "Slow down."
    assert len(stack.provider.ledger) == 1
    event = await last(stack)
    assert (event.status, event.status_code, event.actual_cost_nano) == ("error", 429, 0)


async def test_20_a_deleted_file_is_gone(stack: Stack) -> None:
    file, _ = await _batch(stack)
    assert (await send(stack, "GET", f"/v1/files/{file}/content")).content == b"{}"
    assert (await send(stack, "DELETE", f"/v1/files/{file}")).json()["deleted"] is True
    before = len(stack.provider.ledger)
    assert (await send(stack, "GET", f"/v1/files/{file}")).status_code == 404
    assert len(stack.provider.ledger) == before
