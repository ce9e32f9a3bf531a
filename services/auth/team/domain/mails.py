"""Mails about invitations."""

from services.auth.domain.accounts import Org
from services.auth.domain.mails import Mail
from services.auth.team.domain.members import Invite


def invite_mail(invite: Invite, org: Org, link: str) -> Mail:
    """An invitation."""
    name = " ".join(org.name.split())  # a header has one line
    return Mail(
        kind="invite",
        to=invite.email,
        subject=f"You are invited to {name} on Promptly",
        text=f"You are invited to join {name} on Promptly as {invite.role}.\n\n"
        f"Choose a password here within three days:\n{link}\n\n"
        "If you did not expect this, ignore it; nothing happens.\n",
    )
