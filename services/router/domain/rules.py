"""An organization's own rules: which of them match a request."""

import re
from collections.abc import Callable, Sequence

from libs.common.contracts.auth import RoutingRule, RuleCondition

CountTokens = Callable[[Sequence[str]], int]

_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "gt": int.__gt__,
    "lt": int.__lt__,
    "gte": int.__ge__,
    "lte": int.__le__,
}


def matching(rules: Sequence[RoutingRule], texts: Sequence[str], count: CountTokens) -> list[RoutingRule]:
    """The rules that match, in the order in which they came. Tokens are counted once, and only where a rule asks."""
    folded = [" ".join(text.casefold().split()) for text in texts]
    tokens: list[int] = []

    def size() -> int:
        if not tokens:
            tokens.append(count(texts))
        return tokens[0]

    return [rule for rule in rules if _matches(rule.condition, folded, size)]


def _matches(condition: RuleCondition, folded: Sequence[str], size: Callable[[], int]) -> bool:
    if condition.type == "keyword":
        words = [re.escape(" ".join(keyword.casefold().split())) for keyword in condition.keywords if keyword.strip()]
        if not words:
            return False
        # Not \b: a keyword may itself begin or end with a sign, as c++ does.
        pattern = re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)")
        return any(pattern.search(text) for text in folded)
    if condition.type == "token_count":
        if condition.operator is None or condition.value is None:
            return False
        return _COMPARE[condition.operator](size(), condition.value)
    return True
