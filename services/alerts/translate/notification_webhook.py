"""A notice as the body of a webhook, and the signature that proves whose it is."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from libs.common.contracts.base import DECODE_ERRORS
from libs.common.webhook_signature import signature
from services.alerts.domain.notification import DeferredNotification, OutgoingNotification

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class _ChallengeAnswer(msgspec.Struct, frozen=True):
    response: str


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


def deferred_body(notice: DeferredNotification) -> bytes:
    """JSON, with the request as `GET /v1/deferred/{id}` shows it, and no text of it; `id` stays the same when it is sent again."""
    return msgspec.json.encode(
        {
            "id": notice.id,
            "type": f"deferred.{notice.status}",
            "time": iso(notice.time_ms),
            "data": {
                "id": notice.request_id,
                "status": notice.status,
                "created_at": notice.created_ms // 1000,
                "deadline_at": notice.deadline_ms // 1000,
                "status_url": f"/v1/deferred/{notice.request_id}",
                "object": "deferred",
            },
        }
    )


def challenge_body(challenge_id: str, time_ms: int, challenge: str) -> bytes:
    """JSON that asks a receiver whether it holds the webhook's secret; see `answers_challenge`."""
    return msgspec.json.encode(
        {"id": challenge_id, "type": "webhook.verification", "time": iso(time_ms), "challenge": challenge}
    )


def answers_challenge(secret: str, challenge: str, answer: bytes) -> bool:
    """Whether an answer is `{"response": <hex of HMAC-SHA256 over the challenge>}`, made with the secret."""
    try:
        response = msgspec.json.decode(answer, type=_ChallengeAnswer).response
    except DECODE_ERRORS:
        return False
    expected = hmac.new(secret.encode(), challenge.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), response.encode())


def signed_headers(secret: str, body: bytes, notice_id: str, now: datetime) -> dict[str, str]:
    """The headers of a webhook: its signature, and the id by which a repetition is recognized."""
    return {"x-promptly-signature": signature(secret, body, int(now.timestamp())), "x-promptly-id": notice_id}


def iso(ms: int) -> str:
    """Milliseconds since the epoch as ISO 8601, in UTC."""
    return f"{(_EPOCH + timedelta(milliseconds=ms)).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"
