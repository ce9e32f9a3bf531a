"""HTTP to every provider: one pool of connections, the organization's own key, and limits in time and size."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Collection
from functools import lru_cache

import msgspec
from yarl import URL

from libs.common.clock import Clock
from libs.common.contracts.auth import ProviderKey
from libs.common.net_guard import forbidden_reason
from libs.common.sealing import Sealer
from services.gateway.clients.egress import Egress
from services.gateway.clients.http_connection import Answer
from services.gateway.clients.unpacking import PIECE, Unpacker
from services.gateway.domain.attempts import Failure, ProviderError
from services.gateway.domain.targets import Target
from services.gateway.ports import Forwarded
from services.gateway.providers.base import EncodedRequest, OutgoingRequest, ProviderAnswer, ProviderStream
from services.gateway.providers.registry import Registry

_KEY_SECONDS = 60.0
_MAX_URLS = 4096
_CHECK_SECONDS = 15.0
_LARGEST = 1 << 30  # bytes of an answer that is passed on as it comes
_HEADERS = {"accept-encoding": "identity", "user-agent": "promptly"}


class Timeouts(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds. `plain` is for a whole answer, `stream` for all of a stream; `idle` is for the silence between its pieces.
    Over `window` seconds a stream has to bring `slowest` bytes a second.
    """

    first_byte: float
    idle: float
    plain: float
    stream: float = 3600.0
    window: float = 120.0
    slowest: float = 0.25


class Pace:
    """Whether a stream still gets anywhere: one that drips keeps a connection, and what was set aside for it, for ever."""

    def __init__(self, now: float, timeouts: Timeouts) -> None:
        self._until = now + timeouts.stream
        self._timeouts = timeouts
        self._since, self._bytes = now, 0

    def left(self, now: float) -> float:
        """Seconds that the stream may still take; `Failure` "timeout" for none."""
        if now >= self._until:
            raise Failure("timeout", "The answer took too long.")
        return self._until - now

    def came(self, size: int, now: float) -> None:
        """Note a piece; `Failure` "timeout" where the last window brought too little."""
        self._bytes += size
        if now - self._since < self._timeouts.window:
            return
        if self._bytes < self._timeouts.slowest * (now - self._since):
            raise Failure("timeout", "The answer came too slowly.")
        self._since, self._bytes = now, 0


class HttpProviders:
    """All providers of the registry; see `ports.Providers`."""

    def __init__(
        self,
        egress: Egress,
        sealer: Sealer,
        clock: Clock,
        *,
        registry: Registry,
        allowed_hosts: Collection[str],
        timeouts: Timeouts,
        max_answer: int = 64 << 20,
    ) -> None:
        self._egress = egress
        self._sealer = sealer
        self._clock = clock
        self._registry = registry
        self._allowed_hosts = allowed_hosts
        self._timeouts = timeouts
        self._max_answer = max_answer
        self._opened: dict[tuple[str, str], tuple[float, str]] = {}
        self._url = lru_cache(_MAX_URLS)(self._checked_url)

    async def complete(self, target: Target, key: int, org_id: str, encoded: EncodedRequest) -> ProviderAnswer:
        with _IN_TIME:
            async with asyncio.timeout(max(self._timeouts.plain, encoded.patience)):
                response = await self._post(target, key, org_id, encoded)
                content = await self._read(response)
        if response.status != 200:
            raise self._failure(target.provider, response, content)
        return ProviderAnswer(content=content, headers=response.headers)

    async def stream(self, target: Target, key: int, org_id: str, encoded: EncodedRequest) -> ProviderStream:
        silent = max(self._timeouts.first_byte, encoded.patience)
        with _IN_TIME:
            async with asyncio.timeout(silent):
                response = await self._post(target, key, org_id, encoded)
                if response.status != 200:
                    raise self._failure(target.provider, response, await self._read(response))
                try:
                    unpacker = Unpacker(response.headers.get("content-encoding", ""))
                except Failure:
                    response.close()
                    raise
        pieces = await _begun(self._pieces(response, unpacker, silent=silent))
        return ProviderStream(pieces=pieces, headers=response.headers)

    async def stored(self, key: ProviderKey, org_id: str, method: str, path: str, query: str) -> ProviderAnswer:
        """Call the address of one stored response; see `ports.Providers`."""
        base = self._url(key.provider, "responses", key.base_url, "", False)
        url = URL(f"{base}{path}{'?' if query else ''}{query}", encoded=True)
        with _IN_TIME:
            async with asyncio.timeout(self._timeouts.plain):
                response = await self._send(OutgoingRequest(method=method, url=str(url)), url, key, org_id)
                content = await self._read(response)
        return ProviderAnswer(content=content, status=response.status, headers=response.headers)

    async def forward(
        self, key: ProviderKey, org_id: str, request: OutgoingRequest, body: AsyncIterator[bytes] | None
    ) -> Forwarded:
        """See `ports.Forwarding`."""
        provider = self._registry[key.provider]
        base = provider.root(key.base_url or provider.base_url)
        if (reason := forbidden_reason(base, self._allowed_hosts)) is not None:
            raise Failure("connect", reason)
        url = URL(base + request.url, encoded=True)
        sent = msgspec.structs.replace(request, url=str(url))
        with _IN_TIME:
            async with asyncio.timeout(self._timeouts.plain if body is None else self._timeouts.stream):
                response = await self._send(sent, url, key, org_id, body)
            try:
                unpacker = Unpacker(response.headers.get("content-encoding", ""))
            except Failure:
                response.close()
                raise
        pieces = await _begun(self._pieces(response, unpacker, _LARGEST))
        return Forwarded(status=response.status, headers=response.headers, pieces=pieces)

    def fingerprint(self, key: ProviderKey, org_id: str) -> str:
        return hashlib.sha256(f"{key.provider}\n{self._open(key, org_id)}".encode()).hexdigest()

    async def check(self, key: ProviderKey, org_id: str) -> None:
        """Request the list of models, to see whether the key works. `Failure` where it does not."""
        provider = self._registry[key.provider]
        base = key.base_url or provider.base_url
        if (reason := forbidden_reason(base, self._allowed_hosts)) is not None:
            raise Failure("connect", reason)
        url = provider.models_url(base)
        with _IN_TIME:
            async with asyncio.timeout(_CHECK_SECONDS):
                response = await self._send(OutgoingRequest(method="GET", url=url), URL(url, encoded=True), key, org_id)
                content = await self._read(response)
        if response.status != 200:
            raise self._failure(key.provider, response, content)

    async def _pieces(
        self,
        response: Answer,
        unpacker: Unpacker,
        most: int | None = None,
        silent: float | None = None,
    ) -> AsyncGenerator[bytes, None]:
        """The body in small pieces, of which the first is empty, within its limits: silence (at first `silent` seconds), slowness, time
        and size in all.
        """
        limit, size, pace = silent or self._timeouts.first_byte, 0, Pace(self._clock.monotonic(), self._timeouts)
        most = most or self._max_answer
        try:
            yield b""
            while True:
                with _IN_TIME:
                    async with asyncio.timeout(min(limit, pace.left(self._clock.monotonic()))):
                        data = await response.read()
                if not data:
                    unpacker.end()
                    return
                pace.came(len(data), self._clock.monotonic())
                limit = self._timeouts.idle
                for piece in unpacker.feed(data):
                    size += len(piece)
                    if size > most:
                        raise Failure("malformed", "The answer is too large.")
                    yield piece
                    if len(data) > PIECE:
                        await asyncio.sleep(0)
        finally:
            response.close()

    async def _post(self, target: Target, key: int, org_id: str, encoded: EncodedRequest) -> Answer:
        own = target.keys[key]
        url = self._url(own.provider, encoded.surface, own.base_url, target.served_model, encoded.stream)
        if encoded.query:
            url = URL(f"{url}{'&' if url.raw_query_string else '?'}{encoded.query}", encoded=True)
        headers = {**encoded.headers, "content-type": "application/json"}
        request = OutgoingRequest(method="POST", url=str(url), headers=headers, body=encoded.body)
        return await self._send(request, url, own, org_id)

    async def _send(
        self,
        request: OutgoingRequest,
        url: URL,
        key: ProviderKey,
        org_id: str,
        body: AsyncIterator[bytes] | None = None,
    ) -> Answer:
        """Send a request, signed with the key in clear."""
        signature = self._registry[key.provider].sign(request, self._open(key, org_id))
        headers = {**_HEADERS, **request.headers, **signature}
        return await self._egress.request(request.method, url, headers, request.body if body is None else body)

    async def _read(self, response: Answer) -> bytes:
        """A whole body, opened where it was compressed."""
        parts, size = [], 0
        try:
            unpacker = Unpacker(response.headers.get("content-encoding", ""))
            while data := await response.read():
                for piece in unpacker.feed(data):
                    size += len(piece)
                    if size > self._max_answer:
                        raise Failure("malformed", "The answer is too large.")
                    parts.append(piece)
                if size > PIECE:
                    await asyncio.sleep(0)
            unpacker.end()
        except BaseException:
            response.close()
            raise
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _checked_url(self, provider: str, surface: str, base: str | None, model: str, stream: bool) -> URL:
        known = self._registry[provider]
        base = base or known.base_url
        if (reason := forbidden_reason(base, self._allowed_hosts)) is not None:
            raise Failure("connect", reason)
        return URL(known.url(surface, base, model, stream=stream), encoded=True)

    def _failure(self, provider: str, response: Answer, content: bytes) -> Failure:
        failure = self._registry[provider].error(response.status, response.headers, content)
        return failure.came_as(ProviderError(status=response.status, headers=response.headers, body=content))

    def _open(self, key: ProviderKey, org_id: str) -> str:
        """The key in clear, kept in memory for a minute at most."""
        now = self._clock.monotonic()
        kept = self._opened.get((key.id, key.sealed))
        if kept is not None and now - kept[0] < _KEY_SECONDS:
            return kept[1]
        self._opened = {name: entry for name, entry in self._opened.items() if now - entry[0] < _KEY_SECONDS}
        opened = self._sealer.open(org_id, key.provider, key.id, key.sealed)
        self._opened[key.id, key.sealed] = (now, opened)
        return opened


async def _begun(pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """The same, begun: one that is closed before it has begun would leave its connection open."""
    await anext(pieces)
    return pieces


class _InTime:
    """Around what has a deadline of its own: that it was missed, as what it means for the request."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        """Nothing is swallowed."""
        if isinstance(error, TimeoutError):
            raise Failure("timeout", "No answer in time.") from None


_IN_TIME = _InTime()
