"""A finished request as a row of the log, and back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from libs.common.bounded import bounded
from libs.common.contracts.events import CompletionFinished, TokenClasses
from libs.common.ids import is_id, time_ms
from services.analytics.domain.periods import moment

# Column and type, in the table's order. Every field of the event is one, its token classes spread out.
COLUMNS: Final[Mapping[str, str]] = {
    "org_id": "text",
    "at": "timestamptz",
    "id": "text",
    "received_at": "timestamptz",
    "key_id": "text",
    "user_id": "text",
    "end_user": "text",
    "kind": "text",
    "status": "text",
    "status_code": "integer",
    "error_code": "text",
    "tags": "jsonb",
    "time_ms": "bigint",
    "baseline_model": "text",
    "routed_model": "text",
    "served_model": "text",
    "provider": "text",
    "tier": "text",
    "rule_id": "text",
    "routing_reason": "text",
    "shadow_model": "text",
    "shadow_savings_nano": "bigint",
    "routing_score": "double precision",
    "routing_features": "jsonb",
    "asked_digest": "text",
    "uncached_input": "bigint",
    "cache_read": "bigint",
    "cache_write_5m": "bigint",
    "cache_write_1h": "bigint",
    "output_text": "bigint",
    "output_reasoning": "bigint",
    "original_tokens": "bigint",
    "optimized_tokens": "bigint",
    "levers": "jsonb",
    "baseline_cost_nano": "bigint",
    "actual_cost_nano": "bigint",
    "price_version": "text",
    "estimated": "boolean",
    "cache": "text",
    "cache_similarity": "double precision",
    "cache_entry_id": "text",
    "cache_pair_id": "text",
    "cache_source_id": "text",
    "latency_ms": "double precision",
    "overhead_ms": "double precision",
    "provider_ms": "double precision",
    "first_byte_ms": "double precision",
    "degraded": "jsonb",
    "fallback_used": "boolean",
    "stream": "boolean",
    "trace_id": "text",
    "not_done": "jsonb",
    "charged_tokens": "bigint",
    "credit_lease": "text",
    "clamped": "jsonb",
    "target_surface": "text",
    "raw": "boolean",
    "session": "text",
    "agent": "text",
    "client": "text",
    "dropped": "jsonb",
    "stop": "text",
    "service_tier": "text",
    "units": "jsonb",
    "unpriced": "jsonb",
    "items": "integer",
    "cached_items": "integer",
    "stored": "boolean",
    "upstream_request_id": "text",
    "arm": "text",
    "conversation": "text",
    "alias": "text",
    "team_id": "text",
    "lever_arms": "jsonb",
    "shadow_levers": "jsonb",
}
_TOKENS: Final = tuple(field.name for field in msgspec.structs.fields(TokenClasses))
_FIELDS: Final = tuple(field.name for field in msgspec.structs.fields(CompletionFinished) if field.name != "tokens")


def made_at(request_id: str) -> datetime:
    """When a request was made, by its id; `ValueError` for what is none: it has no place in time."""
    if not is_id(request_id, "req"):
        raise ValueError("the event's id is not a request's")
    return moment(time_ms(request_id), "id")


def request_row(event: CompletionFinished, received_at: datetime) -> dict[str, Any]:
    """A value for every column, whatever its sender wrote. `ValueError` for an event without a request's id."""
    event = bounded(event)
    fields = msgspec.to_builtins(event)
    if rb"\u0000" in msgspec.json.encode(event):  # looking at every text takes half of the time that a row takes
        fields = storable(fields)
    row = {**fields, **fields.pop("tokens"), "at": made_at(event.id), "received_at": received_at}
    return {
        column: msgspec.json.encode(row[column]).decode() if kind == "jsonb" else row[column]
        for column, kind in COLUMNS.items()
    }


def finished(row: Mapping[str, Any]) -> CompletionFinished:
    """The event that a row was made of."""
    fields = {name: row[name] for name in _FIELDS}
    return msgspec.convert({**fields, "tokens": {name: row[name] for name in _TOKENS}}, CompletionFinished)


def storable(value: Any) -> Any:
    """The same without U+0000, which Postgres keeps in no text; other characters are left alone."""
    match value:
        case str():
            return value.replace("\x00", "")
        case dict():
            return {storable(key): storable(item) for key, item in value.items()}
        case list() | tuple():
            return [storable(item) for item in value]
    return value
