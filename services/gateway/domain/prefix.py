"""What is known of a conversation whose beginning the provider has cached."""

import msgspec


class PrefixState(msgspec.Struct, frozen=True):
    """A conversation's last turn: where it was cut (None: nowhere), how many tokens the provider had cached of it, until when it
    keeps them (monotonic seconds), and how many messages the client's marks had it keep as they came.
    """

    cut: int | None
    cached_tokens: int
    until: float
    marked: int = 0
