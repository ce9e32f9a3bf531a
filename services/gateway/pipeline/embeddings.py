"""An embeddings request: what is cached of its inputs, the others from the provider, and one record.

No router, no optimizer, no other model: vectors of two models have nothing to do with each other.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
import structlog

from libs.common import context, tokens
from libs.common.catalog import Catalog, UnitCatalog
from libs.common.contracts.cache import CachedVector
from libs.common.contracts.events import TokenClasses
from libs.common.errors import PromptlyError
from libs.common.jobs import Background
from libs.common.telemetry import tracing
from services.gateway.domain import overrides
from services.gateway.domain.attempts import Failure, client_error
from services.gateway.domain.budgets import is_budgeted
from services.gateway.domain.embeddings import (
    MAX_TOKENS,
    EmbeddingInput,
    EmbeddingsEnvelope,
    as_texts,
    scaled,
    too_many_tokens,
    vector_key,
    vector_of,
    vector_scope,
)
from services.gateway.domain.outcome import CallTrace, Outcome, TokenCounts
from services.gateway.domain.plan import Plan
from services.gateway.domain.request import Incoming, Request, identified
from services.gateway.domain.targets import Target, restricted
from services.gateway.domain.unit_pricing import check_allowed, embedding_receipt, reserved_nano, unit_target
from services.gateway.endpoints.openai_embeddings import OPENAI_EMBEDDINGS, EmbeddingsAnswer
from services.gateway.pipeline.admission import Admission, RateLimitCallback
from services.gateway.pipeline.provider_call import ProviderCalls
from services.gateway.pipeline.recorder import CLIENT_LEFT, INTERNAL, Recorder, RequestRecord
from services.gateway.pipeline.response import Response
from services.gateway.ports import Budgets, VectorCache
from services.gateway.providers.base import EmbeddingFormat
from services.gateway.providers.registry import Registry

log = structlog.get_logger()
_IN_FLIGHT: Final = 2  # calls at once of a batch that one call cannot hold
_PIECE: Final = 16  # vectors that are read or written before others are served
_COUNT_LONG: Final = 4_000  # characters: what takes longer to count than others should wait for
_TOO_LONG: Final = 2_000_000
_PER_TOKEN: Final = 4


@dataclass
class _Work:
    """One request while it runs: private to this module. `known` holds vectors by the inputs' digests."""

    request: Request
    envelope: EmbeddingsEnvelope
    target: Target
    unique: dict[bytes, EmbeddingInput]
    keys: Mapping[bytes, str]
    plan: Plan
    known: dict[bytes, CachedVector] = field(default_factory=dict)
    cached: frozenset[bytes] = frozenset()
    charged: int = 0
    estimated: bool = False
    trace: CallTrace = field(default_factory=CallTrace)


class Embeddings:
    """Serves embeddings."""

    def __init__(
        self,
        *,
        admission: Admission,
        budgets: Budgets,
        provider_calls: ProviderCalls,
        recorder: Recorder,
        vectors: VectorCache,
        registry: Registry,
        catalog: Catalog,
        units: UnitCatalog,
        background: Background,
    ) -> None:
        self._admission = admission
        self._budgets = budgets
        self._calls = provider_calls
        self._recorder = recorder
        self._vectors = vectors
        self._registry = registry
        self._catalog = catalog
        self._units = units
        self._background = background

    async def run(self, incoming: Incoming, on_rate_limit: RateLimitCallback) -> Response:
        """The vectors of all inputs. `on_rate_limit` gets the rate limit's verdict as soon as it is known."""
        principal = await self._admission.authorize(incoming.api_key, OPENAI_EMBEDDINGS.scope, incoming.principal)
        incoming = msgspec.structs.replace(incoming, principal=principal)
        async with self._admission.acquire(principal, on_rate_limit):
            work = await self._parse(incoming)
            record = self._recorder.open(work.request)
            with context.bound(request_id=work.request.id):
                try:
                    return await self._serve(work, record)
                except asyncio.CancelledError:
                    left = self._close(work, record, "cancelled", 499, CLIENT_LEFT)
                    self._background.start("record_cancelled", left)
                    raise
                except Exception as error:
                    status, code = (error.status, error.code) if isinstance(error, PromptlyError) else (500, INTERNAL)
                    try:
                        await self._close(work, record, "error", status, code)
                    except Exception:
                        await record.fail(work.plan, work.trace, error)
                    raise

    async def _parse(self, incoming: Incoming) -> _Work:
        assert incoming.principal is not None, "requests are authorized before they are parsed"
        own = overrides.parse(incoming.headers, incoming.principal.tags)
        head = OPENAI_EMBEDDINGS.head(incoming.body, incoming.headers, incoming.query)
        envelope = identified(head, incoming.principal)
        principal = restricted(incoming.principal, self._registry.answering(OPENAI_EMBEDDINGS.surface))
        check_allowed(principal, envelope.model)
        target = unit_target(envelope.model, "embedding", principal, self._units)
        taken = self._format(target)
        if not taken.takes_tokens and any(one.text is None for one in envelope.inputs):
            # Not on the loop: the vocabulary may have to be loaded first.
            envelope = await asyncio.to_thread(as_texts, envelope)
        taken.check(envelope)
        request = Request(
            id=incoming.request_id,
            accepted=incoming.accepted,
            time_ms=incoming.time_ms,
            kind=OPENAI_EMBEDDINGS.kind,
            principal=principal,
            envelope=envelope,
            chat=None,
            overrides=own,
            settings=own.apply(principal.settings),
            requested=target,
            trace_id=tracing.trace_id(),
        )
        server = target.keys[0].base_url
        scope = vector_scope(envelope, target.provider, server, target.served_model, own.cache_scope)
        unique = {one.digest: one for one in envelope.inputs}
        keys = {digest: vector_key(scope, one) for digest, one in unique.items()}
        reads = request.settings.cache_enabled and own.read_cache
        plan = Plan(cache="miss" if reads else "off", target=target)
        return _Work(request=request, envelope=envelope, target=target, unique=unique, keys=keys, plan=plan)

    async def _serve(self, work: _Work, record: RequestRecord) -> Response:
        counts = await self._checked(work)
        if work.plan.cache == "miss":
            await self._look_up(work)
        misses = [one for digest, one in work.unique.items() if digest not in work.known]
        if misses:
            if len(counts) != len(work.unique):
                counts |= await _counted(work.target.served_model, misses)
            if is_budgeted(work.request):
                total = sum(counts[one.digest] for one in misses)
                expected = reserved_nano(self._units, self._catalog, work.target, total, work.request.day)
                record.reservation = await self._budgets.reserve(work.request, expected)
            await self._embed(work, misses, counts)
        else:
            work.plan = msgspec.structs.replace(work.plan, cache="exact")
            work.trace = CallTrace(served_model=work.target.served_model)
        body = await self._written(work)
        await self._close(work, record, "success" if misses else "cached")
        return Response(
            cache="off" if work.plan.cache == "off" else "miss" if misses else "hit",
            model=work.trace.served_model or work.target.served_model,
            media_type="application/json",
            error=lambda error: OPENAI_EMBEDDINGS.error(error, work.request.id).body,
            body=body,
            degraded=work.plan.degraded,
        )

    async def _checked(self, work: _Work) -> dict[bytes, int]:
        """Counts of the inputs where there may be too many tokens in all; a token has a byte at least."""
        if not self._format(work.target).bounded or len(work.envelope.raw) <= MAX_TOKENS:
            return {}
        counts = await _counted(work.target.served_model, list(work.unique.values()))
        total = sum(counts[one.digest] for one in work.envelope.inputs)
        if total > MAX_TOKENS:
            raise too_many_tokens(total)
        return counts

    async def _look_up(self, work: _Work) -> None:
        names = {key: digest for digest, key in work.keys.items()}
        found, complete = await self._vectors.find(work.request.principal.org_id, list(names))
        for key, vector in found.items():
            # What came out of a cache is checked like what a provider sends.
            if key in names and len(vector.data) % 4 == 0 and _fits(vector, work.envelope.dimensions):
                work.known[names[key]] = vector
        work.cached = frozenset(work.known)
        if not complete:
            work.plan = work.plan.without("cache")

    async def _embed(self, work: _Work, misses: Sequence[EmbeddingInput], counts: Mapping[bytes, int]) -> None:
        """Have the rest made, in order. What a call brought is kept although a later one fails."""
        size = self._format(work.target).batch
        parts = [misses[at : at + size] for at in range(0, len(misses), size)]
        for at in range(0, len(parts), _IN_FLIGHT):
            calls = (self._call(work, part, counts, len(parts) == 1) for part in parts[at : at + _IN_FLIGHT])
            for result in await asyncio.gather(*calls, return_exceptions=True):
                if isinstance(result, BaseException):
                    raise result

    async def _call(
        self, work: _Work, part: Sequence[EmbeddingInput], counts: Mapping[bytes, int], alone: bool
    ) -> None:
        untouched = alone and len(part) == len(work.envelope.inputs)
        envelope = msgspec.structs.replace(work.envelope, inputs=tuple(part), untouched=untouched)
        request = msgspec.structs.replace(work.request, envelope=envelope)
        call = self._calls.start(OPENAI_EMBEDDINGS, request, work.plan)
        ours = [counts[one.digest] for one in part]
        try:
            answer = await call.complete()
        except asyncio.CancelledError:  # it is with the provider, who bills it all the same
            work.charged, work.estimated = work.charged + sum(ours), True
            raise
        finally:
            work.trace = _joined(work.trace, call.trace)
            if call.trace.billed is not None:
                work.charged += call.trace.billed.input
        assert isinstance(answer, EmbeddingsAnswer)
        said = answer.rows.tokens
        work.estimated = work.estimated or said is None
        total = sum(ours) if said is None else said
        work.charged += total
        made = await self._vectors_of(work, answer)
        shares = zip(part, made, scaled(ours, total), strict=True)
        vectors = {one.digest: CachedVector(data=data, tokens=count) for one, data, count in shares}
        work.known |= vectors
        if work.request.settings.cache_enabled and work.request.overrides.write_cache:
            kept = {work.keys[digest]: vector for digest, vector in vectors.items()}
            self._vectors.store(work.request.principal.org_id, kept)

    async def _vectors_of(self, work: _Work, answer: EmbeddingsAnswer) -> list[bytes]:
        wanted = work.envelope.dimensions
        unit = self._format(work.target).unit and wanted is not None
        made: list[bytes] = []
        try:
            for row in answer.rows.rows:
                made.append(vector_of(row, dimensions=wanted, unit=unit))
                if len(made) % _PIECE == 0:
                    await asyncio.sleep(0)
            if any(len(vector) != len(made[0]) for vector in made):
                raise Failure("malformed", "its vectors have different numbers of dimensions.")
        except Failure as failure:
            raise client_error(failure, work.target.provider) from None
        return made

    async def _written(self, work: _Work) -> bytes:
        vectors = [work.known[one.digest].data for one in work.envelope.inputs]
        rows: list[bytes] = []
        for at in range(0, len(vectors), _PIECE):
            rows.append(OPENAI_EMBEDDINGS.rows(vectors[at : at + _PIECE], at, work.envelope.encoding))
            await asyncio.sleep(0)
        model = work.trace.served_model or work.target.served_model
        return OPENAI_EMBEDDINGS.answer(rows, model, _shown(work))

    async def _close(
        self, work: _Work, record: RequestRecord, status: str, status_code: int = 200, error: str | None = None
    ) -> None:
        """The one record: all inputs on the baseline's side, what was sent on the other."""
        whole = status in ("success", "cached")
        shown = _shown(work) if whole else work.charged
        paid = embedding_receipt(self._units, work.target, work.request.day, shown=shown, charged=work.charged)
        hits = [one for one in work.envelope.inputs if one.digest in work.cached]
        outcome = Outcome(
            status=status,  # type: ignore[arg-type]  # one of the literals
            status_code=status_code,
            error=error,
            trace=work.trace,
            counts=TokenCounts(tokens=TokenClasses(uncached_input=work.charged), estimated=work.estimated),
            original_tokens=shown,
            receipt=paid.receipt if whole or work.charged else None,
            unpriced=paid.unpriced if whole or work.charged else (),
            items=len(work.envelope.inputs),
            cached_items=len(hits),
        )
        await record.close(work.plan, outcome)

    def _format(self, target: Target) -> EmbeddingFormat:
        found = self._registry[target.provider].embeddings
        assert found is not None, "targets are chosen among the providers that make vectors"
        return found


def _shown(work: _Work) -> int:
    """The tokens of all inputs, as they would have been billed without a cache."""
    return sum(work.known[one.digest].tokens for one in work.envelope.inputs)


def _fits(vector: CachedVector, dimensions: int | None) -> bool:
    return len(vector.data) > 0 and (dimensions is None or len(vector.data) == 4 * dimensions)


def _joined(trace: CallTrace, one: CallTrace) -> CallTrace:
    """From the first call to the last answer."""
    return msgspec.structs.replace(
        one,
        called=trace.called if trace.called is not None else one.called,
        first_byte=trace.first_byte if trace.first_byte is not None else one.first_byte,
        served_model=one.served_model or trace.served_model,
    )


async def _counted(model: str, inputs: Sequence[EmbeddingInput]) -> dict[bytes, int]:
    """Our count of each input, by its digest."""
    size = sum(len(one.text or "") for one in inputs)
    if size > _COUNT_LONG:
        return await asyncio.to_thread(_count, model, inputs)
    return _count(model, inputs)


def _count(model: str, inputs: Sequence[EmbeddingInput]) -> dict[bytes, int]:
    return {one.digest: _count_one(model, one) for one in inputs}


def _count_one(model: str, one: EmbeddingInput) -> int:
    if one.text is None:
        return one.tokens
    return len(one.text) // _PER_TOKEN if len(one.text) > _TOO_LONG else tokens.count_text(model, one.text)
