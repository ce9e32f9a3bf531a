"""JSON without the blanks between its tokens; read lexically, so that no number or string is ever written anew."""

import re
from bisect import bisect_left
from collections.abc import Sequence

from services.optimizer.domain.spans import Span, json_spans

_TOKENS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[^\s"]++', re.DOTALL)
# What stands before JSON whose layout is the point: an example of the answer that is wanted.
_WANTED = re.compile(
    r"format|example|respond|reply|return|output|schema|template|look like|exactly|verbatim", re.IGNORECASE
)
_LOOK_BACK = 200


def minify(text: str, code: Sequence[Span], *, data: bool = False) -> str:
    """Minify the JSON in a text, except inside `code` and where the words before it ask for that layout.

    `data` says that the text is a tool's result, which nobody is asked to imitate.
    """
    pieces: list[str] = []
    done = 0
    for start, end in json_spans(text):
        if _crosses(start, code) or _crosses(end, code):
            continue
        if not data and _WANTED.search(text, max(0, start - _LOOK_BACK), start):
            continue
        pieces += (text[done:start], "".join(_TOKENS.findall(text, start, end)))
        done = end
    return text if not pieces else "".join((*pieces, text[done:]))


def _crosses(position: int, spans: Sequence[Span]) -> bool:
    """Whether one of the sorted spans begins before the position and ends after it."""
    before = bisect_left(spans, (position, position)) - 1
    return before >= 0 and spans[before][1] > position
