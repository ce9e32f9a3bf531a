"""Articles dropped from instructions: the boldest rewriting, for the aggressive level only."""

import re
from collections.abc import Sequence

from services.optimizer.domain.spans import Edit, Span, apply

# A text about wording needs its words: such a message keeps all its articles.
_ABOUT_WORDING = (
    "translat gramma proofread rewrit rephras paraphras spelling poem poetry lyric verse haiku quote quotation verbatim"
    " word-for-word article"
).split()
# Never a letter that stands for itself ("option a is"), and no "a" that turns a word round ("a few" is not "few").
_NOT_BEFORE = (
    r"(?!(?:is|are|was|were|or|and|in|on|of|to|by|with|for|at|than|vs|as|from|means|can|has|must|should|will"
    r"|few|little)\b)(?!(?<=\b[aA] )(?:lot|bit|while|great|good|number|certain|time|more|most|same|other)\b)"
)
# Before lower-case words and abbreviations only, so that names keep theirs.
_ARTICLE = re.compile(rf"(?<=[a-z0-9,;:)] )(?:the|an|a) (?=[a-z]{{2}}|[A-Z]{{2,}}\b){_NOT_BEFORE}")

# Possessive, so that a text of blanks is read once.
# At the head of a sentence the next word takes over the capital; before a capital ("The Hague") it may be part of a name.
_OPENING = re.compile(
    rf"(?:^[ \t]*+(?:(?:[-*•]|\d{{1,3}}[.)])[ \t]*+)?|(?<=[.!?:] ))"
    rf"(?P<article>The |An |A ){_NOT_BEFORE}(?P<next>[a-z])(?=[a-z])",
    re.MULTILINE,
)


def drop_articles(text: str, keep: Sequence[Span]) -> str:
    """Drop the, a and an between lower-case words outside the spans to keep."""
    lowered = text.lower().replace("word for word", "word-for-word")
    if any(word in lowered for word in _ABOUT_WORDING):
        return text
    edits = [Edit(match.start(), match.end(), "") for match in _ARTICLE.finditer(text)]
    edits += [Edit(m.start("article"), m.end("next"), m["next"].upper()) for m in _OPENING.finditer(text)]
    return apply(text, sorted(edits), keep)
