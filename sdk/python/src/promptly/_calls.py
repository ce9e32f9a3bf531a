"""The requests beyond OpenAI's API, as both clients send them."""

from collections.abc import Mapping
from uuid import uuid4

from promptly._options import Cache, promptly_headers


def optimize(
    prompt: str, similarity_threshold: float | None, metadata: Mapping[str, object] | None
) -> dict[str, object]:
    """The body of `POST /optimize`."""
    return _given(prompt=prompt, similarity_threshold=similarity_threshold, metadata=metadata)


def optimize_headers(idempotency_key: str | None, cache: Cache | None) -> dict[str, str]:
    """Its headers. A key of its own makes the client's retries cost nothing."""
    return {"Idempotency-Key": idempotency_key or uuid4().hex, **promptly_headers(cache=cache)}


def feedback(request_id: str, rating: str, cache_wrong: bool | None, comment: str | None) -> dict[str, object]:
    """The body of `POST /feedback`."""
    return _given(request_id=request_id, rating=rating, cache_wrong=cache_wrong, comment=comment)


def _given(**fields: object) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}
