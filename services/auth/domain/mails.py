"""What auth sends by mail; each feature writes its own."""

import msgspec


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A message in plain text, and in HTML too where there is `html`. `kind` is all that a log may show of it. `id` is its Message-ID: the
    same for every try, so that a mailbox shows a repetition only once.
    """

    kind: str
    to: str
    subject: str
    text: str
    html: str | None = None
    id: str | None = None
