"""What keeping invitations needs of the store."""

from collections.abc import Sequence
from typing import Protocol

from services.auth.team.domain.members import Invite


class Invites(Protocol):
    """Invitations that have not been accepted."""

    async def add(self, invite: Invite) -> None:
        """Keep an invitation, in the place of an earlier one to the same e-mail."""
        ...

    async def all(self, org_id: str) -> Sequence[Invite]:
        """An organization's invitations, oldest first, those too old included."""
        ...

    async def delete(self, org_id: str, invite_id: str) -> Invite | None:
        """Delete an invitation and return it, if there was one."""
        ...

    async def delete_by(self, org_id: str, user_id: str) -> None:
        """Delete the invitations that a user made."""
        ...
