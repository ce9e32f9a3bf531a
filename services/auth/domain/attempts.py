"""Counts tries, to slow down whoever guesses passwords."""

import ipaddress
from collections import OrderedDict, deque


class Attempts:
    """At most `limit` tries per key in any `window_seconds`. A try counts when it starts, so that many at once are many.

    Remembers the `capacity` keys that were used last.
    """

    def __init__(self, limit: int, window_seconds: float, capacity: int = 10_000) -> None:
        self._limit = limit
        self._window = window_seconds
        self._capacity = capacity
        self._tries: OrderedDict[str, deque[float]] = OrderedDict()

    def take(self, key: str, now: float) -> float | None:
        """Count a try at `now` (seconds on a monotonic clock); where there were too many, the seconds to wait instead."""
        tries = self._tries.setdefault(key, deque())
        self._tries.move_to_end(key)
        if len(self._tries) > self._capacity:
            self._tries.popitem(last=False)
        while tries and tries[0] <= now - self._window:
            tries.popleft()
        if len(tries) >= self._limit:
            return tries[0] + self._window - now
        tries.append(now)
        return None

    def forget(self, key: str) -> None:
        """It was the right password: earlier tries no longer count."""
        self._tries.pop(key, None)


def network_of(address: str) -> str:
    """The network that an address stands for in counting: its /24 or /64, because single addresses are cheap."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((ip, 24 if ip.version == 4 else 64), strict=False))
