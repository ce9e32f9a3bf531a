"""The `state` of a sign-in as a signed token, which is not valid as a session's."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import jwt
import msgspec

from services.auth.domain.identities import SignInState
from services.auth.domain.one_time_tokens import STATE_LASTS
from services.auth.sessions.clients.tokens import signing_keys

_AUDIENCE: Final = "promptly-oauth"


class JwtStates:
    """Implements `ports.States`. The first secret signs; all of them verify. ValueError for a secret that is too short."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._keys = signing_keys(secrets)
        self._signing = next(iter(self._keys))

    def issue(self, state: SignInState, now: datetime) -> str:
        claims = {"state": msgspec.to_builtins(state), "exp": now + STATE_LASTS, "aud": _AUDIENCE}
        return jwt.encode(claims, self._keys[self._signing], algorithm="HS256", headers={"kid": self._signing})

    def read(self, text: str) -> SignInState | None:
        try:
            secret = self._keys[jwt.get_unverified_header(text)["kid"]]
            claims = jwt.decode(
                text, secret, algorithms=["HS256"], audience=_AUDIENCE, options={"require": ["exp", "aud", "state"]}
            )
            return msgspec.convert(claims["state"], SignInState)
        except (jwt.PyJWTError, KeyError, TypeError, ValueError, msgspec.ValidationError):
            return None
