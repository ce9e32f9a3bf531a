"""A cache of what tokens allow, each entry for a few seconds."""

from collections import OrderedDict
from typing import Final

from libs.common.clock import Clock
from services.auth.domain.accounts import Claims, TokenStatus

_FRESH_SECONDS: Final = 5.0
_REMEMBERED: Final = 10_000


class TokenStatusCache:
    """Status by token, until it is too old or a change names its user."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, Claims, TokenStatus | None]] = OrderedDict()

    def fresh(self, claims: Claims) -> tuple[bool, TokenStatus | None]:
        """Whether there is an entry, and which (None: the user was removed)."""
        known = self._known.get(claims.token_id)
        if known is None or known[0] <= self._clock.monotonic():
            return False, None
        return True, known[2]

    def remember(self, claims: Claims, token_status: TokenStatus | None, read_at: float) -> None:
        """Keep what the database held at `read_at`, seconds on the monotonic clock."""
        self._known[claims.token_id] = (read_at + _FRESH_SECONDS, claims, token_status)
        self._known.move_to_end(claims.token_id)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)

    def forget(self, org_id: str, user_id: str | None = None) -> None:
        """Look again for a user's tokens; without one, for all of the organization's."""
        for token_id, (_, claims, _) in list(self._known.items()):
            if claims.org_id == org_id and user_id in (None, claims.user_id):
                del self._known[token_id]
