"""Mails about passwords and addresses."""

import msgspec

from services.auth.domain.mails import Mail


class RevokedOnReset(msgspec.Struct, frozen=True, kw_only=True):
    """What ends with the first reset of an account whose address nobody has confirmed: names of keys, and where identities came
    from. `others` are the addresses of the other members, who stay.
    """

    keys: tuple[str, ...] = ()
    provider_keys: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    def as_paragraph(self) -> str:
        """What goes, in a paragraph of a mail."""
        gone = [f"- Promptly key {name}" for name in self.keys]
        gone += [f"- provider key {name}" for name in self.provider_keys]
        gone += [f"- sign-in through {source}" for source in self.sources]
        listed = "\n".join((*gone, "- open sessions, and invitations that were sent"))
        others = (
            f"These are members, too; remove whom you do not know: {', '.join(self.others)}\n\n" if self.others else ""
        )
        return (
            "Nobody has confirmed this address yet, so whoever registered it may be somebody else. With your new password,"
            f" this ends:\n{listed}\n\n{others}"
        )


def reset_mail(to: str, link: str, ends: RevokedOnReset | None = None) -> Mail:
    """The link to a new password, and what the reset revokes."""
    return Mail(
        kind="password_reset",
        to=to,
        subject="Reset your Promptly password",
        text="Somebody, most likely you, asked for a new password.\n\n"
        f"Choose one here within an hour:\n{link}\n\n"
        f"{ends.as_paragraph() if ends is not None else ''}"
        "If it was not you, ignore this; your password stays as it is.\n",
    )


def verify_mail(to: str, code: str) -> Mail:
    """A code that confirms an address."""
    return Mail(
        kind="verify",
        to=to,
        subject="Confirm your address for Promptly",
        text="Somebody, most likely you, registered at Promptly with this address.\n\n"
        f"Confirm it within three days, signed in, with this code:\n{code}\n\n"
        "If it was not you, give the code to nobody. Without it nobody connects another sign-in to the account, and\n"
        "all that they made ends when you ask for a new password.\n",
    )
