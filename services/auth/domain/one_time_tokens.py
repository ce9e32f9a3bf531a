"""One-time tokens: the holder has the secret, the store its digest."""

import hashlib
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from libs.common.errors import BadRequest

Kind = Literal["reset", "verify", "invite", "oauth_state", "oauth_code"]
RESET_LASTS: Final = timedelta(hours=1)
VERIFY_LASTS: Final = timedelta(hours=72)
STATE_LASTS: Final = timedelta(minutes=10)
CODE_LASTS: Final = timedelta(seconds=60)


class OneTimeToken(msgspec.Struct, frozen=True, kw_only=True):
    """What a secret is good for: a user or an invite of an organization. `bound_to`: the digest of a second secret that
    has to come with it.
    """

    digest: str
    kind: Kind
    expires_at: datetime
    org_id: str | None = None
    subject_id: str | None = None
    bound_to: str | None = None


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Whose secret it was."""

    org_id: str
    subject_id: str


def digest_of(secret: str) -> str:
    """What is kept of a secret. It is random enough for a plain hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def holder_of(one_time_token: OneTimeToken | None, now: datetime, *, bound_to: str | None = None) -> Holder:
    """Who a token is for; `BadRequest`, in the same words, where it is unknown, used, too old or somebody else's."""
    if (
        one_time_token is None
        or one_time_token.org_id is None
        or one_time_token.subject_id is None
        or one_time_token.expires_at <= now
        or one_time_token.bound_to != bound_to
    ):
        raise BadRequest(
            "This link or code is not valid: it was used already, or it is too old. Ask for another.",
            code="invalid_token",
        )
    return Holder(org_id=one_time_token.org_id, subject_id=one_time_token.subject_id)
