"""One text by itself, as short as a wanted likeness allows."""

from collections.abc import Callable
from dataclasses import dataclass

from services.optimizer.domain.articles import drop_articles
from services.optimizer.domain.compression import shorten, unmark
from services.optimizer.domain.minify import minify
from services.optimizer.domain.repeats import Seen
from services.optimizer.domain.rewriting import BOLDEST, Count, Step, settle
from services.optimizer.domain.spans import quoted
from services.optimizer.domain.whitespace import tidy

STEPS: tuple[Step, ...] = (
    Step("minify", lambda text, _: minify(text, quoted(text)), exact=True),
    Step("blanks", tidy),
    # Exact in what it says: a copy of every number and quotation in a repeat stays where it stood first.
    Step("repeats", lambda text, _: Seen().strip(text, change=True), exact=True),
    Step("phrases", shorten),
    Step("marks", unmark),
    Step("articles", drop_articles),
)


@dataclass(frozen=True, slots=True)
class Shortened:
    """The text, how like it is to the one that came in (a cosine from 0 to 1), and its tokens."""

    text: str
    similarity: float
    tokens: int


def shortened(text: str, threshold: float, count: Count, alike: Callable[[str, str], float]) -> Shortened:
    """The strongest rewriting whose likeness is at or above the threshold, or the text itself with likeness 1."""
    before = count(text)
    steps = STEPS
    for boldest in ("", *BOLDEST):
        if boldest and all(step.name != boldest for step in steps):
            continue
        steps = tuple(step for step in steps if step.name != boldest)
        after = settle(text, steps, count, [])
        similarity = alike(text, after)
        if similarity >= threshold and (tokens := count(after)) < before:
            return Shortened(after, similarity, tokens)
    return Shortened(text, 1.0, before)
