"""Traces. Doors and clients open spans here; domain code knows nothing of them.

Without an OTLP endpoint nothing is recorded and no span object is made: a span is then a shared one that ignores all.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import INVALID_SPAN, Link, Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

from libs.common.ids import uuid7
from libs.common.telemetry import names

_provider: TracerProvider | None = None
_tracer: trace.Tracer | None = None
_propagator = TraceContextTextMapPropagator()

Attributes = Mapping[str, AttributeValue]
CLIENT = SpanKind.CLIENT
__all__ = ["CLIENT", "Span"]


def configure(service: str, endpoint: str, ratio: float) -> None:
    """Send spans to `<endpoint>/v1/traces`; `ratio` is the share of new traces kept, and a caller's choice stays."""
    global _provider, _tracer
    _provider = TracerProvider(
        resource=Resource.create({"service.name": f"promptly-{service}", "service.instance.id": str(uuid7())}),
        sampler=ParentBased(TraceIdRatioBased(ratio)),
    )
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    _provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=1000))
    _tracer = _provider.get_tracer("promptly")


def shutdown() -> None:
    """Export what is buffered and stop."""
    global _provider, _tracer
    if _provider is not None:
        _provider.shutdown()
    _provider = _tracer = None


class _Unrecorded:
    """Around a block that no span is made for."""

    def __enter__(self) -> Span:
        return INVALID_SPAN

    def __exit__(self, *_: object) -> None:
        return None


_UNRECORDED = _Unrecorded()


def span(
    name: str, kind: SpanKind = SpanKind.INTERNAL, attributes: Attributes | None = None, parent: Context | None = None
) -> AbstractContextManager[Span]:
    """A span around a block, child of the current one or of `parent`. An exception marks it with its type, never its text."""
    return _UNRECORDED if _tracer is None else _span(_tracer, name, kind, attributes, parent)


@contextmanager
def _span(
    tracer: trace.Tracer, name: str, kind: SpanKind, attributes: Attributes | None, parent: Context | None
) -> Iterator[Span]:
    with tracer.start_as_current_span(
        name, parent, kind=kind, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as opened:
        try:
            yield opened
        except BaseException as error:
            record_error(opened, type(error).__name__)
            raise


def server_span(
    name: str, incoming: Mapping[str, str], attributes: Attributes | None = None
) -> AbstractContextManager[Span]:
    """The span of a door: its parent is the caller's, read from the incoming headers."""
    return span(name, SpanKind.SERVER, attributes, None if _tracer is None else _propagator.extract(incoming))


def door_span(
    name: str, incoming: Mapping[str, str], attributes: Attributes | None = None
) -> AbstractContextManager[Span]:
    """The span of a door that strangers come through: a trace of its own, linked to theirs. Whether it is kept is not for
    them to say.
    """
    return _UNRECORDED if _tracer is None else _door_span(_tracer, name, incoming, attributes)


@contextmanager
def _door_span(
    tracer: trace.Tracer, name: str, incoming: Mapping[str, str], attributes: Attributes | None
) -> Iterator[Span]:
    theirs = trace.get_current_span(_propagator.extract(incoming)).get_span_context()
    with tracer.start_as_current_span(
        name,
        context=trace.set_span_in_context(INVALID_SPAN),
        kind=SpanKind.SERVER,
        attributes=attributes,
        links=[Link(theirs)] if theirs.is_valid else [],
        record_exception=False,
        set_status_on_exception=False,
    ) as opened:
        try:
            yield opened
        except BaseException as error:
            record_error(opened, type(error).__name__)
            raise


@contextmanager
def consumer_span(name: str, messages: Sequence[Mapping[str, str]]) -> Iterator[Span]:
    """The span of a batch: a trace of its own, linked to the trace of every message in it."""
    if _tracer is None:
        yield INVALID_SPAN
        return
    contexts = (trace.get_current_span(_propagator.extract(headers)).get_span_context() for headers in messages)
    with _tracer.start_as_current_span(
        name,
        context=trace.set_span_in_context(INVALID_SPAN),
        kind=SpanKind.CONSUMER,
        links=[Link(context) for context in contexts if context.is_valid],
        attributes={names.MESSAGING_SYSTEM: "nats", names.MESSAGING_BATCH_COUNT: len(messages)},
        record_exception=False,
        set_status_on_exception=False,
    ) as opened:
        yield opened


def set_attributes(opened: Span, attributes: Mapping[str, AttributeValue | None]) -> None:
    """Set attributes, leaving out what is not known."""
    if opened.is_recording():
        opened.set_attributes({name: value for name, value in attributes.items() if value is not None})


def current() -> Span:
    """The span that is open here."""
    return trace.get_current_span()


def record_error(opened: Span, error_type: str) -> None:
    """Mark a span as failed."""
    opened.set_attribute(names.ERROR_TYPE, error_type)
    opened.set_status(Status(StatusCode.ERROR))


def inject() -> dict[str, str]:
    """Headers that continue the current trace elsewhere; empty without one."""
    headers: dict[str, str] = {}
    if _tracer is not None:
        _propagator.inject(headers)
    return headers


def trace_id() -> str | None:
    """The current trace's id, as Jaeger shows it."""
    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else None
