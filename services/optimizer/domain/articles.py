"""Articles dropped from instructions: the boldest rewriting, for the aggressive level only."""

import re
from collections.abc import Sequence

from services.optimizer.domain.spans import Edit, Span, apply

# A text about wording needs its words: such a message keeps all its articles.
_ABOUT_WORDING = re.compile(
    r"translat|gramma|proofread|rewrit|rephras|paraphras|spelling|poem|poetry|lyric|verse|haiku|quot(?:e|ation)|verbatim"
    r"|word for word|articles?\b",
    re.IGNORECASE,
)
# Between two lower-case words only, so that names keep theirs; never a letter that stands for itself ("option a is").
_ARTICLE = re.compile(
    r"(?<=[a-z,;] )(?:the|an|a) (?=[a-z]{2})"
    r"(?!(?:is|are|was|were|or|and|in|on|of|to|by|with|for|at|than|vs|as|from|means|can|has|must|should|will)\b)"
)


def drop_articles(text: str, keep: Sequence[Span]) -> str:
    """Drop the, a and an between lower-case words outside the spans to keep."""
    if _ABOUT_WORDING.search(text):
        return text
    return apply(text, (Edit(match.start(), match.end(), "") for match in _ARTICLE.finditer(text)), keep)
