"""What a walk through the developer guide needs: a walker that checks and notes each answer, and somebody to be told."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from libs.common.ids import uuid7
from tests.fixtures.running import Account, Running, wait_for

PASSWORD = "securepassword"
# The tables of the guide's API reference; a placeholder stands at the end of a path, if at all.
REFERENCE = {
    "Proxy": [("POST", "/v1/chat/completions"), ("POST", "/v1/completions")],
    "Auth": [
        *(("POST", f"/api/auth/{path}") for path in ("register", "login")),
        *(("GET", f"/api/auth/oauth/{source}") for source in ("github", "google")),
    ],
    "Keys": [
        ("GET", "/api/keys/platform"),
        ("POST", "/api/keys/platform/regenerate"),
        *((method, "/api/keys/providers") for method in ("GET", "POST")),
        *((method, "/api/keys/providers/{id}") for method in ("PUT", "DELETE")),
    ],
    "Optimization": [
        *((method, "/api/optimization/settings") for method in ("GET", "PUT")),
        ("GET", "/api/optimization/cache/stats"),
        ("POST", "/api/optimization/cache/clear"),
    ],
    "Routing": [
        *((method, "/api/routing/config") for method in ("GET", "PUT")),
        *((method, "/api/routing/rules") for method in ("GET", "POST")),
        ("DELETE", "/api/routing/rules/{id}"),
    ],
    "Analytics": [("GET", f"/api/analytics/{path}") for path in ("overview", "savings", "models", "levers")],
    "Requests": [("GET", "/api/requests"), ("GET", "/api/requests/{id}")],
    "Team": [
        ("GET", "/api/team/members"),
        ("POST", "/api/team/invite"),
        *((method, "/api/team/members/{id}") for method in ("PUT", "DELETE")),
    ],
    "Alerts": [
        *((method, "/api/alerts/rules") for method in ("GET", "POST")),
        *((method, "/api/alerts/rules/{id}") for method in ("PUT", "DELETE")),
    ],
    "Organization": [("GET", "/api/org"), ("PUT", "/api/org")],
}
# A field is described by a type, by several, by the only value that it may have, or by what stands inside it.
Shape = Any
NUMBER = (int, float)


@dataclass
class Guide:
    """Walks as one account. `asked` holds what has been asked, as (method, path), the path without what varies in it."""

    running: Running
    account: Account
    email: str
    asked: set[tuple[str, str]] = field(default_factory=set)

    @property
    def key(self) -> dict[str, str]:
        """The headers of a request to the data plane."""
        return {"authorization": f"Bearer {self.account.api_key}"}

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        shape: Shape = None,
        status: int = 200,
        headers: dict[str, str] | None = None,
        said: str = "",
        params: dict[str, Any] | None = None,
        **ids: str,
    ) -> Any:
        """Ask, check status and shape, print a row, and give back the answer: JSON, text where it is none, or None.

        Without `headers` it is the account's token that goes along; `{…}` in the path stands for one of `ids`.
        """
        url = self.running.url + path.format(**ids)
        own = self.account.headers if headers is None else headers
        answer = httpx.request(method, url, json=body, headers=own, params=params, timeout=30)
        self.asked.add((method, path))
        checked = said or ", ".join(shape if isinstance(shape, dict) else ())
        print(f"{method:<6} {path:<44} {answer.status_code}  {checked[:150]}")
        assert answer.status_code == status, answer.text
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        found = (answer.json() if is_json else answer.text) if answer.content else None
        problems = misfits(found, shape)
        assert not problems, problems
        return found

    def chat(self, text: str, *, cache: str | None = None, **more: Any) -> dict[str, Any]:
        """The metadata of an answer to a question; `cache` is what its header says."""
        body = {"model": "gpt-4o", "messages": question(text), **more}
        own = self.key if cache is None else {**self.key, "x-promptly-cache": cache}
        answer = httpx.post(f"{self.running.url}/v1/chat/completions", json=body, headers=own, timeout=30)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()["promptly_metadata"]
        return found

    def logged(self, request_id: str) -> str:
        """The id of a request, once it is in the log."""
        wait_for(lambda: request_id in {one["id"] for one in self.account.get("/api/requests", limit=200)["requests"]})
        return request_id

    def left_out(self, *tables: str) -> set[tuple[str, str]]:
        """Which endpoints of the reference's tables have not been asked."""
        named = {(method, path) for table in tables for method, path in REFERENCE[table]}
        return named - self.asked

    @contextmanager
    def upstream(self) -> Iterator[list[dict[str, Any]]]:
        """The bodies that the provider gets during the block; there once it is over."""
        bodies: list[dict[str, Any]] = []
        control, before = f"{self.running.upstream_url}/_control/record", len(self.running.ledger())
        httpx.post(control, json={"bodies": True}, timeout=10).raise_for_status()
        try:
            yield bodies
        finally:
            httpx.post(control, json={"bodies": False}, timeout=10).raise_for_status()
        bodies += [call["body"] for call in self.running.ledger()[before:]]

    def elsewhere(self, what: str) -> None:
        """A row for what another test covers."""
        print(f"       {what}")


def begin(running: Running) -> Guide:
    """Steps 1 and 2 of the quick start: an account, and its provider."""
    email = f"dev-{uuid7().hex}@mycompany.com"
    body = {"org_name": "My Company", "email": email, "password": PASSWORD, "account_type": "team"}
    made = httpx.post(f"{running.url}/api/auth/register", json=body, timeout=10)
    assert made.status_code == 201, made.text
    found = made.json()
    account = Account(running, found["token"], found["api_key"], found["org"]["id"])
    account.connect("openai", "sk-your-openai-key", f"{running.upstream_url}/v1")
    return Guide(running, account, email)


def question(text: str) -> list[dict[str, str]]:
    """The messages of one that asks this."""
    return [{"role": "user", "content": text}]


def misfits(value: Any, shape: Shape, at: str = "$") -> list[str]:
    """What does not fit, and where; fields beside those of the shape are fine."""
    match shape:
        case None:
            return []
        case dict():
            if not isinstance(value, dict):
                return [f"{at} is no object: {value!r}"]
            lacking = [f"{at}.{name} is missing" for name in shape if name not in value]
            within = [misfits(value[name], part, f"{at}.{name}") for name, part in shape.items() if name in value]
            return [*lacking, *(problem for problems in within for problem in problems)]
        case [part]:
            if not isinstance(value, list) or not value:
                return [f"{at} is no list with something in it: {value!r}"]
            return [problem for i, one in enumerate(value) for problem in misfits(one, part, f"{at}[{i}]")]
        case type() | tuple():
            kinds = shape if isinstance(shape, tuple) else (shape,)
            # In Python a bool is an int; in JSON it is not.
            fine = isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
            return [] if fine else [f"{at} is {value!r}"]
        case _:
            return [] if value == shape and type(value) is type(shape) else [f"{at} is {value!r}, not {shape!r}"]


class Receiver:
    """Keeps the webhooks that it is sent."""

    def __init__(self) -> None:
        self.posts: list[tuple[dict[str, str], bytes]] = []
        posts = self.posts

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                posts.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
