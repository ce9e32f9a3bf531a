"""A server that answers what a test tells it to, and keeps what it was asked."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from promptly import Promptly

METADATA = {
    "baseline_model": "gpt-4o",
    "routed_model": "gpt-4o-mini",
    "original_tokens": 52,
    "optimized_tokens": 28,
    "savings": 0.00034,
    "cache_hit": False,
    "latency_ms": 834,
    "request_id": "req_1",
    "provider": "openai",
    "served_model": "gpt-4o-mini",
    "complexity": "simple",
    "cache_similarity": None,
    "optimizations": ["routing"],
    "fallback_used": False,
    "degraded": [],
    "of_next_year": 1,
}
ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-4o-mini",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": '{"x": 1}'}, "finish_reason": "stop"}],
    "promptly_metadata": METADATA,
}


def chunk(text: str | None = None, **more: Any) -> dict[str, Any]:
    """A chunk of a stream; without a text the one that ends it."""
    choice = {"index": 0, "delta": {"content": text} if text else {}, "finish_reason": None if text else "stop"}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "gpt-4o",
        "choices": [choice],
        **more,
    }


STREAM = [chunk("Pa"), chunk("ris."), chunk(promptly_metadata=METADATA)]


@dataclass
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Server:
    """Answers in turn what `answers` holds: status, body (a list is a stream) and headers; the last one for ever."""

    url: str = ""
    answers: list[tuple[int, Any, dict[str, str]]] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    def will(self, body: Any, status: int = 200, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.append((status, body, named))

    @property
    def last(self) -> Asked:
        return self.asked[-1]


@pytest.fixture
def server() -> Iterator[Server]:
    found = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            read = self.rfile.read(int(self.headers.get("content-length", 0)))
            sent = {name.lower(): value for name, value in self.headers.items()}
            found.asked.append(Asked(self.command, self.path, sent, json.loads(read) if read else None))
            status, body, headers = found.answers.pop(0) if len(found.answers) > 1 else found.answers[0]
            kind = "application/json"
            if isinstance(body, list):
                kind = "text/event-stream"
                said = "".join(f"data: {json.dumps(part)}\n\n" for part in body) + "data: [DONE]\n\n"
            else:
                said = body if isinstance(body, str) else json.dumps(body)
            self.send_response(status)
            for name, value in {"content-type": kind, "content-length": str(len(said.encode())), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said.encode())

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *_: Any) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{http.server_port}/v1"
    thread = threading.Thread(target=http.serve_forever, args=(0.01,))
    thread.start()
    yield found
    http.shutdown()
    thread.join()
    http.server_close()


@pytest.fixture
def client(server: Server) -> Iterator[Promptly]:
    with Promptly(api_key="sk-promptly-1", base_url=server.url, max_retries=0) as made:
        yield made


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine of a developer has keys; a test names its own."""
    for name in ("PROMPTLY_API_KEY", "PROMPTLY_BASE_URL", "OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
