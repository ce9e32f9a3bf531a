"""Results of reading a text, remembered while there is room: history comes again with every request."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import Generic, TypeVar

T = TypeVar("T")
# Of texts, in all, for one function. What is made of a text may take more room than it, though no more than some times.
_LETTERS = 2_000_000


class Remembered(Generic[T]):
    """A function of one text that knows its latest results; those of the texts that were used last, of so many letters."""

    def __init__(self, read: Callable[[str], T]) -> None:
        wraps(read)(self)
        self._read = read
        self._known: OrderedDict[str, T] = OrderedDict()
        self._letters = 0
        self._lock = threading.Lock()

    def __call__(self, text: str) -> T:
        with self._lock:
            if text in self._known:
                self._known.move_to_end(text)
                return self._known[text]
        made = self._read(text)
        with self._lock:
            if text not in self._known:
                self._known[text] = made
                self._letters += len(text)
            while self._letters > _LETTERS and len(self._known) > 1:
                self._letters -= len(self._known.popitem(last=False)[0])
        return made

    def cache_clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._known.clear()
            self._letters = 0


def remembered(read: Callable[[str], T]) -> Remembered[T]:
    """Decorates a function of one text. What it returns is shared, and never changed."""
    return Remembered(read)
