"""What auth writes to people."""

import msgspec

from services.auth.domain.accounts import Org
from services.auth.domain.team import Invite


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A message in plain text. `kind` is all that a log may show of it."""

    kind: str
    to: str
    subject: str
    text: str


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


def reset_mail(to: str, link: str) -> Mail:
    """A way back in."""
    return Mail(
        kind="password_reset",
        to=to,
        subject="Reset your Promptly password",
        text="Somebody, most likely you, asked for a new password.\n\n"
        f"Choose one here within an hour:\n{link}\n\n"
        "If it was not you, ignore this; your password stays as it is.\n",
    )


def low_credits_mail(to: str, tokens: int) -> Mail:
    """Little is left."""
    return Mail(
        kind="low_credits",
        to=to,
        subject="Your Promptly credits are running low",
        text=f"Your organisation has {tokens:,} tokens of credits left for the optimize API.\n\n"
        "When they are used up, its calls are answered with 402 until more are bought, on the dashboard's page for credits.\n",
    )


def purchase_mail(to: str, pence: int, tokens: int, reference: str) -> Mail:
    """A receipt."""
    return Mail(
        kind="purchase",
        to=to,
        subject="Your Promptly credits",
        text=f"Thank you: {tokens:,} tokens of credits for £{pence / 100:,.2f} are in your organisation's account.\n\n"
        f"Reference: {reference}\n",
    )
