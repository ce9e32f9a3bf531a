"""What operators are told of each request that is over: its metrics, its span's attributes, and one line in the log.

A line holds ids, names, codes and numbers, never text of a client or of a provider: a name of a model that does not look like one is
left out, because a client can write anything there.
"""

import re
from typing import Final
from zlib import crc32

import structlog

from libs.common.catalog import Catalog
from libs.common.contracts.events import CompletionFinished
from services.gateway.pipeline.request_metrics import MetricLabels, measure
from services.gateway.state.request_line import note_line

log = structlog.get_logger()
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,99}")
_UNREADABLE: Final = "(not a name)"


class RequestReport:
    """Measures and logs requests. `log_share` is the share of successful ones that get a line, 0 to 1; each failed one gets its line.

    `by_org` adds metrics that name organizations.
    """

    def __init__(self, catalog: Catalog, *, log_share: float = 1.0, by_org: bool = False) -> None:
        self._labels = MetricLabels(catalog, by_org=by_org)
        self._log_share = log_share

    def finished(self, event: CompletionFinished) -> None:
        """Report one. What cannot be reported is recorded all the same."""
        measure(event, self._labels)
        try:
            note_line()
            if event.status in ("error", "cancelled") or chosen(event.id, self._log_share):
                _write_line(event)
        except Exception as fault:
            log.error("request_line_failed", error_type=type(fault).__name__)


def chosen(request_id: str, share: float) -> bool:
    """Whether a request is among the share that is logged: the same answer each time, from the id alone."""
    return crc32(request_id.encode()) < share * 2**32


def readable(name: str | None) -> str | None:
    """A name, where it looks like one: no spaces, no controls, no sentences."""
    return name if name is None or _NAME.fullmatch(name) else _UNREADABLE


def _write_line(event: CompletionFinished) -> None:
    baseline, actual = event.baseline_cost_nano, event.actual_cost_nano
    log.info(
        "request",
        request_id=event.id,
        org_id=event.org_id,
        key_id=event.key_id,
        kind=event.kind,
        outcome=event.status,
        status=event.status_code,
        code=readable(event.error_code),
        provider=event.provider,
        model_asked=readable(event.baseline_model),
        model_served=readable(event.served_model or event.routed_model),
        milliseconds=event.latency_ms,
        overhead_milliseconds=event.overhead_ms,
        input_tokens=event.tokens.input,
        output_tokens=event.tokens.output,
        cost_nano_usd=actual,
        saved_nano_usd=None if baseline is None or actual is None else baseline - actual,
        cache=event.cache,
        degraded=list(event.degraded),
    )
