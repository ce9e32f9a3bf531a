"""Forgets what functions remember of earlier texts, so that a second measurement does the work again."""

import sys
from collections.abc import Callable
from functools import cache

from libs.common import tokens

# What is made once per process is no memory of a text.
_ONCE = frozenset(("_build", "load", "_plan", "_named"))


@cache
def _caches() -> tuple[Callable[[], None], ...]:
    found = []
    for name, module in list(sys.modules.items()):
        if name.startswith(("services.", "libs.")):
            for known, value in vars(module).items():
                clear = getattr(value, "cache_clear", None)
                if (
                    callable(clear)
                    and not isinstance(value, type)
                    and known not in _ONCE
                    and getattr(value, "__module__", "") == name
                ):
                    found.append(clear)
    return tuple(found)


def forget() -> None:
    """Empty every `lru_cache` of the package and the memory of token counts."""
    for clear in _caches():
        clear()
    tokens._memo._counts.clear()
