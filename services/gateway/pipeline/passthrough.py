"""A call that is passed through: authorized, bound to its owner, forwarded as it came, and metered by its answer.

No cache, no optimizer, no router, and no other key: what is made under a key is there under that key alone.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec
import structlog

from libs.common import context
from libs.common.catalog import UnitCatalog
from libs.common.clock import Clock
from libs.common.contracts.auth import Principal, ProviderKey
from libs.common.errors import BadRequest, NotFound, PromptlyError, UpstreamFailed
from libs.common.jobs import Background
from libs.common.telemetry import tracing
from services.gateway.domain import overrides
from services.gateway.domain.answer_usage import UsageReader, Used, used
from services.gateway.domain.attempts import Failure, client_error
from services.gateway.domain.budgets import is_budgeted
from services.gateway.domain.multipart import boundary_of
from services.gateway.domain.outcome import CallTrace, Outcome, TokenCounts
from services.gateway.domain.passthrough import Operation, Owner, PassthroughEnvelope
from services.gateway.domain.plan import Plan
from services.gateway.domain.receipt import Receipt
from services.gateway.domain.request import Incoming, Request
from services.gateway.domain.targets import Target, restricted
from services.gateway.domain.unit_pricing import UnitReceipt, check_allowed, unit_receipt
from services.gateway.formats.headers import to_client, to_openai
from services.gateway.pipeline.admission import Admission, RateLimitCallback
from services.gateway.pipeline.object_owners import ObjectOwners, object_id
from services.gateway.pipeline.recorder import CLIENT_LEFT, INTERNAL, Recorder, RequestRecord
from services.gateway.pipeline.upload import Upload, read_json
from services.gateway.ports import Budgets, Forwarded, Forwarding
from services.gateway.providers.base import OutgoingRequest
from services.gateway.providers.registry import Registry

log = structlog.get_logger()
SURFACE: Final = "passthrough"
_MAX_OBJECT: Final = 1 << 20  # bytes of an answer that describes an object
_PASSED: Final[tuple[str, ...]] = ("content-type", "accept")
_BACK: Final = ("content-type", "content-disposition")


class PassthroughCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call as it came: its body is in `content`, not in `incoming`; `ids` stand in the operation's path."""

    incoming: Incoming
    operation: Operation
    ids: tuple[str, ...]
    content: AsyncIterator[bytes]


class Passed(msgspec.Struct, frozen=True, kw_only=True):
    """The provider's answer, as it goes to the client. Closing `chunks` before their end is a client that left."""

    status: int
    model: str
    headers: Mapping[str, str]
    chunks: AsyncGenerator[bytes, None]


@dataclass
class _Work:
    """One call while it runs: private to this module."""

    call: PassthroughCall
    request: Request
    upload: Upload
    key: ProviderKey
    reader: UsageReader = field(default_factory=UsageReader)
    model: str | None = None
    characters: int | None = None
    owner: Owner | None = None
    bytes_out: int = 0
    trace: CallTrace = field(default_factory=CallTrace)

    @property
    def operation(self) -> Operation:
        return self.call.operation


class Passthrough:
    """Passes calls through."""

    def __init__(
        self,
        *,
        admission: Admission,
        budgets: Budgets,
        forwarding: Forwarding,
        owners: ObjectOwners,
        recorder: Recorder,
        registry: Registry,
        units: UnitCatalog,
        clock: Clock,
        background: Background,
    ) -> None:
        self._admission = admission
        self._budgets = budgets
        self._forwarding = forwarding
        self._owners = owners
        self._recorder = recorder
        self._registry = registry
        self._units = units
        self._clock = clock
        self._background = background

    async def run(self, call: PassthroughCall, on_rate_limit: RateLimitCallback) -> Passed:
        """The provider's answer. `on_rate_limit` gets the rate limit's verdict as soon as it is known."""
        incoming = call.incoming
        principal = await self._admission.authorize(incoming.api_key, "chat", incoming.principal)
        async with self._admission.acquire(principal, on_rate_limit) as permit:
            with context.bound(request_id=incoming.request_id):
                work = self._parse(call, principal)
                record = self._recorder.open(work.request)
                try:
                    passed = await self._serve(work, record)
                except asyncio.CancelledError:
                    self._cancelled(work, record)
                    raise
                except Exception as error:
                    await self._failed(work, record, error)
                    raise
                await anext(passed.chunks)  # begun, so that closing it closes the record
                return msgspec.structs.replace(passed, chunks=await permit.release_after(passed.chunks))

    def _parse(self, call: PassthroughCall, principal: Principal) -> _Work:
        incoming, operation = call.incoming, call.operation
        own = overrides.parse(incoming.headers, principal.tags)
        usable = restricted(principal, self._registry.answering(SURFACE)).provider_keys
        if not usable:
            raise NotFound(
                "This address is served where a key of a provider that has it is connected; there is none here."
            )
        envelope = PassthroughEnvelope(
            raw=b"", top={}, model=operation.name, operation=operation, end_user=principal.end_user
        )
        request = Request(
            id=incoming.request_id,
            accepted=incoming.accepted,
            time_ms=incoming.time_ms,
            kind="passthrough",
            principal=msgspec.structs.replace(principal, provider_keys=usable),
            envelope=envelope,
            chat=None,
            overrides=own,
            settings=principal.settings,
            trace_id=tracing.trace_id(),
        )
        content_type = incoming.headers.get("content-type", "")
        boundary = boundary_of(content_type)
        if operation.model == "multipart" and boundary is None:
            raise BadRequest("Send the body as multipart/form-data with a boundary.")
        upload = Upload(call.content, operation.limit, boundary)
        return _Work(call=call, request=request, upload=upload, key=usable[0])

    async def _serve(self, work: _Work, record: RequestRecord) -> Passed:
        principal, operation = work.request.principal, work.operation
        work.owner, work.key = await self._owners.check(operation, work.call.ids, principal, work.key)
        body, content = await self._body(work)
        if operation.billed is not None and is_budgeted(work.request):
            record.reservation = await self._budgets.reserve(work.request, 1)
        answer = await self._forward(work, body, content)
        upstream_id = answer.headers.get("x-request-id")
        work.trace = msgspec.structs.replace(work.trace, upstream_request_id=upstream_id)
        if answer.status >= 400:
            return await self._refused(work, record, answer)
        if operation.describes:
            whole = await _whole(answer, work.key.provider)
            owner = work.owner or Owner(
                org_id=principal.org_id,
                key_id=principal.key_id,
                user_id=principal.user_id,
                provider_key=work.key.id,
                made_ms=work.request.time_ms,
            )
            await self._owners.note(operation, work.call.ids, owner, work.key, whole)
            if operation.path == "/v1/batches":  # by which analytics finds it, where nobody looks at it any more
                work.trace = msgspec.structs.replace(work.trace, upstream_request_id=object_id(whole))
            work.bytes_out = len(whole)
            return _passed(work, answer, self._once(work, record, whole, "success", 200, None))
        first = await _first(answer, work.key.provider)
        return _passed(work, answer, self._relay(work, record, answer, first))

    async def _body(self, work: _Work) -> tuple[bytes, AsyncIterator[bytes] | None]:
        """The body: whole where it is JSON, else as a stream; the model is allowed."""
        operation, upload = work.operation, work.upload
        if upload.scanner is None:
            body = await upload.whole()
            if body and operation.method == "POST":
                await self._read(work, body)
            if operation.model is not None:
                check_allowed(work.request.principal, work.model)
            return body, None
        if operation.model is None or not work.request.principal.unrouted_models:
            return b"", upload.stream()
        content = await upload.spooled()
        work.model = upload.model
        check_allowed(work.request.principal, work.model)
        return b"", content

    async def _read(self, work: _Work, body: bytes) -> None:
        if work.operation.model is None and work.operation.binding is None:
            return
        found, ids = await asyncio.to_thread(read_json, body) if len(body) > _MAX_OBJECT else read_json(body)
        if work.operation.model is not None and found.get("model") is not None:
            if not isinstance(found["model"], str):
                raise BadRequest("Invalid type for 'model': expected a string.", param="model")
            work.model = found["model"]
        if work.operation.billed == "speech" and isinstance(found.get("input"), str):
            work.characters = len(found["input"])
        work.key = await self._owners.check_named(ids, work.request.principal, work.key)

    async def _forward(self, work: _Work, body: bytes, content: AsyncIterator[bytes] | None) -> Forwarded:
        incoming, operation = work.call.incoming, work.operation
        headers: dict[str, str] = {name: incoming.headers[name] for name in _PASSED if name in incoming.headers}
        headers |= to_openai(incoming.headers)
        if content is not None and "content-length" in incoming.headers:
            headers["content-length"] = incoming.headers["content-length"]
        url = operation.made(work.call.ids) + (f"?{incoming.query}" if incoming.query else "")
        request = OutgoingRequest(method=operation.method, url=url, headers=headers, body=body)
        work.trace = CallTrace(called=self._clock.monotonic(), target_surface=operation.path, raw=True)
        try:
            try:
                answer = await self._forwarding.forward(work.key, work.request.principal.org_id, request, content)
            except Failure as failure:
                if failure.kind != "connect" or content is not None:
                    raise
                answer = await self._forwarding.forward(work.key, work.request.principal.org_id, request, None)
        except Failure as failure:
            if work.upload.error is not None:
                raise work.upload.error from None
            raise client_error(failure, work.key.provider) from None
        if work.upload.model is not None:
            work.model = work.upload.model
        work.trace = msgspec.structs.replace(work.trace, first_byte=self._clock.monotonic(), served_model=work.model)
        return answer

    async def _refused(self, work: _Work, record: RequestRecord, answer: Forwarded) -> Passed:
        """The provider's error as it came, but for one about our key."""
        whole = await _whole(answer, work.key.provider)
        failure = self._registry[work.key.provider].error(answer.status, answer.headers, whole)
        if answer.status in (401, 403):
            raise client_error(failure, work.key.provider)
        code = failure.code or client_error(failure, work.key.provider).code
        work.bytes_out = len(whole)
        return _passed(work, answer, self._once(work, record, whole, "error", answer.status, code))

    async def _once(
        self, work: _Work, record: RequestRecord, whole: bytes, status: str, status_code: int, code: str | None
    ) -> AsyncGenerator[bytes, None]:
        try:
            yield b""
            await self._close(work, record, status, status_code, code)
            yield whole
        finally:
            self._cancelled(work, record)

    async def _relay(
        self, work: _Work, record: RequestRecord, answer: Forwarded, first: bytes | None
    ) -> AsyncGenerator[bytes, None]:
        """The answer piece by piece; its end waits for the record. Where the provider breaks off, so does this."""
        try:
            yield b""
            piece: bytes | None = first
            while piece is not None:
                work.bytes_out += len(piece)
                if work.operation.billed is not None:
                    work.reader.feed(piece)
                yield piece
                piece = await anext(answer.pieces, None)
            await self._close(work, record, "success", 200, None)
        except Failure as failure:
            error = client_error(failure, work.key.provider)
            await self._close(work, record, "error", 200, error.code)
            raise error from None
        finally:
            self._background.start("close_provider_stream", answer.pieces.aclose())
            self._cancelled(work, record)

    def _cancelled(self, work: _Work, record: RequestRecord) -> None:
        if not record.is_closed:
            self._background.start("record_cancelled", self._close(work, record, "cancelled", 499, CLIENT_LEFT))

    async def _failed(self, work: _Work, record: RequestRecord, error: Exception) -> None:
        left = getattr(error, "status_code", None) == 499
        if left:
            await self._close(work, record, "cancelled", 499, CLIENT_LEFT)
        elif isinstance(error, PromptlyError):
            await self._close(work, record, "error", error.status, error.code)
        else:
            await self._close(work, record, "error", 500, INTERNAL)

    async def _close(self, work: _Work, record: RequestRecord, status: str, status_code: int, code: str | None) -> None:
        """The one record, with what the answer says of its cost. What never got an answer costs nothing."""
        if record.is_closed:
            return
        # A call that is with the provider may cost something although nobody waits for its answer.
        sent = work.trace.called is not None and work.upload.error is None
        answered = sent and (status != "error" or (work.bytes_out > 0 and status_code == 200))
        metered = self._metered(work) if answered else Used(units={})
        name = work.model or work.operation.name
        envelope = msgspec.structs.replace(work.request.envelope, model=name)
        record.rename(msgspec.structs.replace(work.request, envelope=envelope))
        paid = self._paid(work, metered) if answered else _FREE
        counted = {
            ("characters" if name == "megachar" else name): float(n) for name, n in (metered.units or {}).items()
        }
        amounts = {"bytes_in": float(work.upload.size), "bytes_out": float(work.bytes_out)}
        outcome = Outcome(
            status=status,  # type: ignore[arg-type]  # one of the literals
            status_code=status_code,
            error=code,
            trace=msgspec.structs.replace(work.trace, answered=self._clock.monotonic()),
            counts=TokenCounts(tokens=metered.tokens),
            original_tokens=metered.tokens.input,
            receipt=paid.receipt,
            units={**counted, **{name: n for name, n in amounts.items() if n}},
            unpriced=paid.unpriced,
        )
        await record.close(_plan(name, work.key), outcome)

    def _metered(self, work: _Work) -> Used:
        kind = work.operation.billed
        if kind is None or kind == "moderation":
            return Used(units={})
        usage = work.reader.usage()
        work.model = work.model or work.reader.model()
        model = self._units.find(work.key.provider, work.model) if work.model is not None else None
        sold_by_character = model is None or any(row.megachar is not None for row in model.prices)
        return used(kind, usage, work.characters if kind == "speech" and sold_by_character else None)

    def _paid(self, work: _Work, metered: Used) -> UnitReceipt:
        if work.operation.billed is None or work.operation.billed == "moderation":
            return _FREE
        return unit_receipt(self._units, work.key.provider, work.model, metered.units, work.request.day)


_FREE: Final = UnitReceipt(receipt=Receipt(baseline_nano=0, actual_nano=0, price_version="passthrough"))


def _plan(model: str, key: ProviderKey) -> Plan:
    return Plan(target=Target(model=model, served_model=model, provider=key.provider, keys=(key,)))


def _passed(work: _Work, answer: Forwarded, chunks: AsyncGenerator[bytes, None]) -> Passed:
    headers = {name: value for name, value in answer.headers.items() if name in _BACK}
    return Passed(
        status=answer.status,
        model=work.model or work.operation.name,
        headers={**headers, **to_client(answer.headers, own_key=True)},
        chunks=chunks,
    )


async def _first(answer: Forwarded, provider: str) -> bytes | None:
    """The first piece, so that what goes wrong before it is an error of its own; None for an empty body."""
    try:
        return await anext(answer.pieces, None)
    except Failure as failure:
        raise client_error(failure, provider) from None


async def _whole(answer: Forwarded, provider: str) -> bytes:
    pieces, size = [], 0
    try:
        async for piece in answer.pieces:
            pieces.append(piece)
            size += len(piece)
            if size > _MAX_OBJECT:
                raise UpstreamFailed(f"The provider {provider} answered with more than an object's description.")
    except Failure as failure:
        raise client_error(failure, provider) from None
    finally:
        await answer.pieces.aclose()
    return b"".join(pieces)
