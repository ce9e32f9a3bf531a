"""For how long holds what the OpenID Connect provider said of somebody when they last signed in."""

from datetime import datetime, timedelta
from typing import Final

import msgspec


class Confirmation(msgspec.Struct, frozen=True, kw_only=True):
    """`sessions` is for people, `keys` for the keys that they know; None: for good. `title` is the provider's name, for people. Who never
    signed in through the provider needs no confirmation.
    """

    title: str = ""
    sessions: timedelta | None = None
    keys: timedelta | None = None

    def session_is_over(self, confirmed_at: datetime | None, now: datetime) -> bool:
        """Whether somebody has to sign in through the provider again."""
        return confirmed_at is not None and self.sessions is not None and confirmed_at + self.sessions <= now

    def keys_from(self, now: datetime) -> datetime | None:
        """Before which moment a confirmation does not do for keys any more."""
        return None if self.keys is None else now - self.keys


FOR_GOOD: Final = Confirmation()
