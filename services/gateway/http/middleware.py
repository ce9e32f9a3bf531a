"""The outermost layer of HTTP: every request gets an id, a span and a log context, and every answer the id in a header."""

import re
import time
from collections.abc import Mapping

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from libs.common.ids import new_id
from libs.common.telemetry import metrics, names, tracing
from services.gateway.state.org_rotation import OrgRotation
from services.gateway.state.request_line import LineState

log = structlog.get_logger()
_STATE = "promptly"
_PRINTABLE = re.compile(r"[^\x20-\x7e]")  # a provider chooses some of these values, such as a model's name
_QUIET = ("/healthz", "/readyz")
_KEYS = ("authorization", "x-api-key", "x-goog-api-key", "cookie")
_AT_ONCE = 4


class RequestScope:
    """What the layers of one request share: its id, the headers it came with, and those that its answer will carry."""

    __slots__ = ("began", "error_code", "headers", "incoming", "key_id", "org_id", "request_id", "status")

    def __init__(self, request_id: str, incoming: dict[str, str]) -> None:
        self.request_id = request_id
        self.incoming = incoming
        self.began = time.monotonic()
        self.status = 0
        self.error_code: str | None = None
        self.org_id: str | None = None
        self.key_id: str | None = None
        self.headers: dict[str, str] = {"x-promptly-request-id": request_id}


def request_scope(scope: Scope) -> RequestScope:
    """What the layers of this request share. A request for health has no id: what is set on its scope reaches nobody."""
    found = scope.get("state", {}).get(_STATE)
    return found if isinstance(found, RequestScope) else RequestScope("", {})


def middleware(app: ASGIApp) -> ASGIApp:
    """Wrap the application. Of a crowd that comes within one turn of the loop a handful begins, by the keys that they hold in rotation:
    whose they are is known later, and finding out takes long enough for a thousand to hold up everybody.
    """
    turns = OrgRotation(_AT_ONCE)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["path"] in _QUIET:
            await app(scope, receive, send)
            return
        incoming = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        own = RequestScope(new_id("req"), incoming)
        scope.setdefault("state", {})[_STATE] = own

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *_encoded(own.headers)]
                tracing.set_attributes(span, {"http.response.status_code": message["status"]})
                own.status = message["status"]
            await send(message)

        route = _route(scope["path"])
        about = {names.REQUEST_ID: own.request_id, "http.request.method": scope["method"], "url.path": route}
        await turns.wait(next((incoming[name] for name in _KEYS if name in incoming), ""))
        structlog.contextvars.bind_contextvars(
            request_id=own.request_id
        )  # a request has a task and a context of its own
        with (
            LineState() as line,
            tracing.door_span(f"{scope['method']} {route}", incoming, about) as span,
        ):
            await app(scope, receive, send_with_headers)
            if own.status >= 400 and not line.written:
                _report_refused(own, scope["path"])

    return serve


def _encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Headers as they go out, without what does not print."""
    if _PRINTABLE.search("".join(headers.values())) is not None:
        headers = {name: _PRINTABLE.sub("", value) for name, value in headers.items()}
    return [(name.encode(), value.encode()) for name, value in headers.items()]


def _report_refused(own: RequestScope, path: str) -> None:
    """The count and the line of a request that was refused before it had a record, such as one without a valid key."""
    metrics.REFUSED.labels(_route(path), f"{own.status // 100}xx").inc()
    milliseconds = round((time.monotonic() - own.began) * 1000, 3)
    log.info(
        "request",
        request_id=own.request_id,
        org_id=own.org_id,
        key_id=own.key_id,
        path=_route(path),
        outcome="error",
        status=own.status,
        code=own.error_code,
        milliseconds=milliseconds,
    )


_KNOWN = frozenset(
    (
        "/v1/chat/completions",
        "/v1/completions",
        "/v1/messages",
        "/v1/messages/count_tokens",
        "/v1/models",
        "/v1/responses",
        "/v1/responses/compact",
        "/v1/responses/input_tokens",
        "/v1/feedback",
        "/v1/optimize",
        "/v1/credits",
        *("/v1/embeddings", "/v1/moderations", "/v1/files", "/v1/uploads", "/v1/batches"),
    )
)


def _route(path: str) -> str:
    """The path without what varies in it: a span's name must have few values, and addresses may hold keys and names."""
    if path in _KNOWN:
        return path
    if path.startswith("/v1beta"):
        return "/v1beta/models/{model}" if path.startswith("/v1beta/models/") else "/v1beta"
    if path.startswith("/v1/models/"):
        return "/v1/models/{model}"
    if path.startswith("/v1/responses/"):
        return "/v1/responses/{response}"
    if path.startswith("/v1/deferred/"):
        return "/v1/deferred/{request}"
    return "/v1" if path.startswith("/v1") else "/api" if path.startswith("/api") else "/"
