"""The documents that issuers publish: fetched, checked, and kept for a while."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import msgspec
import structlog

from libs.common.clock import Clock
from libs.common.contracts.auth import JsonWebKey
from libs.common.errors import Unavailable
from libs.common.guarded_http import GuardedHttp, Unreachable
from libs.common.json_web_tokens import MAX_KEYS, key_set
from services.auth.issuers.ports import IssuerMetadata

log = structlog.get_logger()
_SECONDS: Final = 3.0  # for both documents together
_LARGEST: Final = 64 << 10
_FRESH: Final = 900.0  # seconds after which documents are fetched again, beside whoever asks
_STALE: Final = 3600.0  # seconds after which whoever asks waits for that
_RETRY: Final = 10.0  # seconds between two tries
_MOST: Final = 1000  # issuers


@asynccontextmanager
async def http_issuers(http: GuardedHttp, clock: Clock) -> AsyncIterator["HttpIssuers"]:
    """Issuers behind this client; what is under way at the end of the block ends with it."""
    issuers = HttpIssuers(http, clock)
    try:
        yield issuers
    finally:
        await issuers.close()


class _Jwks(msgspec.Struct, frozen=True, kw_only=True):
    keys: tuple[msgspec.Raw, ...]


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    metadata: IssuerMetadata
    keys: tuple[JsonWebKey, ...]
    at: float


class HttpIssuers:
    """Implements `ports.Issuers`. An issuer is called once at a time, however many ask, and a failure is remembered for ten seconds."""

    def __init__(self, http: GuardedHttp, clock: Clock) -> None:
        self._http = http
        self._clock = clock
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._tried: OrderedDict[str, tuple[float, str | None]] = OrderedDict()
        self._pending: dict[str, asyncio.Task[_Kept]] = {}

    async def metadata(self, issuer: str) -> IssuerMetadata:
        return (await self._documents(issuer, None)).metadata

    async def keys(self, issuer: str, key_id: str | None = None) -> Sequence[JsonWebKey]:
        return (await self._documents(issuer, key_id)).keys

    async def close(self) -> None:
        """End what is under way."""
        for task in list(self._pending.values()):
            task.cancel()
        await asyncio.gather(*self._pending.values(), return_exceptions=True)

    async def _documents(self, issuer: str, key_id: str | None) -> _Kept:
        now, kept = self._clock.monotonic(), self._kept.get(issuer)
        at, failed = self._tried.get(issuer, (-_RETRY, None))
        may_try = now - at >= _RETRY
        if kept is not None and now - kept.at < _STALE:
            known = key_id is None or any(key.kid == key_id for key in kept.keys)
            if not may_try or (known and now - kept.at < _FRESH):
                return kept
            if known:
                self._start(issuer)
                return kept
        elif not may_try and issuer not in self._pending and failed is not None:
            raise Unavailable(failed)
        try:
            return await asyncio.shield(self._start(issuer))
        except Unavailable:
            if kept is not None and now - kept.at < _STALE:
                return kept
            raise

    def _start(self, issuer: str) -> "asyncio.Task[_Kept]":
        task = self._pending.get(issuer)
        if task is None:
            task = self._pending[issuer] = asyncio.create_task(self._fetch(issuer))
            task.add_done_callback(lambda done: self._done(issuer, done))
        return task

    def _done(self, issuer: str, task: "asyncio.Task[_Kept]") -> None:
        self._pending.pop(issuer, None)
        if not task.cancelled():
            task.exception()  # nobody need wait for it

    async def _fetch(self, issuer: str) -> _Kept:
        now = self._clock.monotonic()
        _remember(self._tried, issuer, (now, None))
        try:
            async with asyncio.timeout(_SECONDS):
                metadata: IssuerMetadata = await self._get(
                    f"{issuer.rstrip('/')}/.well-known/openid-configuration", IssuerMetadata, "discovery document"
                )
                if metadata.issuer != issuer:
                    raise Unreachable(
                        "Its discovery document names another issuer; write the issuer exactly as it does."
                    )
                keys = _usable(await self._get(metadata.jwks_uri, _Jwks, "JWKS document"))
        except TimeoutError:
            raise self._failed(issuer, now, f"It did not answer within {_SECONDS:.0f} seconds.") from None
        except Unreachable as error:
            raise self._failed(issuer, now, str(error)) from None
        kept = _Kept(metadata=metadata, keys=keys, at=now)
        _remember(self._kept, issuer, kept)
        return kept

    def _failed(self, issuer: str, now: float, reason: str) -> Unavailable:
        log.warning("issuer_documents_unusable", url=issuer, reason=reason)
        sentence = f"The issuer's documents cannot be used: {reason}"
        _remember(self._tried, issuer, (now, sentence))
        return Unavailable(sentence)

    async def _get(self, url: str, kind: Any, name: str) -> Any:
        status, body = await self._http.request(
            "GET", url, headers={"accept": "application/json"}, seconds=_SECONDS, largest=_LARGEST
        )
        if status != 200:
            raise Unreachable(f"Its {name} was answered with {status}.")
        try:
            return msgspec.json.decode(body, type=kind)
        except (ValueError, RecursionError):
            raise Unreachable(f"Its {name} cannot be read.") from None


def _usable(document: _Jwks) -> tuple[JsonWebKey, ...]:
    """The keys that can be used, without what nobody reads; `Unreachable` where there is none."""
    found = []
    for raw in document.keys[:MAX_KEYS]:
        try:
            key = msgspec.json.decode(raw, type=JsonWebKey)
        except ValueError:  # of a kind that others read
            continue
        if key_set([msgspec.to_builtins(key)]).keys:
            found.append(key)
    if not found:
        raise Unreachable(
            "It publishes no key that can be used: RSA of at least 2,048 bits, P-256, P-384, P-521 or Ed25519."
        )
    return tuple(found)


def _remember(known: OrderedDict[str, Any], name: str, value: Any) -> None:
    known[name] = value
    known.move_to_end(name)
    if len(known) > _MOST:
        known.popitem(last=False)
