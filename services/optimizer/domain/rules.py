"""Horizontal rules of instructions, written as short as Markdown takes them."""

import re
from collections.abc import Sequence

from services.optimizer.domain.spans import Edit

# Between empty lines: below a line of text the same characters make a heading.
_RULE = re.compile(r"(?<=\n\n)(?P<mark>[-*_])(?P=mark){9,200}(?=\n\n)")


def short_rules(text: str) -> Sequence[Edit]:
    """Each rule of ten characters and more as three."""
    return [Edit(rule.start(), rule.end(), rule["mark"] * 3) for rule in _RULE.finditer(text)]
