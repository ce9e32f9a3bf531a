"""Structured logs: JSON for machines, colours for people, and only fields that are known to be harmless.

Which keys may appear is an allow-list: a new field is invisible until somebody has thought about it. As a backstop,
whatever looks like a key or a token is masked wherever it stands.
"""

import json
import logging
import re
import sys
from typing import Any

import msgspec
import structlog
from structlog.typing import EventDict, Processor

from libs.common.telemetry.lines import LineWriter

ALLOWED = frozenset(
    (
        "event level timestamp logger service request_id org_id key_id subject consumer error_type where code status "
        "seconds milliseconds count pending ops_port port host address url model provider attempt delay reason degraded "
        "part pid version entries path directory rule_id metric stream kind job schema week "
        # The line of a request.
        "outcome model_asked model_served overhead_milliseconds cost_nano_usd saved_nano_usd input_tokens output_tokens cache"
    ).split()
)
_SECRET = re.compile(
    r"(sk[-_][A-Za-z0-9_-]{6,}|cp-promptly-\w+|AIza[\w-]{10,}|eyJ[\w-]{10,}(?:\.[\w-]+)*|gh[pousr]_\w{10,}"
    r"|Bearer\s+\S+|://[^/\s:@]+:[^/\s@]+@)"
)
# One of these is in whatever the pattern finds; looking for them is ten times as fast, and each request writes a line.
_MARKS = ("sk-", "sk_", "cp-promptly-", "AIza", "eyJ", "gh", "Bearer", "://")


def configure(service: str, form: str, level: str) -> None:
    """Send this process's logs, and those of the libraries in it from warnings up, to stderr."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_service(service),
        only_allowed,
        mask_secrets,
    ]
    renderer: Processor = _RENDERERS.get(form, structlog.dev.ConsoleRenderer(colors=True))
    writer = LineWriter(sys.stderr)
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level.upper()),
        logger_factory=lambda *_: writer,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(writer)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_library_record, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)


def only_allowed(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Drop every field that is not on the list."""
    if event.keys() <= ALLOWED:
        return event
    return {key: value for key, value in event.items() if key in ALLOWED or key.startswith("_")}


def mask_secrets(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Mask what looks like a key, a token or a password in a URL."""
    together = "\n".join([value for value in event.values() if type(value) is str or isinstance(value, str)])
    for mark in _MARKS:
        if mark in together:
            break
    else:
        return event
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = _SECRET.sub("[masked]", value)
    return event


def as_json(_logger: Any, _method: str, event: EventDict) -> str:
    """A line as an object."""
    try:
        return msgspec.json.encode(event, enc_hook=repr).decode()
    except (UnicodeEncodeError, TypeError):  # half of a surrogate pair, or a key that is no text
        return json.dumps(event, default=repr)


def as_text(_logger: Any, _method: str, event: EventDict) -> str:
    """A line for people whose terminal has no colours, or who read a file; the time, the level and what happened come first."""
    fields = sorted([item for item in event.items() if item[0] not in _AHEAD])
    if _ODD.search("".join([value for _, value in fields if type(value) is str])) is None:  # nearly always
        said = [f"{key}={value}" if type(value) is str else f"{key}={value!r}" for key, value in fields]
    else:
        said = [f"{key}={_shown(value)}" for key, value in fields]
    return f"{event.get('timestamp', '')} [{event.get('level', ''):<9}] {event.get('event', ''):<30} {' '.join(said)}"


_AHEAD = frozenset(("timestamp", "level", "event"))
_ODD = re.compile(r"[\s=\"'\x00-\x1f\x7f-\x9f]")
_RENDERERS: dict[str, Processor] = {"json": as_json, "console": as_text}


def _shown(value: Any) -> str:
    return value if isinstance(value, str) and not _ODD.search(value) else repr(value)


def _library_record(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """A library's message may quote what it was working on, so only where it came from and an exception's type stay."""
    record: logging.LogRecord = event["_record"]
    event["event"] = "library_log"
    event["logger"] = record.name
    event["where"] = f"{record.pathname}:{record.lineno}"
    if record.exc_info and record.exc_info[0] is not None:
        event["error_type"] = record.exc_info[0].__name__
        record.exc_info = None
    return event


def _add_service(service: str) -> Processor:
    def add(_logger: Any, _method: str, event: EventDict) -> EventDict:
        event.setdefault("service", service)
        return event

    return add
