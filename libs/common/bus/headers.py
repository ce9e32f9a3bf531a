"""The headers of a bus message, written and read here only."""

import math
from collections.abc import Mapping

import msgspec

from libs.common import context, errors
from libs.common.contracts.base import DECODE_ERRORS
from libs.common.telemetry import tracing

REQUEST_ID = "Promptly-Request-Id"
BUDGET = "Promptly-Budget"
ERROR = "Promptly-Error"


def outgoing(budget_ms: float | None = None) -> dict[str, str]:
    """Headers for a message sent now: who it is for, how long it may take, and the trace it belongs to.

    A duration, because the other side's clock may show any time of day.
    """
    headers = tracing.inject()
    if (request_id := context.request_id()) is not None:
        headers[REQUEST_ID] = request_id
    if budget_ms is not None:
        headers[BUDGET] = f"{budget_ms:.1f}"
    return headers


def request_id(headers: Mapping[str, str]) -> str | None:
    """The request that a message belongs to."""
    return headers.get(REQUEST_ID)


def budget_ms(headers: Mapping[str, str], waited_ms: float = 0.0) -> float | None:
    """Milliseconds that are left for a message which has waited here; None where it names no budget, or nonsense."""
    try:
        budget = float(headers[BUDGET])
    except (KeyError, ValueError):
        return None
    return budget - waited_ms if math.isfinite(budget) else None


def encode_error(error: errors.PromptlyError) -> tuple[dict[str, str], bytes]:
    """Headers and body that carry `error` to the caller."""
    return {ERROR: str(error.status)}, msgspec.json.encode(errors.as_message(error))


def decode_error(headers: Mapping[str, str], data: bytes) -> errors.PromptlyError | None:
    """The error in a reply, if it is one."""
    if ERROR not in headers:
        return None
    try:
        return errors.from_message(msgspec.json.decode(data, type=errors.ErrorMessage))
    except DECODE_ERRORS:
        return errors.Internal("The service answered with an error that cannot be read.")
