"""What happens to a message once it has arrived, the same on every bus."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import structlog

from libs.common import context
from libs.common.bus import headers
from libs.common.bus.ports import BatchHandler, Handler
from libs.common.contracts.base import DECODE_ERRORS, Event, Payload, Rep, Req, Rpc, decoder
from libs.common.errors import DeadlineExceeded, Internal, PromptlyError, Unavailable
from libs.common.telemetry import metrics, tracing

log = structlog.get_logger()


async def answer(
    rpc: Rpc[Req, Rep], handler: Handler[Req, Rep], data: bytes, incoming: Mapping[str, str], waited_ms: float = 0.0
) -> tuple[dict[str, str], bytes]:
    """Run the handler for one request; reply headers and body come back, whatever happened. `waited_ms` of its budget are
    spent: the request has waited here for its turn.
    """
    budget = headers.budget_ms(incoming, waited_ms)
    request_id = headers.request_id(incoming)
    with (
        context.bound(request_id=request_id, budget_ms=budget),
        structlog.contextvars.bound_contextvars(request_id=request_id),
        tracing.server_span(rpc.subject, incoming) as span,
        metrics.rpc_served(rpc.subject) as outcome,
    ):
        try:
            if budget is not None and budget <= 0:
                raise DeadlineExceeded("The caller has already given up.")
            request = _decode(data, rpc.request)
            async with asyncio.timeout(None if budget is None else budget / 1000):
                reply = await handler(request)
            return {}, msgspec.json.encode(reply)
        except PromptlyError as error:
            failure = error
        except TimeoutError:
            failure = DeadlineExceeded("The work took longer than the caller waits.")
        except Exception as error:
            # The exception's text may quote a prompt or a key: only its type and place may leave this process.
            log.error("handler_failed", subject=rpc.subject, error_type=type(error).__name__, where=_where(error))
            failure = Internal(f"Something went wrong on our side; request {request_id}.")
        outcome.code = failure.code
        tracing.record_error(span, failure.code)
        return headers.encode_error(failure)


@dataclass
class BatchResult:
    """Positions of a batch that are not done: `unreadable` ones never will be, `failed` ones may on another try, and
    `postponed` ones were not looked at alone: their organization had too many that fail.
    """

    unreadable: list[int] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)
    postponed: list[int] = field(default_factory=list)


async def run_batch(
    event: Event[Payload],
    handler: BatchHandler[Payload],
    raw: Sequence[bytes],
    incoming: Sequence[Mapping[str, str]] = (),
) -> BatchResult:
    """Hand `raw` to the handler. `Unavailable` is raised on: then nothing is wrong with any event.

    One event that fails must not fail its batch, so a batch that raises is cut and tried again: first between
    organizations, so that nobody waits for somebody else's, and what fails of one organization alone at last.
    """
    result = BatchResult()
    good: list[tuple[int, Payload]] = []
    for position, data in enumerate(raw):
        try:
            good.append((position, decoder(event.payload).decode(data)))
        except DECODE_ERRORS:
            result.unreadable.append(position)
    parts, alone = [good] if good else [], list[_Part[Payload]]()
    tries = 0
    with tracing.consumer_span(f"process {event.subject}", incoming):
        while parts or alone:
            own = not parts
            part = alone.pop() if own else parts.pop()
            tries += own
            if tries > _TRIES_ALONE:
                result.postponed += [position for position, _ in part]
                continue
            try:
                await handler([payload for _, payload in part])
            except Unavailable:
                raise
            except Exception as error:
                if len(part) == 1:
                    result.failed.append(part[0][0])
                    log.error(
                        "event_failed", subject=event.subject, error_type=type(error).__name__, where=_where(error)
                    )
                    continue
                for half in reversed(_cut(part)):
                    (alone if len({_whose(one) for one in half}) == 1 else parts).append(half)
    return result


_Part = list[tuple[int, Payload]]
_TRIES_ALONE = 200  # of a batch of 500, enough to find some twenty that fail


def _cut(part: _Part[Payload]) -> tuple[_Part[Payload], _Part[Payload]]:
    """Two parts: at the border between two organizations that is nearest to the middle, or in the middle of one's."""
    part = sorted(part, key=_whose)
    borders = [at for at in range(1, len(part)) if _whose(part[at]) != _whose(part[at - 1])]
    at = min(borders or [len(part) // 2], key=lambda border: abs(border - len(part) // 2))
    return part[:at], part[at:]


def _whose(one: tuple[int, Any]) -> str:
    return str(getattr(one[1], "org_id", ""))


def _decode(data: bytes, kind: type[Req]) -> Req:
    """A message that does not fit is our own fault, on one side or the other, and never the client's."""
    try:
        decoded: Req = decoder(kind).decode(data)
    except DECODE_ERRORS:
        raise Internal("The message does not fit its contract.", code="contract_mismatch") from None
    return decoded


def _where(error: BaseException) -> str:
    """File and line of the innermost frame: a place to look, without the values that were in it."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return "unknown" if frame is None else f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}"
