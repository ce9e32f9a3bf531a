"""A notice as the body of a webhook, and the signature that proves whose it is."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from services.alerts.domain.notification import OutgoingNotification

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def webhook_body(notice: OutgoingNotification) -> bytes:
    """JSON; `id` stays the same when a notice is sent again."""
    return msgspec.json.encode(
        {
            "id": notice.id,
            "type": f"alert.{notice.kind}",
            "test": notice.kind == "test",
            "time": iso(notice.time_ms),
            "message": notice.message,
            "rule": {
                "id": notice.rule_id,
                "name": notice.rule_name,
                "metric": notice.metric,
                "operator": notice.operator,
                "threshold": notice.threshold,
                "window_minutes": notice.window_minutes,
                "scope": notice.scope,
            },
            "value": notice.value,
            "forecast": notice.forecast,
            "data_as_of": None if notice.data_as_of_ms is None else iso(notice.data_as_of_ms),
        }
    )


def signature(secret: str, body: bytes, time_s: int) -> str:
    """`t=<seconds since the epoch>,v1=<hex of HMAC-SHA256 over "t.body">`: a receiver refuses what is old or forged."""
    signed = hmac.new(secret.encode(), f"{time_s}.".encode() + body, hashlib.sha256)
    return f"t={time_s},v1={signed.hexdigest()}"


def iso(ms: int) -> str:
    """Milliseconds since the epoch as ISO 8601, in UTC."""
    return f"{(_EPOCH + timedelta(milliseconds=ms)).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"
