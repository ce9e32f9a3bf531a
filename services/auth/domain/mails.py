"""What auth sends by mail; each feature writes its own."""

import msgspec


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A message in plain text. `kind` is all that a log may show of it."""

    kind: str
    to: str
    subject: str
    text: str
