"""The last word on whether an answer may serve another question."""

from services.cache.domain.parsed import parse
from services.cache.domain.question import is_passing
from services.cache.domain.vetoes import VETOES

FAILED = "verifier_failed"
PASSING = "passing"


def vetoes(stored: str, asked: str) -> tuple[str, ...]:
    """The names of all vetoes against serving the answer to `stored` for `asked`, both as they were written.

    Whatever goes wrong in here is a veto too: a question that cannot be judged is not served.
    """
    try:
        one, other = parse(stored), parse(asked)
        return tuple(name for name, objects in VETOES.items() if objects(one, other))
    except Exception:
        return (FAILED,)


def serves_paraphrases(query: str) -> bool:
    """Whether a question's answer may serve others at all; what changes by the hour or the asker may not."""
    try:
        return not is_passing(parse(query))
    except Exception:
        return False
