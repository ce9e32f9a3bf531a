"""The load generator and the instant upstream, against each other and against a server that misbehaves."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from bench import programs
from bench.programs import ProgramFailed, Shot

pytestmark = pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler here")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("bench")
    programs.build(directory)
    return directory


def lines(directory: Path, *bodies: dict[str, object]) -> Path:
    path = directory / "bodies.jsonl"
    path.write_text("".join(json.dumps(body) + "\n" for body in bodies))
    return path


@asynccontextmanager
async def recording(status: str) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server that keeps every body and answers each with `status`."""
    bodies: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
                bodies.append(await reader.readexactly(length))
                writer.write(f'HTTP/1.1 {status}\r\nContent-Length: 9\r\n\r\n{{"id":1}}\n'.encode())
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], bodies


async def test_what_is_sent_is_answered_and_counted(built: Path, tmp_path: Path) -> None:
    async with programs.upstream(built, 20) as port:
        shot = Shot(port=port, bodies=lines(tmp_path, {"model": "gpt-4o"}), expected='"chat.completion"')
        seen = await programs.load(built, shot, connections=4, seconds=20, requests=200)
    # Each connection finishes what it has begun when the number is reached.
    assert 200 <= seen.sent < 204
    assert seen.answered == seen.expected == seen.sent
    assert seen.errors == 0
    assert 0 < seen.p50 <= seen.p95 <= seen.p99


@pytest.mark.parametrize(("options", "events"), [({}, 23), ({"stream_options": {"include_usage": True}}, 24)])
async def test_a_stream_has_twenty_chunks_and_what_frames_them(
    built: Path, tmp_path: Path, options: dict[str, object], events: int
) -> None:
    async with programs.upstream(built, 20) as port:
        body = {"model": "gpt-4o", "stream": True, **options}
        shot = Shot(port=port, bodies=lines(tmp_path, body), expected="data: [DONE]")
        seen = await programs.load(built, shot, connections=1, seconds=20, requests=20)
    assert seen.events == events
    assert seen.expected == seen.answered == 20
    assert seen.first50 <= seen.p50


async def test_the_upstream_answers_like_openai(built: Path) -> None:
    async with programs.upstream(built, 20) as port, httpx.AsyncClient(trust_env=False) as client:
        url = f"http://127.0.0.1:{port}/v1/chat/completions"
        plain = (await client.post(url, json={"model": "gpt-4o"})).json()
        streamed = await client.post(url, json={"stream": True, "stream_options": {"include_usage": True}})
    assert plain["choices"][0]["message"]["content"]
    assert plain["usage"]["total_tokens"] == plain["usage"]["prompt_tokens"] + plain["usage"]["completion_tokens"]
    chunks = [json.loads(event.removeprefix("data: ")) for event in streamed.text.split("\n\n")[:-2]]
    assert sum(bool(chunk["choices"] and chunk["choices"][0]["delta"].get("content")) for chunk in chunks) == 20
    assert chunks[-2]["choices"][0]["finish_reason"] == "stop"
    assert chunks[-1]["usage"] == plain["usage"]


async def test_no_two_requests_are_alike_where_a_body_is_marked(built: Path, tmp_path: Path) -> None:
    async with recording("200 OK") as (port, bodies):
        path = lines(tmp_path, {"a": "@0000000000"}, {"b": "@0000000000"})
        await programs.load(built, Shot(port=port, bodies=path), connections=1, seconds=20, requests=4, first=7)
    assert [json.loads(body) for body in bodies] == [
        {"b": "@0000000007"},
        {"a": "@0000000008"},
        {"b": "@0000000009"},
        {"a": "@0000000010"},
    ]


async def test_answers_that_are_not_200_are_errors_and_no_latencies(built: Path, tmp_path: Path) -> None:
    async with recording("503 Service Unavailable") as (port, _):
        shot = Shot(port=port, bodies=lines(tmp_path, {}))
        seen = await programs.load(built, shot, connections=2, seconds=20, requests=10)
    assert seen.errors == seen.sent >= 10
    assert seen.answered == 0


async def test_a_closed_port_is_a_sentence(built: Path, tmp_path: Path) -> None:
    async with recording("200 OK") as (port, _):
        pass
    with pytest.raises(ProgramFailed, match="connect"):
        await programs.load(built, Shot(port=port, bodies=lines(tmp_path, {})), connections=1, seconds=1)


def test_without_a_compiler_a_sentence_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProgramFailed, match="C compiler"):
        programs.build(tmp_path)
