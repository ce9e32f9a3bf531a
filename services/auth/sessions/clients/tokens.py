"""JSON web tokens, signed with HS256."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import jwt
import msgspec

from libs.common.ids import is_id, new_id
from services.auth.domain.accounts import Claims, Role, User

LIFETIME: Final = timedelta(hours=12)
_ISSUER: Final = "promptly"
_AUDIENCE: Final = "promptly-dashboard"
_LEEWAY: Final = timedelta(seconds=30)
_REQUIRED: Final = ["sub", "org", "role", "ver", "jti", "iat", "exp", "aud", "iss"]


class _Payload(msgspec.Struct, frozen=True, kw_only=True):
    sub: str
    org: str
    role: Role
    ver: int
    jti: str
    exp: int


def signing_keys(secrets: Sequence[str]) -> dict[str, str]:
    """Secrets by their `kid`, in order. ValueError where one is shorter than 32 bytes, the length of the signature itself."""
    if not secrets or any(len(secret.encode()) < 32 for secret in secrets):
        raise ValueError("A token secret has to be at least 32 bytes long.")
    return {hashlib.sha256(b"kid|" + secret.encode()).hexdigest()[:16]: secret for secret in secrets}


class JwtTokens:
    """Implements `ports.Tokens`. The first secret signs; all of them verify, each known by its `kid`. ValueError for a
    secret that is too short.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        self._keys = signing_keys(secrets)
        self._signing = next(iter(self._keys))

    def issue(self, user: User, now: datetime) -> str:
        claims = {
            "sub": user.id,
            "org": user.org_id,
            "role": user.role,
            "ver": user.version,
            "jti": new_id("jti"),
            "iat": now,
            "exp": now + LIFETIME,
            "aud": _AUDIENCE,
            "iss": _ISSUER,
        }
        return jwt.encode(claims, self._keys[self._signing], algorithm="HS256", headers={"kid": self._signing})

    def read(self, token: str) -> Claims | None:
        try:
            secret = self._keys[jwt.get_unverified_header(token)["kid"]]
            claims = jwt.decode(
                token,
                secret,
                algorithms=["HS256"],
                audience=_AUDIENCE,
                issuer=_ISSUER,
                leeway=_LEEWAY,
                options={"require": _REQUIRED},
            )
            payload = msgspec.convert(claims, _Payload)
            expires_at = datetime.fromtimestamp(payload.exp, UTC)
            if not (is_id(payload.sub, "usr") and is_id(payload.org, "org") and is_id(payload.jti, "jti")):
                return None
        except (jwt.PyJWTError, KeyError, TypeError, ValueError, OverflowError, msgspec.ValidationError):
            return None
        return Claims(
            token_id=payload.jti,
            org_id=payload.org,
            user_id=payload.sub,
            role=payload.role,
            version=payload.ver,
            expires_at=expires_at,
        )
