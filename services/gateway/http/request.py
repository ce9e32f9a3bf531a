"""A request as it comes over HTTP: its key, its body, and a client that may leave."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar
from urllib.parse import parse_qs, unquote_plus

from litestar import Request
from litestar.datastructures import State
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.types import Scope

from libs.common import keys
from libs.common.errors import RequestTimeout, Unauthorized, UnsupportedMediaType
from libs.common.json_web_tokens import looks_like_token
from services.gateway.domain import json_size
from services.gateway.domain.rate_limit import Verdict
from services.gateway.domain.request import Incoming
from services.gateway.http.encodings import check_encoding, unpacked
from services.gateway.http.middleware import RequestScope, request_scope
from services.gateway.http.streaming import Beside, ClientDisconnect

T = TypeVar("T")
V1Request = Request[Any, Any, Any]
# What a browser sends without permission from the server; curl calls JSON a form unless it is given a type.
_KEY_HEADERS = ("x-api-key", "x-goog-api-key")
_NO_JSON = ("text/", "multipart/")


async def incoming_of(request: V1Request, state: State, *, values: int = json_size.MAX_VALUES) -> Incoming:
    """The request as the pipeline takes it. Its body may hold so many `values`."""
    own, clock = request_scope(request.scope), state.clock
    accepted, time_ms = clock.monotonic(), int(clock.now().timestamp() * 1000)
    key = api_key(request.scope)
    principal = await state.admission.authenticate(key)  # only the bodies of known keys are read
    own.org_id, own.key_id = principal.org_id, principal.key_id
    return Incoming(
        request_id=own.request_id,
        accepted=accepted,
        time_ms=time_ms,
        api_key=key,
        body=await body_of(request, state.body_timeout, values),
        headers=own.incoming,
        query=query_of(request.scope),
        principal=principal,
    )


def api_key(scope: Scope) -> str | None:
    """The key: of those that the request holds, the one that is Promptly's, else the one that is a JSON web token. Clients send others
    beside it, which are none of ours and go nowhere. Two of Promptly's, or a header that comes twice, are no key: the next one to read
    them may take the other.
    """
    headers = request_scope(scope).incoming
    if _twice(scope):
        raise Unauthorized("A header that holds the API key came more than once.")
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    bearer = bearer if scheme.lower() == "bearer" else ""
    asked = parse_qs(_query(scope)).get("key", ()) if scope["query_string"] else ()
    found = [bearer, *(headers.get(name, "") for name in _KEY_HEADERS), *asked]
    given: tuple[str, ...] = tuple(dict.fromkeys(key.strip() for key in found if key.strip()))
    if len(given) == 1:
        return given[0]
    own = [key for key in given if keys.well_formed(key)] or [key for key in given if looks_like_token(key)]
    if len(own) > 1 or (not own and len(given) > 1):
        raise Unauthorized("The request holds several keys that differ: send one.")
    return own[0] if own else given[0] if given else None


def query_of(scope: Scope) -> str:
    """The query without a key in it."""
    return "&".join(part for part in _query(scope).split("&") if part and unquote_plus(part.partition("=")[0]) != "key")


def _query(scope: Scope) -> str:
    found: bytes = scope["query_string"]
    return found.decode("latin-1")


def _twice(scope: Scope) -> bool:
    names = [name for name, _ in scope["headers"]]
    if len(request_scope(scope).incoming) == len(names):  # each came once
        return False
    return any(names.count(name.encode()) > 1 for name in ("authorization", *_KEY_HEADERS))


async def body_of(
    request: Request[Any, Any, Any],
    timeout: float,  # noqa: ASYNC109 - a setting, passed on
    values: int = json_size.MAX_VALUES,
) -> bytes:
    """The body, if it is JSON of a size that can be read at once, and comes in time. A compressed one is unpacked."""
    incoming = request_scope(request.scope).incoming
    encoding = incoming.get("content-encoding", "").strip().lower()
    check_encoding(encoding)
    kind = incoming.get("content-type", "").partition(";")[0].strip().lower()
    if kind.startswith(_NO_JSON):
        raise UnsupportedMediaType(f"Send the body as application/json, not as {kind}.")
    limit = request.route_handler.resolve_request_max_body_size()
    try:
        async with asyncio.timeout(timeout):
            body = await _whole(request, incoming.get("content-length", ""), limit)
    except TimeoutError:
        raise RequestTimeout("The body did not arrive in time.") from None
    if encoding:
        body = await unpacked(body, encoding, limit or len(body))
    if (scan := json_size.scan(body, values)) is not None:
        for _ in scan:
            await asyncio.sleep(0)  # others are served in between
    return body


async def _whole(request: Request[Any, Any, Any], announced: str, limit: int | None) -> bytes:
    """A body of at most `limit` bytes; of one that is announced as longer nothing is read."""
    if limit is not None and announced.isdecimal() and int(announced) > limit:
        raise RequestEntityTooLarge
    parts, size = [], 0
    while True:
        message = await request.receive()
        if message["type"] != "http.request":
            raise ClientDisconnect("The client left before its request was whole.")
        parts.append(message["body"])
        size += len(message["body"])
        if limit is not None and size > limit:
            raise RequestEntityTooLarge
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


async def cancel_on_disconnect(request: Request[Any, Any, Any], work: Coroutine[Any, Any, T]) -> T:
    """Do the work, unless the client leaves meanwhile: then it is cancelled, and with it the call to the provider."""
    with Beside(request.receive):
        return await work
    raise ClientDisconnect("The client left before there was an answer.")


def rate_headers(own: RequestScope, verdict: Verdict) -> None:
    """Put the rate limit's verdict into the answer's headers."""
    own.headers["x-ratelimit-limit-requests"] = str(verdict.limit)
    own.headers["x-ratelimit-remaining-requests"] = str(verdict.remaining)
    own.headers["x-ratelimit-reset-requests"] = f"{verdict.reset:.0f}s"
    if verdict.local:
        own.headers["x-promptly-ratelimit-mode"] = "local"
