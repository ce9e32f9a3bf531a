"""The last word on whether an answer may serve another question."""

from services.cache.domain.parsed import parse
from services.cache.domain.vetoes import VETOES

FAILED = "verifier_failed"


def vetoes(stored: str, asked: str) -> tuple[str, ...]:
    """The names of all vetoes against serving the answer to `stored` for `asked`, both as they were written.

    Whatever goes wrong in here is a veto too: a question that cannot be judged is not served.
    """
    try:
        one, other = parse(stored), parse(asked)
        return tuple(name for name, objects in VETOES.items() if objects(one, other))
    except Exception:
        return (FAILED,)
