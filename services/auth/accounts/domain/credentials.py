"""What counts as an e-mail address and a password."""

import re
import unicodedata
from typing import Final

from libs.common.errors import BadRequest

_EMAIL: Final = re.compile(
    r"[^\s@\"(),:;<>\[\]\\\x00-\x1f\x7f]{1,64}@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}"
)


def spellings(text: str) -> tuple[str, ...]:
    """How an address may be stored: as it was compared before (case-folded only), and in the one form of today."""
    folded = text.strip().casefold()
    joined = _joined(text)
    return (folded,) if folded == joined else (folded, joined)


def _joined(text: str) -> str:
    """One form for all spellings that look alike: full-width and composed letters, upper and lower case (NFKC, folded)."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text.strip()).casefold())


def normalise_email(text: str) -> str:
    """The address as it is stored and compared. Raises `BadRequest` where it is none."""
    email = _joined(text)
    if (
        len(email) > 254
        or not email.isprintable()
        or ".." in email
        or email.startswith(".")
        or _EMAIL.fullmatch(email) is None
    ):
        raise BadRequest("This is not an e-mail address.", param="email")
    return email


def check_password(password: str, field: str = "password") -> None:
    """Raises `BadRequest` unless a new password has 8 to 128 characters; length is the only rule that helps."""
    if not 8 <= len(password) <= 128:
        raise BadRequest("A password has 8 to 128 characters.", param=field)
