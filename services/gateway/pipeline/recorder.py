"""The one record of each request, and what is held until it is written: budget, flight.

However a request ends, its record is closed once: the budget's reservation is released, those that wait for the same answer
are notified, and the event is on its way. The last byte of an answer waits until the event is safe, so that what a client got
whole is never missing from the log.
"""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import structlog

from libs.common.catalog import Catalog
from libs.common.clock import Clock
from libs.common.contracts.events import CompletionFinished
from libs.common.errors import Internal, PromptlyError
from libs.common.jobs import Background
from services.gateway.domain.aggregate import aggregate
from services.gateway.domain.completion_event import completion_event, failure_event
from services.gateway.domain.outcome import CallTrace, Outcome, TokenCounts
from services.gateway.domain.plan import Plan
from services.gateway.domain.pricing import price_call, spent_nano
from services.gateway.domain.request import Request
from services.gateway.pipeline.capture import Capture
from services.gateway.pipeline.request_report import RequestReport
from services.gateway.ports import Events, Reservation, ToolCallStore
from services.gateway.state.single_flight import InFlight

log = structlog.get_logger()
INTERNAL = Internal("").code
CLIENT_LEFT = "client_left"
Publish = Callable[[CompletionFinished], Awaitable[None]]


def internal_error(request_id: str) -> Internal:
    """The error that a client gets for a fault of ours."""
    return Internal(f"Something went wrong on our side; request {request_id}.")


class RequestRecord:
    """One request's record while it is open. Whoever gets hold of a budget or of a flight puts it here."""

    def __init__(
        self,
        request: Request,
        tool_calls: ToolCallStore,
        catalog: Catalog,
        clock: Clock,
        publish: Publish,
        capture: Capture | None = None,
    ) -> None:
        self._capture = capture
        self.reservation: Reservation | None = None
        self.flight: InFlight | None = None
        self.is_closed = False
        self._request = request
        self._tool_calls = tool_calls
        self._catalog = catalog
        self._clock = clock
        self._publish = publish

    def rename(self, request: Request) -> None:
        """Note the request as it is known now: of a body that is a stream the model is read late."""
        self._request = request

    async def close(self, plan: Plan, outcome: Outcome) -> None:
        """Write the record, and release what is held. Later calls do nothing."""
        if self.is_closed:
            return
        event = completion_event(self._request, plan, outcome, self._clock.monotonic())
        spent = event.actual_cost_nano
        if spent is None and self.reservation is not None:
            spent = spent_nano(self._request, plan, outcome, self._catalog)
        if outcome.tool_calls:
            await self._tool_calls.save(self._request.principal.org_id, outcome.tool_calls)
        self._release(plan, spent)
        await self._publish(event)
        if self._capture is not None:
            self._capture.keep(self._request, event)

    def postpone(self, plan: Plan) -> None:
        """Release what is held, without a record: another one is written when the answer is there. The reservation counts as spent
        until then.
        """
        self._release(plan, None)

    async def fail(self, plan: Plan, trace: CallTrace, error: BaseException) -> None:
        """The record of a request that got an error instead of an answer, or a fault of ours in place of the rest of one."""
        if isinstance(error, PromptlyError):
            code, status = error.code, error.status
        else:
            code, status = INTERNAL, 500
        try:
            outcome = Outcome(status="error", status_code=status, error=code, trace=trace)
            if trace.billed is not None and (trace.billed.input or trace.billed.output):
                outcome = msgspec.structs.replace(outcome, counts=TokenCounts(tokens=trace.billed))
                outcome = price_call(self._request, plan, outcome, self._catalog)
            await self.close(plan, outcome)
        except Exception as fault:
            if self.is_closed:
                raise
            log.error("record_failed", error_type=type(fault).__name__)
            event = failure_event(self._request, self._clock.monotonic(), status_code=status, error=code)
            self._release(plan, 0)
            await self._publish(event)

    def _release(self, plan: Plan, spent_nano: int | None) -> None:
        self.is_closed = True
        flight, self.flight = self.flight, None
        if flight is not None:
            flight.resolve(plan.hit if plan.cache == "exact" else None)
            flight.evict()
        if self.reservation is not None:
            self.reservation.close(spent_nano)


class BatchRecord:
    """Several calls of a provider that are one request to the client: recorded as one, once all of them are recorded."""

    def __init__(self, request_id: str, publish: Publish) -> None:
        self._request_id = request_id
        self._publish = publish
        self._parts: list[CompletionFinished] = []
        self._open = 0
        self._failed = self._closing = False

    def expect(self) -> None:
        """Note that one more call will have a record."""
        self._open += 1

    async def add(self, event: CompletionFinished) -> None:
        """Keep the record of one of the calls."""
        self._parts.append(event)
        self._open -= 1
        if self._closing:
            await self._publish_when_complete()

    def fail(self) -> None:
        """Note a fault of ours outside of the calls."""
        self._failed = True

    async def close(self) -> None:
        """Write the record, as soon as those of all calls are there; nothing for a request that never got to a call."""
        self._closing = True
        await self._publish_when_complete()

    async def _publish_when_complete(self) -> None:
        if self._open or not self._parts:
            return
        parts, self._parts = self._parts, []
        event = aggregate(parts, self._request_id)
        if self._failed:
            event = msgspec.structs.replace(event, status="error", status_code=500, error_code=INTERNAL)
        await self._publish(event)


class Recorder:
    """Opens records."""

    def __init__(
        self,
        events: Events,
        tool_calls: ToolCallStore,
        catalog: Catalog,
        clock: Clock,
        background: Background,
        report: RequestReport,
        capture: Capture | None = None,
    ) -> None:
        self._capture = capture
        self._events = events
        self._tool_calls = tool_calls
        self._catalog = catalog
        self._clock = clock
        self._background = background
        self._report = report

    def open(self, request: Request, batch: BatchRecord | None = None) -> RequestRecord:
        """The record of one request, or of one call of a batch."""
        publish = self._publish
        if batch is not None:
            batch.expect()
            publish = batch.add
        return RequestRecord(request, self._tool_calls, self._catalog, self._clock, publish, self._capture)

    def batch(self, request_id: str) -> BatchRecord:
        """The record of a request that takes several calls."""
        return BatchRecord(request_id, self._publish)

    async def publish(self, event: CompletionFinished) -> None:
        """Publish a record that is no request's own, such as the cost of a batch."""
        await self._publish(event)

    async def _publish(self, event: CompletionFinished) -> None:
        self._report.finished(event)
        # A client that leaves while the event is on its way must not take it along.
        await asyncio.shield(self._background.start("publish_completion", self._events.finished(event)))
