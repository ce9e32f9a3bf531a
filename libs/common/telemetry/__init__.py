"""Logs, traces and metrics. `start` and `stop` frame a process; doors and clients use the three modules."""

from libs.common.settings import CommonSettings
from libs.common.telemetry import logs, tracing


def start(service: str, settings: CommonSettings) -> None:
    """Set up logging and, where an OTLP endpoint is named, tracing."""
    logs.configure(service, settings.log_format, settings.log_level)
    if settings.otlp_endpoint is not None:
        tracing.configure(service, settings.otlp_endpoint, settings.trace_sample_ratio)


def stop() -> None:
    """Send what is still buffered."""
    tracing.shutdown()
